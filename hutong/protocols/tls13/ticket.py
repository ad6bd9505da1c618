"""Tickets: what both sides keep to come back without a certificate.

The server's tickets are stateful: the identity is random and says nothing, and everything here lies
in the shell's store. docs/protocol/link.md has the stored layout (LINK33).
"""

from dataclasses import dataclass, field

from hutong.protocols.tls13 import limits, wire
from hutong.protocols.tls13.codepoints import CipherSuite
from hutong.protocols.tls13.errors import TicketFormatError, TlsError
from hutong.protocols.tls13.suites import SUITES
from hutong.protocols.tls13.wire import Reader

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket; it must be used once only.

    `issued_at` is in seconds since 1970 by the clock of whoever keeps it: when the server sent it, or when
    the client got it. `psk` is secret; so is `to_bytes()`.
    """

    identity: bytes
    psk: bytes = field(repr=False)
    suite: CipherSuite
    issued_at: float
    lifetime_s: int
    age_add: int
    alpn: str | None
    server_name: str | None
    max_early_data: int

    def is_live(self, now: float) -> bool:
        """Tell whether the ticket may still be used; one from the future may, its clock was ahead."""
        return now < self.issued_at + self.lifetime_s

    def obfuscated_age(self, now: float) -> int:
        """Return the age a client tells, in ms (RFC 8446 section 4.2.11.1)."""
        return (max(0, round((now - self.issued_at) * 1000)) + self.age_add) & 0xFFFFFFFF

    def age_error_s(self, obfuscated_age: int, now: float) -> float:
        """Return how far the age a client tells is from the server's own count, in seconds."""
        told_ms = (obfuscated_age - self.age_add) & 0xFFFFFFFF
        return abs(told_ms / 1000 - (now - self.issued_at))

    def to_bytes(self) -> bytes:
        """Return the ticket for a store; keep it as secret as a key."""
        return b"".join(
            (
                bytes((_FORMAT,)),
                self.suite.to_bytes(2),
                round(self.issued_at * 1000).to_bytes(8),
                self.lifetime_s.to_bytes(4),
                self.age_add.to_bytes(4),
                self.max_early_data.to_bytes(4),
                wire.vector(2, self.identity),
                wire.vector(1, self.psk),
                _text(self.alpn),
                _text(self.server_name),
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Ticket":
        """Return a stored ticket. Raises TicketFormatError."""
        try:
            return cls._read(Reader(data))
        except (TlsError, ValueError) as error:
            raise TicketFormatError("these bytes are no ticket") from error

    @classmethod
    def _read(cls, reader: Reader) -> "Ticket":
        if reader.number(1) != _FORMAT:
            raise TicketFormatError("this ticket has another format")
        suite = CipherSuite(reader.number(2))
        issued_at, lifetime_s = reader.number(8) / 1000, reader.number(4)
        age_add, max_early_data = reader.number(4), reader.number(4)
        identity, psk = reader.vector(2, 1), reader.vector(1)
        alpn, server_name = _read_text(reader), _read_text(reader)
        reader.end()
        if len(psk) != SUITES[suite].hash_bytes or lifetime_s > limits.TICKET_LIFETIME_S_MAX:
            raise TicketFormatError("this ticket contradicts itself")
        return cls(identity, psk, suite, issued_at, lifetime_s, age_add, alpn, server_name, max_early_data)


def _text(value: str | None) -> bytes:
    return wire.vector(1, (value or "").encode())


def _read_text(reader: Reader) -> str | None:
    return reader.vector(1).decode() or None
