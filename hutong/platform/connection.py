"""One client's connection: session and RPC over any carrier (docs/protocol/connection.md)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError, Message

from hutong.platform import bodies, journal
from hutong.platform.channel import CONTROL, MESSAGE, Channel
from hutong.platform.errors import (
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    RpcError,
    Unavailable,
)
from hutong.platform.expected import Expected, too_late
from hutong.platform.outgoing import WAITING_BYTES_MAX, Outgoing
from hutong.platform.packets import reply_packet
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller, Method
from hutong.schema import link_pb2

if TYPE_CHECKING:
    from hutong.platform.sessions import Sessions

MESSAGE_BYTES_MAX = 1024 * 1024
REQUESTS_UNDER_WAY_MAX = 256
# Far more than may be under way; an answer to each would hold up everybody else (CONN4).
REQUESTS_OF_A_PACKET_MAX = 4 * REQUESTS_UNDER_WAY_MAX
DEADLINE_MS_DEFAULT = 30_000
DEADLINE_MS_MAX = 120_000

# An empty set of an idle connection's own would be 216 bytes.
_NONE: frozenset[int] = frozenset()

log = journal.get(__name__)


class Connection(Outgoing):
    """Created when a channel opens; fed with `receive`, ended with `closed`.

    `binding` is what a device signs to resume here and nowhere else (SEAL15); `network` stands for where the
    client is, 8 bytes or none.
    """

    __slots__ = (
        "_finishing",
        "_tasks",
        "_under_way",
        "_waited_bytes",
        "_waiting_requests",
        "address",
        "admin",
        "binding",
        "device",
        "follows",
        "heard_at",
        "keys_at",
        "renew_at",
        "user",
    )

    def __init__(
        self, sessions: Sessions, channel: Channel, address: str, *, binding: bytes, network: bytes = b""
    ) -> None:
        super().__init__(sessions, channel)
        self._under_way: set[int] | frozenset[int] = _NONE
        self._waiting_requests: deque[tuple[link_pb2.Request, float]] | None = deque()
        self._waited_bytes = 0  # of the messages they came in
        self._tasks: set[asyncio.Task[None]] | None = None
        self._finishing = False
        self.address = address
        self.binding = binding
        self.user = ""
        self.device = ""
        self.admin = False
        self.follows: set[str] = set()
        self.heard_at = self.keys_at = sessions.clock.monotonic()
        self.renew_at = self.heard_at + sessions.life_s()
        sessions.opened(self)
        self.send(link_pb2.Packet(challenge=sessions.challenge(network)).SerializeToString(), CONTROL)

    # ---- what comes in ----

    def receive(self, message: bytes, *, early: bool = False) -> None:
        """Handle one message. Never raises for what the client sent.

        `early` says that somebody who carried it may have said it before (SEAL14).
        """
        if self._ended:
            return
        self.heard_at = self._sessions.clock.monotonic()
        try:
            packet = link_pb2.Packet.FromString(message)
        except DecodeError:
            self.goodbye(link_pb2.Goodbye.REASON_PROTOCOL_ERROR, "That was no packet.")
            return
        if len(packet.requests) > REQUESTS_OF_A_PACKET_MAX:
            self.goodbye(link_pb2.Goodbye.REASON_PROTOCOL_ERROR, "These are too many requests at once.")
            return
        if self._waiting_requests is not None:
            self._waited_bytes = self._waited_bytes + len(message) if self._waiting_requests else 0
        if packet.ping:
            self.send(link_pb2.Packet(pong=packet.ping).SerializeToString(), CONTROL)
        for request in packet.requests:
            self._accept(request, early=early)

    def finish(self) -> None:
        """Answer what is under way, then close: the client sends no more."""
        self._finishing = True
        self._close_when_done()

    def _accept(self, request: link_pb2.Request, *, early: bool) -> None:
        if self._ended:
            return
        request_id, under_way = request.id, self._under_way
        if request_id == 0 or request_id in under_way:
            self.goodbye(link_pb2.Goodbye.REASON_PROTOCOL_ERROR, "Request ids are unique and not 0.")
            return
        if len(under_way) >= REQUESTS_UNDER_WAY_MAX or self._waited_bytes > WAITING_BYTES_MAX:
            self._fail(
                request_id,
                ResourceExhausted("Too many requests at once.", reason="too_many_requests"),
            )
            return
        if early and not self._may_be_early(request):
            self._fail(request_id, Unavailable("Say this again, please.", reason="too_early"))
            return
        if isinstance(under_way, set):
            under_way.add(request_id)
        else:
            self._under_way = {request_id}
        if self._waiting_requests is not None:
            # Signed out: one after the other, so that what follows a sign-in waits for it (CONN8).
            self._waiting_requests.append((request, self.heard_at))
            if len(self._under_way) > 1:
                return
        self._start(request, self.heard_at, self.heard_at)

    def _start_waiting(self, request: link_pb2.Request, arrived: float) -> None:
        self._start(request, arrived, self._sessions.clock.monotonic())

    def _may_be_early(self, request: link_pb2.Request) -> bool:
        method = self._sessions.methods.get(request.method)
        return method is not None and method.replay_safe

    def _start(self, request: link_pb2.Request, arrived: float, now: float) -> None:
        if self._ended:
            return
        request_id, key = request.id, request.key
        method = self._sessions.methods.get(request.method)
        due = arrived + min(request.deadline_ms or DEADLINE_MS_DEFAULT, DEADLINE_MS_MAX) / 1000
        try:
            if method is None:
                raise NotFound("This server does not know that request.", reason="unknown_method")
            method.check(self, key)
            if due <= now:
                raise too_late()
            body = request.body
            if request.encoding:
                body = bodies.unpack(body, request.encoding)
            try:
                message = method.request_class.FromString(body)
            except DecodeError as error:
                raise InvalidArgument("The request is malformed.", reason="malformed") from error
            reply = method.handler(Caller(self, method, key, body), message)
        except Exception as error:  # noqa: BLE001  every failure is answered
            self.answer(request_id, method, None, error)
            return
        if isinstance(reply, Pending):
            self._expect(request_id, method, reply, due)
        elif isinstance(reply, Message):
            self.answer(request_id, method, reply, None)
        else:
            assert isinstance(reply, Coroutine)
            self._run(request_id, method, reply, due - now)

    def _expect(self, request_id: int, method: Method, reply: Pending[Message], due: float) -> None:
        """Answer when the command is settled, or when the caller waits no longer (CONN15)."""
        expected = Expected(self, request_id, method)
        expected.tick = self._sessions.deadlines.add(due, expected)
        reply.then(expected.settled)

    def _run(
        self, request_id: int, method: Method, work: Coroutine[Any, Any, Message], left_s: float
    ) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(request_id, method, work, left_s))
        if self._tasks is None:
            self._tasks = set()
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        assert self._tasks is not None
        self._tasks.discard(task)
        if not self._tasks:
            self._tasks = None  # an empty set is 216 bytes of an idle connection's 10,000

    async def _answer(
        self, request_id: int, method: Method, work: Coroutine[Any, Any, Message], deadline_s: float
    ) -> None:
        try:
            with self._sessions.metrics.request_seconds.labels(method.name).time():
                async with asyncio.timeout(deadline_s):
                    reply = await work
        except TimeoutError:
            self.answer(request_id, method, None, too_late())
        except Exception as error:  # noqa: BLE001  every failure is answered
            self.answer(request_id, method, None, error)
        else:
            self.answer(request_id, method, reply, None)

    # ---- what goes out ----

    def answer(
        self,
        request_id: int,
        method: Method | None,
        reply: Message | None,
        error: BaseException | None,
    ) -> None:
        """Reply to a request that is under way."""
        code = "OK"
        if error is None:
            assert reply is not None
            assert method is not None
            body = reply.SerializeToString()
            if len(body) < MESSAGE_BYTES_MAX - 1024:
                packed = None if method.secret else bodies.packed(body)
                self.send(reply_packet(request_id, body, packed), method.priority)
            else:
                error = ResourceExhausted("The answer is too large; ask for less.", reason="reply_too_large")
        if error is not None:
            if not isinstance(error, RpcError):
                log.error("handler_failed", method=method.name if method else "", exc_info=error)
                error = Internal("Something went wrong on the server.", reason="internal")
            code = link_pb2.Code.Name(error.code)
            self._fail(request_id, error, MESSAGE if method is None else method.priority)
        self._sessions.count(method.name if method else "unknown", code)
        under_way = self._under_way
        if isinstance(under_way, set):
            under_way.discard(request_id)
            if not under_way:
                self._under_way = _NONE
        if self._waiting_requests is not None:
            self._next_waiting()
        if self._finishing:
            self._close_when_done()

    def _next_waiting(self) -> None:
        waiting = self._waiting_requests
        assert waiting is not None
        if waiting:
            waiting.popleft()
        if self.user:
            self._waiting_requests, self._waited_bytes = None, 0
            for request, arrived in waiting:
                self._start_waiting(request, arrived)
        elif waiting:
            # On a fresh stack: a long queue of quick answers must not nest.
            asyncio.get_running_loop().call_soon(self._start_waiting, *waiting[0])

    def _fail(self, request_id: int, error: RpcError, klass: int = MESSAGE) -> None:
        reply = link_pb2.Reply(id=request_id, error=error.to_proto())
        self.send(link_pb2.Packet(replies=[reply]).SerializeToString(), klass)

    # ---- beginning and end ----

    def sign_in(self, user: str, device: str, *, admin: bool) -> None:
        """Make this the connection of a device. Raises `FailedPrecondition` on a second sign-in (CONN9)."""
        if self.user:
            raise FailedPrecondition("This connection is signed in already.", reason="signed_in")
        if self._ended:
            return
        self.user, self.device, self.admin = user, device, admin
        self._channel.identified(device)
        self._sessions.signed_in(self)

    def admits(self, device: str) -> bool:
        """Tell whether this device may resume here."""
        return self._channel.admits(device)

    def _close_when_done(self) -> None:
        if not self._under_way and not self._ended:
            self.flush()
        if not self._under_way and not self._ended:
            self._end()
            self._channel.close(at_once=False)

    def change_keys(self, now: float) -> None:
        """Let the channel go on with the next keys."""
        self.keys_at = now
        self._channel.change_keys()

    def closed(self) -> None:
        """Be told that the carrier is gone."""
        self._end()

    def _end(self) -> None:
        if self._ended:
            return
        super()._end()
        self._sessions.closed(self)
