"""One device's connection to its server (docs/protocol/connection.md).

It opens carriers, signs in, sends calls, hands out events and notices, and opens the next carrier when
one ends.

Nothing here makes a task for each message: `request` calls back, and everything asked for in one turn of
the loop leaves in one carrier message. `call` is the comfortable form of `request`.
"""

from __future__ import annotations

import asyncio
import math
from enum import Enum
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from hutong.client import methods
from hutong.client.address import Address, parse_address
from hutong.client.alarm import Alarm
from hutong.client.backoff import backoff_s
from hutong.client.calls import Call, CallTable, Done
from hutong.client.carrier import MESSAGE_BYTES_MAX, Carrier, CarrierError, OpenCarrier
from hutong.client.handlers import Credentials, Handlers, State
from hutong.client.heartbeat import Beat, Heartbeat
from hutong.client.keys import KeySource
from hutong.client.methods import Method
from hutong.client.packing import ENVELOPE_BYTES, pack, unpack
from hutong.client.stream import stream
from hutong.client.websocket import websocket
from hutong.platform.clock import Clock, Randomness, SystemClock
from hutong.platform.errors import (
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    RpcError,
    Unauthenticated,
    Unavailable,
    from_proto,
)
from hutong.schema import identity_pb2, link_pb2

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)

DEADLINE_S = 20.0
RESUME_CONTEXT = b"hutong resume v1\x00"
# From opening a carrier to being signed in.
_OPEN_WITHIN_S = 10.0
# A connection that lived this long was a good one: the next attempt comes at once (CONN19).
_STEADY_AFTER_S = 5.0

_PASSING = (Unavailable, Internal, DeadlineExceeded, ResourceExhausted)


class _Phase(Enum):
    STOPPED = 0
    WAITING = 1  # for the next attempt
    OPENING = 2  # until the challenge
    RESUMING = 3  # until our sign-in is answered
    READY = 4


class _Attempt:
    """One carrier's side of the connection; what comes from an earlier carrier is dropped."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection: Connection | None = connection

    def opened(self, carrier: Carrier) -> None:
        if self.connection is None:
            carrier.close(at_once=True)
        else:
            self.connection._carrier = carrier  # noqa: SLF001  two halves of one thing

    def received(self, message: bytes) -> None:
        if self.connection is not None:
            self.connection._receive(message)  # noqa: SLF001

    def lost(self) -> None:
        if self.connection is not None:
            self.connection._lost()  # noqa: SLF001


class Connection:
    """Create it on a running loop, `start` it, `stop` it in the end.

    `address` is a server address, or a function that opens carriers (for tests and simulations).
    """

    def __init__(
        self,
        address: Address | str | OpenCarrier,
        handlers: Handlers | None = None,
        *,
        clock: Clock | None = None,
        random: Randomness | None = None,
    ) -> None:
        self._open = _opener(address)
        self._handlers = handlers or Handlers()
        self._clock = clock or SystemClock()
        self._random = random or Randomness()
        self._keys = KeySource(self._clock, self._random)
        self._calls = CallTable(self._chance)
        self._phase = _Phase.STOPPED
        self._state = State.CONNECTING
        self._attempt: _Attempt | None = None
        self._carrier: Carrier | None = None
        self._opening: asyncio.Task[None] | None = None
        self._credentials: Credentials | None = None
        self._signed_in = False
        self._nonce = b""
        self._resume_id = 0
        self._heartbeat: Heartbeat | None = None
        # When the phase ends by itself: connect now, or give the attempt up.
        self._phase_deadline = math.inf
        self._ready_since = 0.0
        self._failures = 0
        self._alarm = Alarm(self._clock, self._tick)
        self._flushing = False

    # ---- for the owner ----

    @property
    def state(self) -> State:
        """Whether there is a connection."""
        return self._state

    @property
    def signed_in(self) -> bool:
        """Whether this moment's carrier is a device's."""
        return self._signed_in

    def start(self, credentials: Credentials | None = None) -> None:
        """Begin connecting, as a device or as nobody yet."""
        if self._phase is _Phase.STOPPED:
            self._credentials = credentials
            self._reconnect(0)

    def stop(self) -> None:
        """End the connection; what waits is answered `unavailable`, reason `closed`."""
        self._end_carrier()
        self._phase = _Phase.STOPPED
        self._phase_deadline = math.inf
        self._alarm.stop()
        closed = Unavailable("The connection was closed.", reason="closed")
        self._calls.reject(closed, signed_in_only=False)

    def set_credentials(self, credentials: Credentials | None) -> None:
        """Say how later connections resume; None forgets who we are and begins anew (CONN9)."""
        self._credentials = credentials
        if credentials is None:
            self._calls.reject(_signed_out(), signed_in_only=True)
            if self._phase is not _Phase.STOPPED:
                self._end_carrier()
                self._reconnect(0)
        elif self._phase is _Phase.READY and not self._signed_in:
            self._resume()

    def hurry(self) -> None:
        """The network changed (CONN19): try now."""
        if self._phase is _Phase.WAITING:
            self._connect()

    def new_key(self) -> bytes:
        """Return a request key; the same key on a retry makes the effect happen once (CONN13)."""
        return self._keys.new_key()

    def request(
        self,
        method: Method[Q, R],
        body: bytes,
        done: Done,
        *,
        key: bytes = b"",
        deadline_s: float = DEADLINE_S,
        retries_unavailable: bool = True,
    ) -> Call:
        """Ask the server; `done` is called once, with the reply's body or the error, unless `drop`ped.

        Across carriers it is retried with its key until it is answered or its deadline passes.
        Raises `InvalidArgument` (too large), `Unauthenticated` (nobody is signed in),
        `Unavailable` (not started), `ResourceExhausted` (too much waits already).
        """
        if len(body) > MESSAGE_BYTES_MAX - ENVELOPE_BYTES:
            raise InvalidArgument("This is too large to send.", reason="too_large")
        if self._phase is _Phase.STOPPED:
            raise Unavailable("The connection was closed.", reason="closed")
        if not (method.public or self._signed_in or self._credentials is not None):
            raise _signed_out()
        if not key and not method.replay_safe:
            key = self._keys.new_key()
        deadline = self._clock.monotonic() + deadline_s
        call = Call(method, key, body, deadline, done, retries_unavailable=retries_unavailable)
        self._calls.add(call)
        self._flush_soon()
        self._alarm.by(deadline)
        return call

    def drop(self, call: Call) -> None:
        """Give a request up; its `done` is not called. The effect may have happened."""
        self._calls.drop(call)

    async def call(
        self,
        method: Method[Q, R],
        request: Q,
        *,
        key: bytes = b"",
        deadline_s: float = DEADLINE_S,
        retries_unavailable: bool = True,
    ) -> R:
        """Ask the server and return its answer. Raises `RpcError`."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(body: bytes | None, error: RpcError | None) -> None:
            if future.done():
                return
            if body is None:
                assert error is not None
                future.set_exception(error)
            else:
                future.set_result(body)

        call = self.request(
            method,
            request.SerializeToString(),
            done,
            key=key,
            deadline_s=deadline_s,
            retries_unavailable=retries_unavailable,
        )
        try:
            body = await future
        except asyncio.CancelledError:
            self._calls.drop(call)
            raise
        return unpack(method.reply_class, body)

    # ---- the life of a carrier ----

    def _reconnect(self, delay_s: float) -> None:
        self._phase = _Phase.WAITING
        self._phase_deadline = self._clock.monotonic() + delay_s
        # One failed attempt is enough to say so; the word stays until we are really back.
        fresh = self._failures == 0 and self._state is not State.OFFLINE
        self._set_state(State.CONNECTING if fresh else State.OFFLINE)
        if delay_s == 0:
            self._connect()
        else:
            self._alarm.by(self._phase_deadline)

    def _connect(self) -> None:
        self._phase = _Phase.OPENING
        self._phase_deadline = self._clock.monotonic() + _OPEN_WITHIN_S
        self._attempt = _Attempt(self)
        self._opening = asyncio.get_running_loop().create_task(self._open_carrier(self._attempt))
        self._alarm.by(self._phase_deadline)

    async def _open_carrier(self, attempt: _Attempt) -> None:
        try:
            await self._open(attempt)
        except CarrierError as error:
            if attempt.connection is not None:
                self._handlers.on_unreachable(error)
                attempt.lost()

    def _end_carrier(self, *, at_once: bool = False) -> None:
        if self._attempt is not None:
            self._attempt.connection = None
            self._attempt = None
        if self._opening is not None:
            if not self._opening.done() and self._opening is not asyncio.current_task():
                self._opening.cancel()
            self._opening = None
        if self._carrier is not None:
            self._carrier.close(at_once=at_once)
            self._carrier = None
        self._heartbeat = None
        self._signed_in = False
        self._resume_id = 0
        self._calls.interrupt()

    def _lost(self, *, patient: bool = False) -> None:
        """Go on after an end: at once after a good connection, else with backoff."""
        steady = (
            self._phase is _Phase.READY and self._clock.monotonic() - self._ready_since >= _STEADY_AFTER_S
        )
        self._end_carrier(at_once=True)
        if steady:
            self._failures = 0
        if steady and not patient:
            self._reconnect(0)
        else:
            delay_s = backoff_s(self._failures, self._chance())
            self._failures += 1
            self._reconnect(delay_s)

    def _ready(self) -> None:
        self._phase = _Phase.READY
        self._phase_deadline = math.inf
        self._ready_since = self._clock.monotonic()
        self._set_state(State.ONLINE)
        self._flush_soon()
        assert self._heartbeat is not None
        self._alarm.by(self._heartbeat.deadline)

    def _set_state(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self._handlers.on_state(state)

    # ---- what arrives ----

    def _receive(self, message: bytes) -> None:
        try:
            packet = link_pb2.Packet.FromString(message)
        except DecodeError:
            self._lost(patient=True)
            return
        attempt = self._attempt
        now = self._clock.monotonic()
        if packet.HasField("challenge"):
            self._challenged(packet.challenge, now)
        if self._heartbeat is not None:
            self._heartbeat.heard(now, packet.pong)
        for reply in packet.replies:
            self._answered(reply, now)
        if attempt is not self._attempt:
            return  # a part of it ended the carrier
        if packet.events:
            self._handlers.on_events(packet.events)
        if packet.notices:
            self._handlers.on_notices(packet.notices)
        if attempt is not self._attempt:
            return
        if packet.ping:
            self._send(link_pb2.Packet(pong=packet.ping).SerializeToString())
        if packet.HasField("goodbye"):
            self._dismissed(packet.goodbye)
        elif self._calls.waiting:
            self._flush_soon()

    def _challenged(self, challenge: link_pb2.Challenge, now: float) -> None:
        if self._phase is not _Phase.OPENING:
            self._lost(patient=True)
            return
        self._nonce = challenge.nonce
        self._heartbeat = Heartbeat(max(challenge.heartbeat_s, 1), now)
        self._handlers.on_challenge(challenge)
        if self._credentials is None:
            self._ready()
        else:
            self._resume()

    def _resume(self) -> None:
        """CONN7. The first requests follow without waiting for the answer (CONN8)."""
        assert self._credentials is not None
        self._phase = _Phase.RESUMING
        self._phase_deadline = self._clock.monotonic() + _OPEN_WITHIN_S
        self._resume_id = self._calls.new_id()
        signature = self._credentials.sign(RESUME_CONTEXT + self._nonce)
        body = identity_pb2.ResumeRequest(device=self._credentials.device, signature=signature)
        packet = link_pb2.Packet()
        packet.requests.add(id=self._resume_id, method=methods.RESUME.id, body=body.SerializeToString())
        self._send(packet.SerializeToString())
        self._flush_soon()
        self._alarm.by(self._phase_deadline)

    def _answered(self, reply: link_pb2.Reply, now: float) -> None:
        if self._resume_id and reply.id == self._resume_id:
            self._resume_id = 0
            self._resume_answered(reply)
            return
        call = self._calls.answer(reply, now, held=self._phase is _Phase.RESUMING)
        if call is not None:
            if call.method.signs_in:
                self._signed_in = True
                self._flush_soon()
            call.done(reply.body, None)
        elif self._calls.waiting:
            self._alarm.by(self._calls.deadline(now))

    def _resume_answered(self, reply: link_pb2.Reply) -> None:
        if reply.HasField("error"):
            error = from_proto(reply.error)
            if isinstance(error, _PASSING):
                self._lost(patient=True)
            else:
                self._revoked(error)
            return
        try:
            session = unpack(identity_pb2.SessionReply, reply.body)
        except Internal:
            self._lost(patient=True)
            return
        self._signed_in = True
        self._ready()
        self._handlers.on_resumed(session)

    def _revoked(self, error: RpcError) -> None:
        self._credentials = None
        self._calls.reject(error, signed_in_only=True)
        if self._phase is _Phase.RESUMING:
            self._ready()
        self._handlers.on_revoked(error)

    def _dismissed(self, goodbye: link_pb2.Goodbye) -> None:
        attempt = self._attempt
        reason, message = goodbye.reason, goodbye.message
        if reason == link_pb2.Goodbye.REASON_PROTOCOL_ERROR:
            self._calls.refuse(Internal(message or "The server refused this.", reason="protocol_error"))
        elif reason == link_pb2.Goodbye.REASON_REVOKED:
            self._revoked(Unauthenticated(message or "This device was signed out.", reason="revoked"))
        patient = reason in {
            link_pb2.Goodbye.REASON_SHUTDOWN,
            link_pb2.Goodbye.REASON_PROTOCOL_ERROR,
        }
        if attempt is self._attempt:
            self._lost(patient=patient)

    # ---- what leaves ----

    def _flush_soon(self) -> None:
        """Everything asked for in one turn of the loop leaves together."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        signing_in = self._phase is _Phase.RESUMING and self._resume_id != 0
        if self._phase is _Phase.READY or signing_in:
            now = self._clock.monotonic()
            public_only = not (self._signed_in or signing_in)
            for message in pack(self._calls.take(now, public_only=public_only), now):
                self._send(message)

    def _send(self, message: bytes) -> None:
        if self._carrier is not None:
            self._carrier.send(message)
            if self._heartbeat is not None:
                self._heartbeat.sent(self._clock.monotonic())

    # ---- time ----

    def _tick(self) -> None:
        now = self._clock.monotonic()
        self._calls.expire(now)
        if now >= self._phase_deadline:
            if self._phase is _Phase.WAITING:
                self._connect()
            else:
                self._handlers.on_unreachable(CarrierError("The server does not answer."))
                self._lost()
        beat = self._heartbeat.take(now) if self._heartbeat is not None else Beat.NOTHING
        if beat is Beat.PING:
            assert self._heartbeat is not None
            self._send(link_pb2.Packet(ping=self._heartbeat.number).SerializeToString())
        elif beat is Beat.DEAD:
            self._lost()
        if self._calls.waiting:
            self._flush_soon()
        heartbeat_at = self._heartbeat.deadline if self._heartbeat is not None else math.inf
        self._alarm.by(min(self._phase_deadline, heartbeat_at, self._calls.deadline(now)))

    def _chance(self) -> float:
        return int.from_bytes(self._random.token(4), "big") / 2**32


def _opener(address: Address | str | OpenCarrier) -> OpenCarrier:
    if isinstance(address, str):
        address = parse_address(address)
    if isinstance(address, Address):
        return stream(address) if address.scheme == "hutong" else websocket(address)
    return address


def _signed_out() -> Unauthenticated:
    return Unauthenticated("Please sign in first.", reason="signed_out")
