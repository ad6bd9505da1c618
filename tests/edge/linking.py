"""A client of the link port on the project's own TLS 1.3, without manners: it says what a test tells it."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hutong.client.early import EarlyRandom
from hutong.edge.link import ALPN, EXPORTER_BYTES, EXPORTER_LABEL
from hutong.protocols.sealed import MESSAGE, ClientSession
from hutong.protocols.tls13 import (
    AlertDescription,
    ApplicationData,
    ClientConfig,
    ClientConnection,
    HandshakeCompleted,
    PeerAlertError,
    PeerClosed,
    Ticket,
    TicketReceived,
    TlsError,
)
from hutong.schema import sealed_pb2
from tests.edge.raw import WAIT_S, Raw, connected
from tests.edge.sealed import Ended, Sealed


class SignedByRoot:
    """Believes a certificate that the pinned root has signed."""

    def __init__(self, root: bytes) -> None:
        self.root = root

    def verify(self, chain: Sequence[bytes], _server_name: str | None, _now: float) -> Ed25519PublicKey:
        leaf = x509.load_der_x509_certificate(chain[0])
        try:
            key = Ed25519PublicKey.from_public_bytes(self.root)
            key.verify(leaf.signature, leaf.tbs_certificate_bytes)
        except Exception as error:
            raise TlsError(AlertDescription.UNKNOWN_CA, "not this root's") from error
        mine = leaf.public_key()
        assert isinstance(mine, Ed25519PublicKey)
        return mine


class RawLink(Raw, Sealed):
    """One TLS connection; carrier messages behind their length."""

    def __init__(
        self,
        raw: Raw,
        config: ClientConfig,
        random: Callable[[int], bytes] = os.urandom,
        now: float | None = None,
    ) -> None:
        super().__init__(raw.reader, raw.writer)
        self.tls = ClientConnection(config, random=random, now=now or time.time())
        self.completed: HandshakeCompleted | None = None
        self.alert: AlertDescription | None = None
        self.tickets: list[Ticket] = []
        self._plain = b""
        self._messages: deque[bytes] = deque()

    async def flush(self) -> None:
        data = self.tls.data_to_send()
        if data:
            await self.write(data)

    async def step(self) -> None:
        """Take what comes next from the network. Raises `Ended`."""
        data = await asyncio.wait_for(self.reader.read(65536), WAIT_S)
        if not data:
            raise Ended
        try:
            self.tls.receive(data, time.time())
        except PeerAlertError as error:
            self.alert = error.alert
            raise Ended from error
        for event in self.tls.events():
            match event:
                case HandshakeCompleted():
                    self.completed = event
                case ApplicationData(data=data):
                    self._plain += data
                case TicketReceived(ticket=ticket):
                    self.tickets.append(ticket)
                case PeerClosed():
                    self._cut()
                    if not self._messages:
                        raise Ended
        self._cut()
        await self.flush()

    def _cut(self) -> None:
        while len(self._plain) >= 2 and len(self._plain) >= 2 + (
            size := int.from_bytes(self._plain[:2], "big")
        ):
            self._messages.append(self._plain[2 : 2 + size])
            self._plain = self._plain[2 + size :]

    async def handshake(self) -> None:
        await self.flush()
        while self.completed is None:
            await self.step()

    def exporter(self, *, early: bool = False) -> bytes:
        return self.tls.export(EXPORTER_LABEL, b"", EXPORTER_BYTES, early=early)

    async def carry(self, *messages: bytes) -> None:
        self.tls.send(b"".join(len(each).to_bytes(2, "big") + each for each in messages))
        await self.flush()

    async def carried(self) -> bytes:
        while not self._messages:
            await self.step()
        return self._messages.popleft()

    async def until_tickets(self, count: int) -> list[Ticket]:
        while len(self.tickets) < count:
            await self.step()
        return self.tickets


def root_of(address: str) -> bytes:
    """Return the root of `hutong://host:port#root=...`, or of its last part."""
    return base64.urlsafe_b64decode(address.rpartition("root=")[2] + "=")


@asynccontextmanager
async def dialled(
    port: int,
    root: bytes,
    *,
    ticket: Ticket | None = None,
    early_data: bytes = b"",
    alpn: tuple[str, ...] = (ALPN,),
    receive_buffer_bytes: int = 0,
) -> AsyncIterator[RawLink]:
    """Connect, and say nothing yet."""
    config = ClientConfig(
        verifier=SignedByRoot(root),
        server_name="localhost",
        alpn=alpn,
        ticket=ticket,
        early_data=early_data,
    )
    async with connected(port, receive_buffer_bytes=receive_buffer_bytes) as raw:
        yield RawLink(raw, config)


@asynccontextmanager
async def link(
    port: int, root: bytes, *, ticket: Ticket | None = None, receive_buffer_bytes: int = 0
) -> AsyncIterator[RawLink]:
    """Connect, shake hands, open, take the challenge."""
    async with dialled(port, root, ticket=ticket, receive_buffer_bytes=receive_buffer_bytes) as raw:
        await raw.handshake()
        await raw.open(raw.exporter())
        yield raw


@asynccontextmanager
async def early_flight(
    port: int,
    root: bytes,
    ticket: Ticket,
    manifest: sealed_pb2.Manifest,
    packets: Callable[[ClientSession], Sequence[bytes]],
) -> AsyncIterator[RawLink]:
    """Connect with OPEN and early records as early data; `flush` sends it."""
    # The hello says how old the ticket is: both are to say the same.
    random, now = EarlyRandom(os.urandom), time.time()
    config = ClientConfig(
        verifier=SignedByRoot(root), server_name="localhost", alpn=(ALPN,), ticket=ticket, early_data=b"?"
    )
    draft = ClientConnection(config, random=random.token, now=now)
    exporter = draft.export(EXPORTER_LABEL, b"", EXPORTER_BYTES, early=True)
    session = ClientSession(manifest, os.urandom, exporter=exporter)
    messages = [session.opening]
    for each in packets(session):
        messages += session.seal_early(each, MESSAGE)
    random.rewind()
    config = replace(config, early_data=b"".join(len(each).to_bytes(2, "big") + each for each in messages))
    async with connected(port) as raw:
        link = RawLink(raw, config, random.token, now)
        link.session = session
        yield link
