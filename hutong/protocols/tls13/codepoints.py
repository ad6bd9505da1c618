"""The numbers of TLS 1.3 that this profile knows.

Source: RFC 8446 appendix B, and the IANA registries of TLS parameters and of TLS extension types.
"""

import enum

TLS12_VERSION = 0x0303
TLS13_VERSION = 0x0304
# Record header of a first ClientHello, for old middleboxes (RFC 8446 section 5.1).
TLS10_VERSION = 0x0301


class ContentType(enum.IntEnum):
    """What a record holds."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class HandshakeType(enum.IntEnum):
    """What a handshake message is."""

    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    END_OF_EARLY_DATA = 5
    ENCRYPTED_EXTENSIONS = 8
    CERTIFICATE = 11
    CERTIFICATE_REQUEST = 13
    CERTIFICATE_VERIFY = 15
    FINISHED = 20
    KEY_UPDATE = 24
    MESSAGE_HASH = 254


class ExtensionType(enum.IntEnum):
    """The extensions this profile reads or writes; others are carried as plain numbers."""

    SERVER_NAME = 0
    SUPPORTED_GROUPS = 10
    SIGNATURE_ALGORITHMS = 13
    ALPN = 16
    PADDING = 21
    PRE_SHARED_KEY = 41
    EARLY_DATA = 42
    SUPPORTED_VERSIONS = 43
    COOKIE = 44
    PSK_KEY_EXCHANGE_MODES = 45
    KEY_SHARE = 51


class CipherSuite(enum.IntEnum):
    """The cipher suites of RFC 8446 appendix B.4, without the CCM ones."""

    AES_128_GCM_SHA256 = 0x1301
    AES_256_GCM_SHA384 = 0x1302
    CHACHA20_POLY1305_SHA256 = 0x1303


class NamedGroup(enum.IntEnum):
    """The key exchanges: RFC 7748, and ML-KEM-768 beside it (draft-ietf-tls-ecdhe-mlkem)."""

    X25519 = 0x001D
    X25519MLKEM768 = 0x11EC


class SignatureScheme(enum.IntEnum):
    """The signatures that are verified; the first two are also made."""

    ED25519 = 0x0807
    ECDSA_SECP256R1_SHA256 = 0x0403
    ECDSA_SECP384R1_SHA384 = 0x0503
    RSA_PSS_RSAE_SHA256 = 0x0804
    RSA_PSS_RSAE_SHA384 = 0x0805
    RSA_PSS_RSAE_SHA512 = 0x0806
    # Only inside certificates, never for a handshake (RFC 8446 section 4.2.3).
    RSA_PKCS1_SHA256 = 0x0401


class PskMode(enum.IntEnum):
    """How a PSK may be used; this profile knows only the mode with a fresh key exchange."""

    PSK_DHE_KE = 1


class AlertDescription(enum.IntEnum):
    """The alerts of RFC 8446 section 6."""

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    RECORD_OVERFLOW = 22
    HANDSHAKE_FAILURE = 40
    BAD_CERTIFICATE = 42
    UNSUPPORTED_CERTIFICATE = 43
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    CERTIFICATE_UNKNOWN = 46
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    ACCESS_DENIED = 49
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    PROTOCOL_VERSION = 70
    INSUFFICIENT_SECURITY = 71
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    MISSING_EXTENSION = 109
    UNSUPPORTED_EXTENSION = 110
    UNRECOGNIZED_NAME = 112
    BAD_CERTIFICATE_STATUS_RESPONSE = 113
    UNKNOWN_PSK_IDENTITY = 115
    CERTIFICATE_REQUIRED = 116
    GENERAL_ERROR = 117
    NO_APPLICATION_PROTOCOL = 120
