"""TLS 1.3 without sockets: a strict profile with 0-RTT and stateful tickets, client and server.

Source: RFC 8446 (and RFC 9846, which says it again). The rules are in docs/protocol/link.md.
"""

from hutong.protocols.tls13.client import ClientConnection
from hutong.protocols.tls13.codepoints import AlertDescription, CipherSuite, NamedGroup
from hutong.protocols.tls13.config import ClientConfig, KeyLife, ServerConfig
from hutong.protocols.tls13.connection import Connection
from hutong.protocols.tls13.errors import PeerAlertError, TicketFormatError, TlsError, TlsStateError
from hutong.protocols.tls13.events import (
    ApplicationData,
    Event,
    HandshakeCompleted,
    KeysUpdated,
    PeerClosed,
    TicketOffered,
    TicketReceived,
)
from hutong.protocols.tls13.ports import PrivateKey, PublicKey, Random, Verifier
from hutong.protocols.tls13.server import ServerConnection
from hutong.protocols.tls13.ticket import Ticket
from hutong.protocols.tls13.verifiers import PinnedKeys, WebPki, pin_of

__all__ = [
    "AlertDescription",
    "ApplicationData",
    "CipherSuite",
    "ClientConfig",
    "ClientConnection",
    "Connection",
    "Event",
    "HandshakeCompleted",
    "KeyLife",
    "KeysUpdated",
    "NamedGroup",
    "PeerAlertError",
    "PeerClosed",
    "PinnedKeys",
    "PrivateKey",
    "PublicKey",
    "Random",
    "ServerConfig",
    "ServerConnection",
    "Ticket",
    "TicketFormatError",
    "TicketOffered",
    "TicketReceived",
    "TlsError",
    "TlsStateError",
    "Verifier",
    "WebPki",
    "pin_of",
]
