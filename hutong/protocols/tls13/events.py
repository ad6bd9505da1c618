"""What a connection tells its shell."""

from dataclasses import dataclass

from hutong.protocols.tls13.codepoints import CipherSuite, NamedGroup
from hutong.protocols.tls13.ticket import Ticket


@dataclass(frozen=True, slots=True)
class TicketOffered:
    """Server: the client offers a ticket; the connection stands still until `resume` is called.

    `identity` is 32 bytes; `early_data` tells whether the client sent some; `alpn` is the protocol
    that was agreed on.
    """

    identity: bytes
    obfuscated_age: int
    early_data: bool
    server_name: str | None
    alpn: str | None


@dataclass(frozen=True, slots=True)
class HandshakeCompleted:
    """The peer's Finished was right: from here on both sides are who they claim to be, and live.

    `early_data_accepted` is False when there was none. `peer_chain` is the server's certificates (DER),
    and empty on the server and after a resumption.
    """

    suite: CipherSuite
    group: NamedGroup
    alpn: str | None
    server_name: str | None
    resumed: bool
    early_data_accepted: bool
    peer_chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ApplicationData:
    """Bytes from the peer. `early` ones came in a client's first flight and may be a replay."""

    data: bytes
    early: bool = False


@dataclass(frozen=True, slots=True)
class TicketReceived:
    """Client: a ticket for next time."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class KeysUpdated:
    """The peer changed the keys it sends with."""


@dataclass(frozen=True, slots=True)
class PeerClosed:
    """The peer will send nothing more (close_notify); without this an end of stream is a truncation."""


Event = TicketOffered | HandshakeCompleted | ApplicationData | TicketReceived | KeysUpdated | PeerClosed
