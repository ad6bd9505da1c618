"""The bounds of the profile; docs/protocol/link.md names each (LINK rules)."""

from hutong.protocols.tls13.codepoints import HandshakeType

# RFC 8446 sections 5.1 and 5.2.
PLAINTEXT_BYTES_MAX = 1 << 14
CIPHERTEXT_BYTES_MAX = PLAINTEXT_BYTES_MAX + 256

MESSAGE_BYTES_MAX = {
    HandshakeType.CLIENT_HELLO: 16 * 1024,
    HandshakeType.SERVER_HELLO: 8 * 1024,
    HandshakeType.ENCRYPTED_EXTENSIONS: 8 * 1024,
    HandshakeType.CERTIFICATE: 64 * 1024,
    HandshakeType.CERTIFICATE_VERIFY: 2 * 1024,
    HandshakeType.FINISHED: 64,
    HandshakeType.NEW_SESSION_TICKET: 8 * 1024,
    HandshakeType.END_OF_EARLY_DATA: 0,
    HandshakeType.KEY_UPDATE: 1,
}
"""The largest body of each message, in bytes; one that claims more is refused before it is stored."""

CERTIFICATES_MAX = 10
EXTENSIONS_MAX = 64
TICKET_IDENTITIES_MAX = 8
COOKIE_BYTES_MAX = 2 * 1024

TICKETS_PER_CONNECTION_MAX = 16
TICKET_LIFETIME_S_MAX = 7 * 24 * 3600
TICKET_IDENTITY_BYTES = 32

# Records that cost their sender nothing. OpenSSL allows 32 empty ones in a row.
EMPTY_RECORDS_IN_A_ROW_MAX = 32
KEY_UPDATES_IN_A_ROW_MAX = 32
CHANGE_CIPHER_SPECS_MAX = 4
WARNINGS_MAX = 4

EARLY_DATA_BYTES_MAX = 16 * 1024
EARLY_DATA_AGE_WINDOW_S = 10.0
# What waits, still sealed, while the shell looks a ticket up: early data in small records, and the
# rest of a large socket read.
WAITING_BYTES_MAX = 512 * 1024

KEY_RECORDS_MAX = 1 << 20
KEY_AGE_S_MAX = 3600.0
# A peer that never changes its keys is asked to at twice that, and refused at eight times: AES-GCM
# is good for 2^24.5 full records (RFC 8446 section 5.5).
PEER_KEY_RECORDS_ASK = KEY_RECORDS_MAX * 2
PEER_KEY_RECORDS_MAX = KEY_RECORDS_MAX * 8

EXPORT_BYTES_MAX = 8 * 1024
