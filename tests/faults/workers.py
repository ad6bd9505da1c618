"""Clients that go on through everything: they reconnect, and retry with the same keys."""

from __future__ import annotations

import asyncio
import hashlib
import random
import ssl
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message

from hutong.protocols.compression import BODY_BYTES_MAX, decompress
from hutong.schema import chat_pb2, files_pb2, identity_pb2, link_pb2, log_pb2
from tests.edge.linking import link as tls_link
from tests.edge.listening import packet
from tests.edge.raw import websocket
from tests.edge.sealed import Ended, Sealed
from tests.edge.serving import Serve

RESUME, FOLLOW, SEND, BEGIN, WRITE, FINISH, READ = 203, 101, 408, 501, 502, 503, 504
IN_FLIGHT = 20
CHUNK_BYTES = 64 * 1024
RETRY_S = 0.05


@dataclass
class Device:
    """What signs in."""

    user: str
    device: str
    key: Ed25519PrivateKey


@dataclass
class Worker:
    """One device that is always connected, or trying to be."""

    serve: Serve
    device: Device
    carrier: str
    choices: random.Random
    done: bool = False
    sessions: int = 0
    _numbers: int = 0

    async def run(self) -> None:
        """Work until nothing is left to do after `done`."""
        while not self.finished:
            try:
                async with self._open() as link:
                    await self.work(link)
            except (Ended, OSError, ssl.SSLError, TimeoutError, asyncio.IncompleteReadError):
                if self.serve.up.is_set():
                    # Refused while it was coming up, or cut off a moment ago.
                    await asyncio.sleep(RETRY_S)
                await self.serve.up.wait()

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Tell whether everything was answered."""

    @abstractmethod
    async def work(self, link: Sealed) -> None:
        """Work on a fresh connection until it ends or everything is done."""

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Sealed]:
        if self.carrier == "websocket":
            async with websocket(self.serve.port) as link:
                await self._resume(link)
                yield link
        else:
            async with tls_link(self.serve.link_port, self.serve.root) as other:
                await self._resume(other)
                yield other

    async def _resume(self, link: Sealed) -> None:
        signature = self.device.key.sign(b"hutong resume v2\x00" + link.session.binding)
        ask = identity_pb2.ResumeRequest(device=self.device.device, signature=signature)
        await self.call(link, RESUME, ask)
        self.sessions += 1

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def new_key(self) -> bytes:
        return self.choices.randbytes(16)

    async def call(self, link: Sealed, method: int, ask: Message, key: bytes = b"") -> bytes:
        """Ask one thing and wait for its answer, which has to be a good one."""
        number = self.number()
        request = link_pb2.Request(id=number, method=method, body=ask.SerializeToString(), key=key)
        await link.say(packet(request))
        while True:
            for reply in (await link.packet()).replies:
                if reply.id == number:
                    if reply.HasField("error"):
                        raise RuntimeError(f"method {method}: {reply.error}")
                    return reply.body


@dataclass
class Sender(Worker):
    """Keeps messages in flight."""

    log: str = ""
    acknowledged: dict[bytes, int] = field(default_factory=dict)
    unanswered: dict[bytes, str] = field(default_factory=dict)
    retried: int = 0

    @property
    def finished(self) -> bool:
        return self.done and not self.unanswered

    async def work(self, link: Sealed) -> None:
        under_way: dict[int, bytes] = {}
        self.retried += len(self.unanswered)
        await self._send(link, under_way, list(self.unanswered))
        while not self.finished:
            fresh: list[bytes] = []
            while not self.done and len(under_way) + len(fresh) < IN_FLIGHT:
                key = self.new_key()
                self.unanswered[key] = f"{key.hex()} {'x' * self.choices.randrange(300)}"
                fresh.append(key)
            await self._send(link, under_way, fresh)
            for reply in (await link.packet()).replies:
                self._answered(under_way.pop(reply.id), reply)

    async def _send(self, link: Sealed, under_way: dict[int, bytes], keys: list[bytes]) -> None:
        requests = []
        for key in keys:
            content = chat_pb2.Content(text=self.unanswered[key])
            body = chat_pb2.SendRequest(log=self.log, content=content).SerializeToString()
            number = self.number()
            under_way[number] = key
            requests.append(link_pb2.Request(id=number, method=SEND, key=key, body=body))
        if requests:
            await link.say(packet(*requests))

    def _answered(self, key: bytes, reply: link_pb2.Reply) -> None:
        if reply.error.code == link_pb2.CODE_UNAVAILABLE:
            return  # shutting down: it stays unanswered, and is sent again on the next connection
        if reply.HasField("error"):
            raise RuntimeError(str(reply.error))
        seq = chat_pb2.SendReply.FromString(reply.body).seq
        del self.unanswered[key]
        self.acknowledged[key] = seq


@dataclass
class Follower(Worker):
    """Follows a log, and remembers everything it was shown."""

    log: str = ""
    shown: dict[int, bytes] = field(default_factory=dict)
    cursor: int = 0

    @property
    def finished(self) -> bool:
        return self.done

    async def work(self, link: Sealed) -> None:
        head = -1
        while self.cursor < head or head < 0:
            ask = log_pb2.FollowRequest(cursors=[log_pb2.Cursor(log=self.log, after=self.cursor)], limit=200)
            (page,) = log_pb2.FollowReply.FromString(await self.call(link, FOLLOW, ask)).pages
            head = page.head
            for event in page.events:
                self._show(event)
        while True:
            try:
                async with asyncio.timeout(0.2):
                    events = (await link.packet()).events
            except TimeoutError:
                if self.done:
                    return
                raise  # half a packet may be lost: begin again
            for event in events:
                self._show(event)

    def _show(self, event: log_pb2.Event) -> None:
        body = decompress(event.body, BODY_BYTES_MAX) if event.encoding else event.body
        assert self.shown.setdefault(event.seq, body) == body, "a number changed its event"
        if event.seq == self.cursor + 1:
            self.cursor += 1


@dataclass
class Upload:
    """A file on its way. Once it has a name all of it was sent, and `Finish` asked for."""

    data: bytes
    begin_key: bytes
    finish_key: bytes
    name: str = ""


@dataclass
class Uploader(Worker):
    """Uploads one file after the other, each from where the server stopped."""

    stored: dict[str, bytes] = field(default_factory=dict)
    resumed_in_the_middle: int = 0
    finished_again: int = 0
    _file: Upload | None = None

    @property
    def finished(self) -> bool:
        return self.done and self._file is None

    async def work(self, link: Sealed) -> None:
        while not self.finished:
            if self._file is None:
                data = self.choices.randbytes(self.choices.randrange(1_000_000, 3_000_000))
                self._file = Upload(data, self.new_key(), self.new_key())
            file = self._file
            if file.name:
                self.finished_again += 1  # what was not answered is asked again (CONN14)
            else:
                file.name = await self._send(link, file)
            finish = files_pb2.FinishRequest(upload=file.name)
            reply = files_pb2.FinishReply.FromString(await self.call(link, FINISH, finish, file.finish_key))
            self.stored[reply.blob] = file.data
            self._file = None

    async def _send(self, link: Sealed, file: Upload) -> str:
        """Send what the server does not have yet; return the upload's name."""
        size = len(file.data)
        begin = files_pb2.BeginRequest(size_bytes=size, sha256=hashlib.sha256(file.data).digest())
        begun = files_pb2.BeginReply.FromString(await self.call(link, BEGIN, begin, file.begin_key))
        offset = begun.offset
        self.resumed_in_the_middle += 0 < offset < size
        while offset < size:
            chunk = file.data[offset : offset + CHUNK_BYTES]
            write = files_pb2.WriteRequest(upload=begun.upload, offset=offset, data=chunk)
            written = files_pb2.WriteReply.FromString(await self.call(link, WRITE, write))
            assert written.offset > offset
            offset = written.offset
        return begun.upload

    async def read(self, blob: str, size: int) -> bytes:
        """Return a stored file, as the server has it now."""
        read = b""
        async with self._open() as link:
            while len(read) < size:
                ask = files_pb2.ReadRequest(blob=blob, offset=len(read), length=CHUNK_BYTES * 4)
                reply = files_pb2.ReadReply.FromString(await self.call(link, READ, ask))
                assert reply.size_bytes == size
                assert reply.data
                read += reply.data
        return read
