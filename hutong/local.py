"""Clients in the same process as their server, without a socket: for tests and for the demo."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message

from hutong.app import Core
from hutong.platform import bodies, errors
from hutong.platform.clock import Randomness
from hutong.platform.connection import Connection
from hutong.platform.events import class_of
from hutong.platform.rpc import Method
from hutong.schema import identity_pb2, link_pb2, log_pb2, options_pb2

M = TypeVar("M", bound=Message)

# For accounts nobody else can reach.
PASSWORD = "correct horse"  # noqa: S105
CALL_TIMEOUT_S = 20
UNTIL_TIMEOUT_S = 10
_POLL_S = 0.005


def read(message: bytes) -> link_pb2.Packet:
    """Return a packet of a server's with all bodies as they were before they were compressed."""
    packet = link_pb2.Packet.FromString(message)
    carriers: list[link_pb2.Reply | log_pb2.Event | link_pb2.Notice]
    carriers = [*packet.replies, *packet.events, *packet.notices]
    for carrying in carriers:
        if carrying.encoding:
            carrying.body = bodies.unpack(carrying.body, carrying.encoding)
            carrying.encoding = options_pb2.ENCODING_PLAIN
    return packet


class LocalServer:
    """A running core and its methods by name."""

    def __init__(self, core: Core, random: Randomness) -> None:
        self.core = core
        self._random = random
        self._methods = {method.name: method for method in core.platform.sessions.methods.values()}

    def has(self, name: str) -> bool:
        """Tell whether the server knows a method: features are optional."""
        return name in self._methods

    def method(self, name: str) -> Method:
        """Return a method by its name, `"Chat.Send"`. Raises `KeyError`."""
        return self._methods[name]

    def new_key(self) -> bytes:
        """Return a fresh request key."""
        return self._random.token(16)

    def new_binding(self) -> bytes:
        """Return what stands for a connection where nothing is sealed (SEAL15)."""
        return self._random.token(32)


class MemoryCarrier:
    """Keeps what the server sends; `client` handles it in the same turn, unless `reading` is off."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.reading = True
        self.unread: list[bytes] = []
        self.closed = False

    def send(self, packets: bytes, klass: int) -> None:
        """Take what the connection sends."""
        del klass
        self.unread.append(packets)
        if self.reading and self.client is not None:
            messages, self.unread = self.unread, []
            for each in messages:
                self.client.handle(each)

    def waiting_bytes(self) -> int:
        """Return how much nobody has read yet."""
        return sum(map(len, self.unread))

    def admits(self, device: str) -> bool:
        """Let every device in: there are no tickets here."""
        del device
        return True

    def identified(self, device: str) -> None:
        """Be told that a device signed in."""

    def change_keys(self) -> None:
        """Go on: nothing is sealed here."""

    def close(self, *, at_once: bool) -> None:
        """Remember that the connection ended."""
        del at_once
        self.closed = True


class Client:
    """One device of one person, speaking packets with the server in this process."""

    def __init__(self, server: LocalServer, address: str = "127.0.0.1", *, device_name: str = "Test") -> None:
        self.server = server
        self.address = address
        self.device_name = device_name
        self.key = Ed25519PrivateKey.generate()
        self.profile = identity_pb2.Profile()
        self.device = ""
        self.events: list[log_pb2.Event] = []
        self.notices: list[Message] = []
        self.goodbye: link_pb2.Goodbye | None = None
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[link_pb2.Reply]] = {}
        self.connect()

    @property
    def user(self) -> str:
        """The signed-in user's id, or ''."""
        return self.profile.user

    @property
    def inbox(self) -> str:
        """The user's inbox log."""
        return f"inbox:{self.user}"

    def connect(self) -> None:
        """Open a fresh connection, signed out."""
        self.goodbye = None
        self.carrier = MemoryCarrier()
        self.carrier.client = self
        self.challenge = link_pb2.Challenge()
        self.connection = Connection(
            self.server.core.platform.sessions,
            self.carrier,
            self.address,
            binding=self.server.new_binding(),
        )

    def disconnect(self) -> None:
        """Lose the connection without a word."""
        self.connection.closed()
        for future in self._replies.values():
            if not future.done():
                future.set_exception(ConnectionError("disconnected"))
        self._replies.clear()

    def handle(self, message: bytes) -> None:
        """Take a packet of the server's: settle replies, keep events and notices."""
        packet = read(message)
        if packet.HasField("challenge"):
            self.challenge = packet.challenge
        for reply in packet.replies:
            future = self._replies.pop(reply.id, None)
            if future is not None and not future.done():
                future.set_result(reply)
        self.events.extend(packet.events)
        for notice in packet.notices:
            kind = class_of(notice.kind)
            assert kind is not None
            self.notices.append(kind.FromString(notice.body))
        if packet.HasField("goodbye"):
            self.goodbye = packet.goodbye

    def request(
        self, method: Method, body: bytes, key: bytes = b"", deadline_ms: int = 0
    ) -> asyncio.Future[link_pb2.Reply]:
        """Send a request as it is; the future holds the raw reply."""
        request = link_pb2.Request(
            id=next(self._ids), method=method.id, key=key, body=body, deadline_ms=deadline_ms
        )
        future: asyncio.Future[link_pb2.Reply] = asyncio.get_running_loop().create_future()
        self._replies[request.id] = future
        self.connection.receive(link_pb2.Packet(requests=[request]).SerializeToString())
        return future

    async def call(self, name: str, request: Message, *, key: bytes | None = None) -> Any:
        """Call `"Chat.Send"`; return the typed reply or raise the `RpcError`."""
        method = self.server.method(name)
        if key is None and not method.replay_safe:
            key = self.server.new_key()
        body = request.SerializeToString()
        reply = await asyncio.wait_for(self.request(method, body, key or b""), CALL_TIMEOUT_S)
        if reply.HasField("error"):
            raise errors.from_proto(reply.error)
        return method.reply_class.FromString(reply.body)

    def new_device(self) -> identity_pb2.NewDevice:
        """Return this client's device, for a sign-in."""
        return identity_pb2.NewDevice(
            name=self.device_name, public_key=self.key.public_key().public_bytes_raw()
        )

    async def sign_up(
        self, handle: str, name: str = "", *, password: str = PASSWORD, language: str = ""
    ) -> Client:
        """Create an account and sign in."""
        request = identity_pb2.SignUpRequest(
            handle=handle,
            name=name or handle.title(),
            password=password,
            language=language,
            device=self.new_device(),
        )
        self._signed_in(await self.call("Identity.SignUp", request))
        return self

    async def log_in(self, handle: str, password: str = PASSWORD) -> Client:
        """Become a further device of an account."""
        request = identity_pb2.LogInRequest(handle=handle, password=password, device=self.new_device())
        self._signed_in(await self.call("Identity.LogIn", request))
        return self

    async def resume(self) -> Client:
        """Sign in again with the device's key, after `connect`."""
        signature = self.key.sign(b"hutong resume v2\x00" + self.connection.binding)
        request = identity_pb2.ResumeRequest(device=self.device, signature=signature)
        self._signed_in(await self.call("Identity.Resume", request))
        return self

    def _signed_in(self, reply: identity_pb2.SessionReply) -> None:
        self.profile, self.device = reply.profile, reply.device

    async def follow(self, *logs: str, after: int = 0) -> log_pb2.FollowReply:
        """Follow logs from a cursor."""
        cursors = [log_pb2.Cursor(log=log, after=after) for log in logs]
        reply: log_pb2.FollowReply = await self.call("Log.Follow", log_pb2.FollowRequest(cursors=cursors))
        return reply

    def bodies(self, kind: type[M]) -> list[M]:
        """Return the pushed events and notices of one kind, in the order of their arrival."""
        found = [kind.FromString(event.body) for event in self.events if class_of(event.kind) is kind]
        return found + [notice for notice in self.notices if isinstance(notice, kind)]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has arrived; at most ten seconds."""
        async with asyncio.timeout(UNTIL_TIMEOUT_S):
            while not condition():  # noqa: ASYNC110  it may have no event
                await asyncio.sleep(_POLL_S)
