"""The handshake messages after the hellos.

Source: RFC 8446 sections 4.3 to 4.6.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hutong.protocols.tls13 import extensions, limits, wire
from hutong.protocols.tls13.codepoints import AlertDescription, ExtensionType, HandshakeType
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.wire import Reader

END_OF_EARLY_DATA = wire.message(HandshakeType.END_OF_EARLY_DATA, b"")


def encode_encrypted_extensions(found: Mapping[int, bytes]) -> bytes:
    """Return the EncryptedExtensions message."""
    return wire.message(HandshakeType.ENCRYPTED_EXTENSIONS, extensions.encode_list(found))


def decode_encrypted_extensions(body: bytes) -> dict[int, bytes]:
    """Decode the body of EncryptedExtensions."""
    reader = Reader(body)
    found = extensions.decode_list(reader)
    reader.end()
    return found


def encode_certificate(chain: tuple[bytes, ...]) -> bytes:
    """Return a server's Certificate message: DER certificates, the server's own first."""
    entries = b"".join(wire.vector(3, each) + b"\0\0" for each in chain)
    return wire.message(HandshakeType.CERTIFICATE, b"\0" + wire.vector(3, entries))


def decode_certificate(body: bytes) -> tuple[bytes, ...]:
    """Decode a server's Certificate: a certificate or more, no context, and no extensions."""
    reader = Reader(body)
    context = reader.vector(1)
    entries = Reader(reader.vector(3))
    reader.end()
    if context:
        raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "a server's certificate has a request context")
    chain = []
    while entries.more:
        chain.append(entries.vector(3, 1))
        if entries.vector(2):
            raise TlsError(AlertDescription.UNSUPPORTED_EXTENSION, "a certificate has an extension")
        if len(chain) > limits.CERTIFICATES_MAX:
            raise TlsError(AlertDescription.BAD_CERTIFICATE, "the chain of certificates is too long")
    if not chain:
        raise TlsError(AlertDescription.DECODE_ERROR, "the server has no certificate")
    return tuple(chain)


def encode_certificate_verify(scheme: int, signature: bytes) -> bytes:
    """Return the CertificateVerify message."""
    return wire.message(HandshakeType.CERTIFICATE_VERIFY, scheme.to_bytes(2) + wire.vector(2, signature))


def decode_certificate_verify(body: bytes) -> tuple[int, bytes]:
    """Decode the body of CertificateVerify into scheme and signature."""
    reader = Reader(body)
    found = reader.number(2), reader.vector(2)
    reader.end()
    return found


def encode_finished(verify_data: bytes) -> bytes:
    """Return the Finished message."""
    return wire.message(HandshakeType.FINISHED, verify_data)


def encode_key_update(*, request_peer: bool) -> bytes:
    """Return the KeyUpdate message."""
    return wire.message(HandshakeType.KEY_UPDATE, bytes((request_peer,)))


def decode_key_update(body: bytes) -> bool:
    """Decode the body of KeyUpdate: whether the peer wants our keys updated too."""
    value = extensions.decode_number(body, 1)
    if value > 1:
        raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "KeyUpdate asks for something unknown")
    return bool(value)


@dataclass(frozen=True, slots=True)
class NewSessionTicket:
    """A ticket as it travels; `max_early_data` 0 means none is taken."""

    lifetime_s: int
    age_add: int
    nonce: bytes
    identity: bytes
    max_early_data: int

    def encode(self) -> bytes:
        """Return the handshake message."""
        found: dict[int, bytes] = {}
        if self.max_early_data:
            found[ExtensionType.EARLY_DATA] = self.max_early_data.to_bytes(4)
        return wire.message(
            HandshakeType.NEW_SESSION_TICKET,
            self.lifetime_s.to_bytes(4)
            + self.age_add.to_bytes(4)
            + wire.vector(1, self.nonce)
            + wire.vector(2, self.identity)
            + extensions.encode_list(found),
        )

    @classmethod
    def decode(cls, body: bytes) -> "NewSessionTicket":
        """Decode the body of the message; unknown extensions are ignored (RFC 8446 section 4.6.1)."""
        reader = Reader(body)
        lifetime_s, age_add, nonce, identity = (
            reader.number(4),
            reader.number(4),
            reader.vector(1),
            reader.vector(2, 1),
        )
        found = extensions.decode_list(reader)
        reader.end()
        early = found.get(ExtensionType.EARLY_DATA)
        return cls(
            lifetime_s, age_add, nonce, identity, 0 if early is None else extensions.decode_number(early, 4)
        )
