"""Whether the present link is alive: heartbeats, probes when an answer is late, and what networks teach."""

from __future__ import annotations

import math
from collections.abc import Callable

from hutong.client.memory import Memory
from hutong.platform.clock import Clock
from hutong.protocols.heartbeat import Activity, Beat, Heartbeat, Learnt
from hutong.protocols.retry import probe_after_s

# A slow answer is asked about again after twice the time, and so on up to this many times as long.
_DOUBLINGS_MAX = 6


class Pulse:
    """One connection's pulse, across its links. Times are monotonic seconds."""

    def __init__(self, clock: Clock, memory: Memory, moved_bytes: Callable[[], int]) -> None:
        self._clock = clock
        self._memory = memory
        self._moved_bytes = moved_bytes
        self._network = b""
        self._heartbeat: Heartbeat | None = None
        self._activity = Activity.FOREGROUND
        # A try of the learnt interval that got no answer, until it is clear whether the network was there.
        self._unanswered_try = b""
        # The silence before a link ended by itself, until it is clear whether the network was there.
        self._cut: tuple[bytes, float] = (b"", 0.0)
        # Since when an answer is awaited and nothing at all came; infinity: none is.
        self._silent_since = math.inf
        self._asked_bytes = 0
        self._doublings = 0
        self._moved_at_ping = 0

    @property
    def activity(self) -> Activity:
        """How much the person needs the connection."""
        return self._activity

    @property
    def number(self) -> int:
        """Which ping is due."""
        return self._heartbeat.number if self._heartbeat is not None else 0

    @property
    def deadline(self) -> float:
        """When `take` has to be called next."""
        if self._heartbeat is None:
            return math.inf
        if self._heartbeat.waiting:
            return self._heartbeat.deadline
        return min(self._heartbeat.deadline, self._probe_at())

    def begin(self, network: bytes, limit_s: float, now: float) -> None:
        """A server speaks, which sees us come from `network` and wants to hear us every `limit_s`."""
        self._network = network
        if self._unanswered_try == network and network:
            self._memory.learn(network, self._learnt().failed(self._unix_s()))
        self._unanswered_try = b""
        cut, quiet_s = self._cut
        if cut == network and network:
            self._memory.learn(network, self._learnt().cut(quiet_s, self._unix_s()))
        self._cut = (b"", 0.0)
        self._heartbeat = Heartbeat(limit_s, self._learnt(), self._activity, now)
        # What went with the first flight waits for its answer, too.
        self._silent_since = math.inf

    def cut(self, now: float) -> None:
        """The link's carrier ended by itself."""
        beats = self._heartbeat
        if beats is not None and not beats.waiting and self._silent_since == math.inf:
            self._cut = (self._network, beats.quiet_s(now))

    def end(self) -> None:
        """The link is gone."""
        self._heartbeat = None
        self._silent_since = math.inf
        self._asked_bytes = 0

    def turn(self, activity: Activity) -> None:
        """The person came or went."""
        self._activity = activity
        if self._heartbeat is not None:
            self._heartbeat.turn(activity, self._learnt())

    def sent(self, now: float) -> None:
        """Something was sent."""
        if self._heartbeat is not None:
            self._heartbeat.sent(now)

    def asked(self, size_bytes: int, now: float) -> None:
        """Something was sent that wants an answer."""
        if self._silent_since == math.inf:
            self._silent_since = now
        self._asked_bytes += size_bytes
        self._doublings = 0

    def heard(self, now: float, pong: int, *, awaiting: bool) -> None:
        """Something arrived; `awaiting` says whether answers are still outstanding."""
        self._doublings = min(self._doublings + 1, _DOUBLINGS_MAX) if pong else 0
        self._silent_since = now if awaiting else math.inf
        self._asked_bytes = 0
        if self._heartbeat is not None and self._heartbeat.heard(now, pong) and self._network:
            learnt = self._learnt().succeeded(self._unix_s())
            self._memory.learn(self._network, learnt)
            self._heartbeat.turn(self._activity, learnt)

    def take(self, now: float) -> Beat:
        """Return what is due now."""
        beats = self._heartbeat
        if beats is None:
            return Beat.NOTHING
        beat = beats.probe(now) if now >= self._probe_at() else beats.take(now)
        moved = self._moved_bytes()
        if beat is Beat.PING:
            self._moved_at_ping = moved
        elif beat is Beat.DEAD and moved > self._moved_at_ping:
            # A slow line takes what we send: its pong stands behind that.
            self._moved_at_ping = moved
            beats.heard(now, 0)
            return Beat.NOTHING
        elif beat is Beat.DEAD:
            self._unanswered_try = self._network if beats.tried else b""
        return beat

    def probe(self, now: float) -> Beat:
        """Ask at once whether anybody is there."""
        if self._heartbeat is None:
            return Beat.NOTHING
        self._moved_at_ping = self._moved_bytes()
        return self._heartbeat.probe(now)

    def _probe_at(self) -> float:
        if self._heartbeat is None or self._heartbeat.waiting:
            return math.inf
        return self._silent_since + probe_after_s(self._asked_bytes) * (1 << self._doublings)

    def _learnt(self) -> Learnt:
        return self._memory.learnt(self._network)

    def _unix_s(self) -> float:
        return self._clock.now_ms() / 1000
