"""ClientHello and ServerHello; a HelloRetryRequest is a ServerHello with a fixed random.

Source: RFC 8446 sections 4.1.2 to 4.1.4.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from hutong.protocols.tls13 import extensions, wire
from hutong.protocols.tls13.codepoints import TLS12_VERSION, AlertDescription, ExtensionType, HandshakeType
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.wire import Reader

HELLO_RETRY_RANDOM = hashlib.sha256(b"HelloRetryRequest").digest()
SESSION_ID_BYTES_MAX = 32


@dataclass(frozen=True, slots=True)
class ClientHello:
    """A client's first message; `extensions` keeps unknown ones, and their order."""

    random: bytes
    session_id: bytes
    cipher_suites: tuple[int, ...]
    extensions: Mapping[int, bytes]

    def encode(self) -> bytes:
        """Return the handshake message."""
        return wire.message(
            HandshakeType.CLIENT_HELLO,
            TLS12_VERSION.to_bytes(2)
            + self.random
            + wire.vector(1, self.session_id)
            + wire.numbers(2, 2, self.cipher_suites)
            + b"\x01\x00"
            + extensions.encode_list(self.extensions),
        )

    @classmethod
    def decode(cls, body: bytes) -> "ClientHello":
        """Decode the body of the message. Raises TlsError."""
        reader = Reader(body)
        # legacy_version decides nothing (RFC 8446 section 4.2.1): supported_versions does.
        reader.take(2)
        random = reader.take(32)
        session_id = _session_id(reader)
        cipher_suites = reader.numbers(2, 2)
        compression = reader.vector(1, 1)
        if not reader.more:
            raise TlsError(AlertDescription.PROTOCOL_VERSION, "the client does not speak TLS 1.3")
        found = extensions.decode_list(reader)
        reader.end()
        if compression != b"\0":
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "compression is offered")
        if ExtensionType.PRE_SHARED_KEY in found and next(reversed(found)) != ExtensionType.PRE_SHARED_KEY:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "pre_shared_key is not the last extension")
        return cls(random, session_id, cipher_suites, found)


@dataclass(frozen=True, slots=True)
class ServerHello:
    """A server's answer, or its request for another ClientHello."""

    random: bytes
    session_id: bytes
    cipher_suite: int
    extensions: Mapping[int, bytes]

    @property
    def is_retry_request(self) -> bool:
        """Tell whether this is a HelloRetryRequest."""
        return self.random == HELLO_RETRY_RANDOM

    def encode(self) -> bytes:
        """Return the handshake message."""
        return wire.message(
            HandshakeType.SERVER_HELLO,
            TLS12_VERSION.to_bytes(2)
            + self.random
            + wire.vector(1, self.session_id)
            + self.cipher_suite.to_bytes(2)
            + b"\0"
            + extensions.encode_list(self.extensions),
        )

    @classmethod
    def decode(cls, body: bytes) -> "ServerHello":
        """Decode the body of the message. Raises TlsError."""
        reader = Reader(body)
        version = reader.number(2)
        random = reader.take(32)
        session_id = _session_id(reader)
        cipher_suite = reader.number(2)
        compression = reader.number(1)
        if version != TLS12_VERSION or not reader.more:
            raise TlsError(AlertDescription.PROTOCOL_VERSION, "the server does not speak TLS 1.3")
        found = extensions.decode_list(reader)
        reader.end()
        if compression:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "the server compresses")
        return cls(random, session_id, cipher_suite, found)


def _session_id(reader: Reader) -> bytes:
    session_id = reader.vector(1)
    if len(session_id) > SESSION_ID_BYTES_MAX:
        raise TlsError(AlertDescription.DECODE_ERROR, "the session id is too long")
    return session_id
