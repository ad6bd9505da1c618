"""A client as lean as it can be: packets in the sealed layer on a raw carrier, callbacks instead of tasks."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from bench._carriers import Carrier, Stream, open_stream, open_websocket
from bench._people import Person
from bench._server import Server
from hutong.protocols.compression import BODY_BYTES_MAX, decompress
from hutong.protocols.sealed import (
    CONTROL,
    MESSAGE,
    Accepted,
    ClientSession,
    Pins,
    Refused,
    Sealer,
)
from hutong.protocols.tls13 import Ticket
from hutong.schema import identity_pb2, link_pb2, log_pb2, options_pb2, sealed_pb2

RESUME = 203
FOLLOW = 101


def new_key(counter: int) -> bytes:
    """Return a request key that grows with time, as clients make them (CONN13)."""
    return time.time_ns().to_bytes(8, "big")[1:] + counter.to_bytes(4, "big") + os.urandom(5)


class Link:
    """One device: signs in and follows its logs in the first flight."""

    def __init__(self, manifest: sealed_pb2.Manifest, person: Person, logs: tuple[str, ...]) -> None:
        loop = asyncio.get_running_loop()
        self.on_reply: Callable[[link_pb2.Reply], object] = self._first
        self.on_event: Callable[[log_pb2.Event], object] = lambda _event: None
        self.replied_at = 0.0  # the first reply, by perf_counter
        self.received_bytes = 0  # of carrier messages
        self.signed_in: asyncio.Future[None] = loop.create_future()
        self.carrier: Carrier
        self._manifest = manifest
        self._person = person
        self._logs = logs
        self._session: ClientSession
        self._sealer: Sealer
        self._first_flight: bytes | None = None
        self._missing = 2
        self._out: list[link_pb2.Request] = []
        self._ids = 0
        self._soon = loop.call_soon

    def opened(self, carrier: Carrier) -> None:
        """Say OPEN, sign in and follow."""
        self.carrier = carrier
        self._session = session = ClientSession(self._manifest, os.urandom, exporter=carrier.exporter)
        carrier.send(session.opening)
        signature = self._person.key.sign(b"hutong resume v2\x00" + session.binding)
        resume = identity_pb2.ResumeRequest(device=self._person.device, signature=signature)
        follow = log_pb2.FollowRequest(cursors=[log_pb2.Cursor(log=log) for log in self._logs])
        packet = link_pb2.Packet(
            requests=[
                link_pb2.Request(id=1, method=RESUME, body=resume.SerializeToString()),
                link_pb2.Request(id=2, method=FOLLOW, body=follow.SerializeToString()),
            ]
        )
        self._ids = 2
        for record in session.seal_early(packet.SerializeToString(), CONTROL):
            carrier.send(record)

    def received(self, message: bytes) -> None:
        """Hand out what arrived."""
        self.received_bytes += len(message)
        opened = self._session.receive(message)
        if isinstance(opened, Accepted):
            assert self._session.sealer is not None
            self._sealer = self._session.sealer
            return
        assert not isinstance(opened, Refused), opened
        if opened is None:
            return
        packet = link_pb2.Packet.FromString(opened)
        for reply in packet.replies:
            self.on_reply(reply)
        for event in packet.events:
            self.on_event(event)

    def _first(self, reply: link_pb2.Reply) -> None:
        if not self.replied_at:
            self.replied_at = time.perf_counter()
        if reply.HasField("error"):
            self.signed_in.set_exception(RuntimeError(reply.error.message))
            return
        self._missing -= 1
        if not self._missing:
            self.on_reply = lambda _reply: None
            self.signed_in.set_result(None)

    def send(
        self,
        method: int,
        body: bytes,
        key: bytes = b"",
        encoding: options_pb2.Encoding = options_pb2.ENCODING_PLAIN,
    ) -> int:
        """Queue a request; those of one turn of the loop leave together."""
        self._ids += 1
        if not self._out:
            self._soon(self._flush)
        self._out.append(link_pb2.Request(id=self._ids, method=method, body=body, key=key, encoding=encoding))
        return self._ids

    def _flush(self) -> None:
        out, self._out = self._out, []
        packet = link_pb2.Packet(requests=out).SerializeToString()
        self.carrier.send(self._sealer.seal(packet, MESSAGE))


async def connect(server: Server, person: Person, *logs: str) -> Link:
    """Open a link over a WebSocket (over TLS when the port speaks it), prove the device, follow some logs."""
    link = Link(await _manifest_of(server), person, logs)
    await open_websocket(server.port, link, server.tls)
    await asyncio.wait_for(link.signed_in, 30)
    return link


async def connect_tls(server: Server, person: Person, *logs: str) -> Link:
    """The same over our TLS."""
    link, _ = await connect_stream(server, person, *logs)
    return link


async def connect_stream(
    server: Server,
    person: Person,
    *logs: str,
    ticket: Ticket | None = None,
    early: bool = True,
    port: int | None = None,
) -> tuple[Link, Stream]:
    """The same with a ticket and through a proxy, if there are any; return the stream, too."""
    link = Link(await _manifest_of(server), person, logs)
    stream = await open_stream(port or server.link_port, link, ticket, early=early)
    await asyncio.wait_for(link.signed_in, 30)
    return link, stream


class Asking:
    """A link's replies, one at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._reply: asyncio.Future[link_pb2.Reply]
        link.on_reply = self._take

    def _take(self, reply: link_pb2.Reply) -> None:
        self._reply.set_result(reply)

    async def ask(self, method: int, body: bytes) -> bytes:
        """Return the reply's body."""
        self._reply = asyncio.get_running_loop().create_future()
        self._link.send(method, body)
        reply = await asyncio.wait_for(self._reply, 60)
        assert not reply.HasField("error"), reply
        return decompress(reply.body, BODY_BYTES_MAX) if reply.encoding else reply.body


class _Asker:
    """Asks for the manifest and leaves (SEAL19)."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[sealed_pb2.SignedManifest] = asyncio.get_running_loop().create_future()
        self._session = ClientSession(None, os.urandom)

    def opened(self, carrier: Carrier) -> None:
        """Ask."""
        self._carrier = carrier
        carrier.send(self._session.opening)

    def received(self, message: bytes) -> None:
        """Take the REFUSE."""
        refused = self._session.receive(message)
        assert isinstance(refused, Refused)
        assert refused.manifest is not None
        self.answer.set_result(refused.manifest)
        self._carrier.close()


async def _manifest_of(server: Server) -> sealed_pb2.Manifest:
    """Return a server's manifest, asked for and checked on the first contact."""
    if server.manifest is None:
        asker = _Asker()
        await open_websocket(server.port, asker, server.tls)
        signed = await asyncio.wait_for(asker.answer, 30)
        server.manifest = Pins().check(signed, time.time_ns() // 1_000_000)
    return server.manifest
