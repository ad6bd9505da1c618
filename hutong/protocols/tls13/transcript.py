"""The running hash of the handshake.

Source: RFC 8446 section 4.4.1.
"""

from cryptography.hazmat.primitives import hashes

from hutong.protocols.tls13 import wire
from hutong.protocols.tls13.codepoints import HandshakeType


def digest_of(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    """Hash bytes at once."""
    running = hashes.Hash(algorithm)
    running.update(data)
    return running.finalize()


class Transcript:
    """The handshake so far; messages count with their headers, records do not."""

    __slots__ = ("_algorithm", "_running")

    def __init__(self, algorithm: hashes.HashAlgorithm) -> None:
        self._algorithm = algorithm
        self._running = hashes.Hash(algorithm)

    def add(self, message: bytes) -> None:
        """Add one whole message."""
        self._running.update(message)

    def digest(self, tail: bytes = b"") -> bytes:
        """Return the hash so far, as if `tail` had been added; `tail` is not kept."""
        running = self._running.copy()
        running.update(tail)
        return running.finalize()

    @classmethod
    def after_retry(cls, algorithm: hashes.HashAlgorithm, first_hello: bytes, retry: bytes) -> "Transcript":
        """Return the transcript after a HelloRetryRequest: the first ClientHello counts as its hash."""
        transcript = cls(algorithm)
        transcript.add(wire.message(HandshakeType.MESSAGE_HASH, digest_of(algorithm, first_hello)))
        transcript.add(retry)
        return transcript
