"""The carriers of the raw clients: a WebSocket, and our TLS on TCP with 0-RTT. Callbacks instead of tasks."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from hutong.client.early import EarlyRandom
from hutong.client.framing import Unframer, frame
from hutong.protocols.tls13 import (
    ApplicationData,
    ClientConfig,
    ClientConnection,
    HandshakeCompleted,
    PublicKey,
    Ticket,
    TicketReceived,
)

ALPN = "hutong/1"
_EXPORTER = "EXPORTER-hutong-sealed"


class Carrier(Protocol):
    """Moves whole messages."""

    exporter: bytes

    def send(self, message: bytes) -> None:
        """Send one; those of one turn of the loop may leave together."""

    def close(self) -> None:
        """End at once."""


class Receiver(Protocol):
    """Has the carrier."""

    def opened(self, carrier: Carrier) -> None:
        """Say what comes first; called before the handshake when it may travel early."""

    def received(self, message: bytes) -> None:
        """Take one message."""


class _WebSocket(WSListener):
    exporter = b""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin."""
        self._transport = transport
        self._receiver.opened(self)

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        """Hand on what arrived."""
        if frame.msg_type == WSMsgType.BINARY:
            self._receiver.received(frame.get_payload_as_bytes())

    def send(self, message: bytes) -> None:
        assert self._transport is not None
        self._transport.send(WSMsgType.BINARY, message)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.underlying_transport.abort()


async def open_websocket(port: int, receiver: Receiver, tls: ssl.SSLContext | None = None) -> None:
    """Connect by WebSocket, over TLS when there is a context; `receiver` gets the carrier."""
    await ws_connect(
        lambda: _WebSocket(receiver),
        f"{'ws' if tls is None else 'wss'}://127.0.0.1:{port}/link",
        ssl_context=tls,
        extra_headers={"Sec-WebSocket-Protocol": "hutong.1"},
    )


class _AnyLeaf:
    """The sealed layer says who the server is; the leaf's key has to be what signed the handshake."""

    def verify(self, chain: Sequence[bytes], server_name: str | None, now: float) -> PublicKey:  # noqa: ARG002
        """Return the key of the leaf."""
        key = x509.load_der_x509_certificate(chain[0]).public_key()
        assert isinstance(key, Ed25519PublicKey)
        return key


class Stream(asyncio.Protocol):
    """Our TLS: with a ticket, what the receiver says in `opened` leaves in the first flight."""

    def __init__(self, receiver: Receiver, ticket: Ticket | None = None, *, early: bool = True) -> None:
        self.exporter = b""
        self.tickets: list[Ticket] = []
        self.began_at = 0.0
        self.early_accepted = self.resumed = False
        self._receiver = receiver
        self._ticket = ticket
        self._wants_early = early and ticket is not None
        self._unframer = Unframer()
        self._held: list[bytes] | None = []  # until the handshake is over
        self._out: list[bytes] = []
        self._transport: asyncio.Transport
        self._tls: ClientConnection
        self._soon: Callable[..., object] = asyncio.get_running_loop().call_soon

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour only
        self.began_at = time.perf_counter()
        if self._wants_early:
            # The early data is sealed to the exporter of its own ClientHello: make that twice, send it once.
            chance = EarlyRandom(os.urandom)
            now = time.time()  # the ticket's age is in the hello, too
            draft = self._client(b"\x00", chance.token, now)
            chance.rewind()
            self.exporter = draft.export(_EXPORTER, b"", 32, early=True)
            self._receiver.opened(self)
            assert self._held is not None
            early, self._held = b"".join(self._held), []
            self._tls = self._client(early, chance.token, now)
        else:
            self._tls = self._client(b"", os.urandom, time.time())
        transport.write(self._tls.data_to_send())  # type: ignore[attr-defined]

    def _client(self, early_data: bytes, random: Callable[[int], bytes], now: float) -> ClientConnection:
        config = ClientConfig(
            verifier=_AnyLeaf(),
            server_name="127.0.0.1",
            alpn=(ALPN,),
            ticket=self._ticket,
            early_data=early_data,
        )
        return ClientConnection(config, random=random, now=now)

    def data_received(self, data: bytes) -> None:
        """Open what came."""
        self._tls.receive(data, time.time())
        for event in self._tls.events():
            if isinstance(event, ApplicationData):
                for message in self._unframer.feed(event.data):
                    self._receiver.received(message)
            elif isinstance(event, HandshakeCompleted):
                self._complete(event)
            elif isinstance(event, TicketReceived):
                self.tickets.append(event.ticket)
        if out := self._tls.data_to_send():
            self._transport.write(out)

    def _complete(self, done: HandshakeCompleted) -> None:
        self.resumed, self.early_accepted = done.resumed, done.early_data_accepted
        held, self._held = self._held, None
        if self._wants_early:
            assert done.early_data_accepted, "the server refused early data"
            for framed in held or ():
                self._tls.send(framed)
            return
        self.exporter = self._tls.export(_EXPORTER, b"", 32)
        self._receiver.opened(self)

    def send(self, message: bytes) -> None:
        """Queue a message; those of one turn of the loop leave in one record, as the server's do."""
        if self._held is not None:
            self._held.append(frame(message))
            return
        if not self._out:
            self._soon(self._flush)
        self._out.append(frame(message))

    def _flush(self) -> None:
        out, self._out = self._out, []
        self._tls.send(b"".join(out))
        self._transport.write(self._tls.data_to_send())

    def close(self) -> None:
        self._transport.abort()


async def open_stream(
    port: int, receiver: Receiver, ticket: Ticket | None = None, *, early: bool = True
) -> Stream:
    """Connect by TLS; `receiver` gets the carrier. Without a ticket it is told after the handshake."""
    _, protocol = await asyncio.get_running_loop().create_connection(
        lambda: Stream(receiver, ticket, early=early), "127.0.0.1", port
    )
    return protocol
