"""What passes between a connection and its links: packets in, packets out, and the time.

It signs in, sends calls, hands out events and notices, and asks again what an old link left unanswered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from google.protobuf.message import DecodeError

from hutong.client.alarm import Alarm
from hutong.client.bodies import BodyError, body_of
from hutong.client.calls import CallTable
from hutong.client.carrier import CarrierError
from hutong.client.handlers import Handlers, State
from hutong.client.life import Life, Phase
from hutong.client.link import OpenLink
from hutong.client.memory import Memory
from hutong.client.packing import pack, unpack
from hutong.client.pulse import Pulse
from hutong.client.signing import SignIn
from hutong.platform.clock import Clock, Randomness
from hutong.platform.errors import (
    DeadlineExceeded,
    Internal,
    ResourceExhausted,
    RpcError,
    Unauthenticated,
    Unavailable,
    from_proto,
)
from hutong.protocols.heartbeat import Beat
from hutong.schema import identity_pb2, link_pb2, options_pb2

_CONTROL = options_pb2.PRIORITY_CONTROL
_PASSING = (Unavailable, Internal, DeadlineExceeded, ResourceExhausted)


class Dialogue:
    """The half of a connection that faces the server."""

    def __init__(
        self, open_link: OpenLink, handlers: Handlers, memory: Memory, clock: Clock, random: Randomness
    ) -> None:
        self._handlers = handlers
        self._memory = memory
        self._clock = clock
        self._random = random
        self._calls = CallTable(self._chance)
        self._signing = SignIn()
        self._pulse = Pulse(clock, memory, self._moved_bytes)
        self._life = Life(open_link, self, clock, self._chance)
        self._alarm = Alarm(clock, self._tick)
        self._flushing = False
        # Whether the first flight of the link that is being opened is settled.
        self._chosen = False

    # ---- what the life of the links tells ----

    def prepare(self) -> None:
        """Another link is going to be opened; what goes with its OPEN is chosen when it does."""
        self._handlers.on_linking()
        self._signing.prepare(self._calls.new_id())
        self._chosen = False

    def flight(self, binding: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the first flight: our resume, and the first questions behind it (CONN8, SEAL14).

        The same for all links that race, so that the answers of the one that wins are enough.
        """
        now = self._clock.monotonic()
        if not self._chosen:
            self._chosen = True
            self._calls.choose_early(now, public_only=self._signing.credentials is None)
        resume = self._signing.early_packet(binding)
        if resume:
            yield _CONTROL, resume
        yield from pack(self._calls.early(), now)

    def began(self) -> None:
        """There is a new link; its first flight is on its way."""
        self._pulse.end()
        self._calls.adopt()
        self._signing.begin()

    def cut(self) -> None:
        """The link ended by itself: perhaps for its silence."""
        self._pulse.cut(self._clock.monotonic())

    def ended(self) -> None:
        """The link is gone: what was not answered waits for the next one."""
        self._pulse.end()
        self._signing.end()
        self._calls.interrupt()

    def due(self, at: float) -> None:
        """Tick then."""
        self._alarm.by(at)

    def unreachable(self, error: CarrierError) -> None:
        """An attempt failed."""
        self._handlers.on_unreachable(error)

    def state_changed(self, state: State) -> None:
        """The connection came or went."""
        self._handlers.on_state(state)

    def receive(self, message: bytes) -> None:
        """Take one packet of the present link."""
        try:
            packet = link_pb2.Packet.FromString(message)
        except DecodeError:
            self._lose(patient=True)
            return
        link = self._life.link
        now = self._clock.monotonic()
        if packet.HasField("challenge"):
            self._challenged(packet.challenge, now)
        for reply in packet.replies:
            self._answered(reply, now)
        if link is not self._life.link:
            return  # a part of it ended the link
        self._pulse.heard(now, packet.pong, awaiting=self._calls.awaiting)
        if packet.events:
            self._handlers.on_events(packet.events)
        if packet.notices:
            self._handlers.on_notices(packet.notices)
        if link is not self._life.link:
            return
        if packet.ping:
            self._send(link_pb2.Packet(pong=packet.ping).SerializeToString(), _CONTROL)
        if packet.HasField("goodbye"):
            self._dismissed(packet.goodbye)
        elif self._calls.waiting:
            self._flush_soon()

    # ---- what arrives ----

    def _challenged(self, challenge: link_pb2.Challenge, now: float) -> None:
        if self._life.phase is not Phase.GREETING:
            self._lose(patient=True)
            return
        self._memory.keep_route(challenge.route)
        self._pulse.begin(challenge.network, max(challenge.heartbeat_s, 1), now)
        self._handlers.on_challenge(challenge)
        if self._signing.asked:
            self._life.resuming()
            self._flush_soon()
        elif self._signing.credentials is not None:
            self._resume()
        else:
            self._ready()
        self._alarm.by(self._pulse.deadline)

    def _resume(self) -> None:
        """CONN7. The first requests follow without waiting for the answer (CONN8)."""
        link = self._life.link
        assert link is not None
        request_id = self._calls.new_id()
        self._signing.ask(request_id)
        self._life.resuming()
        self._send(self._signing.packet(link.binding, request_id), _CONTROL)
        self._flush_soon()

    def _answered(self, reply: link_pb2.Reply, now: float) -> None:
        if self._signing.answers(reply):
            self._resume_answered(reply)
            return
        held = self._life.phase in {Phase.GREETING, Phase.RESUMING}
        call = self._calls.answer(reply, now, held=held)
        if call is not None:
            try:
                body = body_of(reply)
            except BodyError as error:
                call.done(None, Internal(str(error), reason="malformed"))
                return
            if call.method.signs_in:
                self._signing.signed_in = True
                self._flush_soon()
            call.done(body, None)
        elif self._calls.waiting:
            self._alarm.by(self._calls.deadline(now))

    def _resume_answered(self, reply: link_pb2.Reply) -> None:
        if reply.HasField("error"):
            error = from_proto(reply.error)
            if error.reason == "too_early":
                self._resume()
            elif isinstance(error, _PASSING):
                self._lose(patient=True)
            else:
                self._revoked(error)
            return
        try:
            session = unpack(identity_pb2.SessionReply, body_of(reply))
        except (BodyError, Internal):
            self._lose(patient=True)
            return
        self._signing.signed_in = True
        self._ready()
        self._handlers.on_resumed(session)

    def _ready(self) -> None:
        self._life.ready()
        self._flush_soon()
        self._alarm.by(self._pulse.deadline)

    def _revoked(self, error: RpcError) -> None:
        self._signing.credentials = None
        self._memory.forget_tickets()
        self._calls.reject(error, signed_in_only=True)
        if self._life.phase is Phase.RESUMING:
            self._ready()
        self._handlers.on_revoked(error)

    def _dismissed(self, goodbye: link_pb2.Goodbye) -> None:
        link = self._life.link
        reason, message = goodbye.reason, goodbye.message
        if reason == link_pb2.Goodbye.REASON_PROTOCOL_ERROR:
            self._calls.refuse(Internal(message or "The server refused this.", reason="protocol_error"))
        elif reason == link_pb2.Goodbye.REASON_REVOKED:
            self._revoked(Unauthenticated(message or "This device was signed out.", reason="revoked"))
        patient = reason in {
            link_pb2.Goodbye.REASON_SHUTDOWN,
            link_pb2.Goodbye.REASON_PROTOCOL_ERROR,
        }
        if link is self._life.link:
            self._lose(patient=patient)

    def _lose(self, *, patient: bool = False) -> None:
        self._life.lost(patient=patient)

    # ---- what leaves ----

    def _flush_soon(self) -> None:
        """Everything asked for in one turn of the loop leaves together."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        signing_in = self._life.phase is Phase.RESUMING and self._signing.asked
        if self._life.phase is Phase.READY or signing_in:
            now = self._clock.monotonic()
            public_only = not (self._signing.signed_in or signing_in)
            for priority, message in pack(self._calls.take(now, public_only=public_only), now):
                self._pulse.asked(len(message), now)
                self._send(message, priority)
            self._alarm.by(self._pulse.deadline)

    def _send(self, message: bytes, priority: int) -> None:
        link = self._life.link
        if link is not None:
            link.send(message, priority)
            self._pulse.sent(self._clock.monotonic())

    def _moved_bytes(self) -> int:
        link = self._life.link
        return link.moved_bytes() if link is not None else 0

    # ---- time ----

    def _tick(self) -> None:
        now = self._clock.monotonic()
        self._calls.expire(now)
        self._life.tick(now)
        beat = self._pulse.take(now)
        if beat is Beat.PING:
            self._send(link_pb2.Packet(ping=self._pulse.number).SerializeToString(), _CONTROL)
        elif beat is Beat.DEAD:
            self._life.lost()
        if self._calls.waiting:
            self._flush_soon()
        self._alarm.by(min(self._life.deadline, self._pulse.deadline, self._calls.deadline(now)))

    def _chance(self) -> float:
        return int.from_bytes(self._random.token(4), "big") / 2**32
