"""The life of a connection's links: opening, taking over, waiting, giving up (CONN19, LINK45, LINK46)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Protocol

from hutong.client.carrier import CarrierError
from hutong.client.handlers import State
from hutong.client.link import Link, OpenLink
from hutong.platform.clock import Clock
from hutong.protocols.heartbeat import Activity
from hutong.protocols.retry import reconnect_s

# From having a link to being signed in.
_READY_WITHIN_S = 10.0
# A connection that lived this long was a good one: the next attempt comes at once (CONN19).
_STEADY_AFTER_S = 5.0


class Phase(Enum):
    """Where the present link is."""

    STOPPED = 0
    APART = 1  # there is none: one is being opened, or waited for
    GREETING = 2  # until the challenge
    RESUMING = 3  # until our sign-in is answered
    READY = 4


class LifeOwner(Protocol):
    """What the life of a link needs of the connection."""

    def prepare(self) -> None:
        """Another link is going to be opened."""

    def flight(self, binding: bytes) -> Iterable[tuple[int, bytes]]:
        """Return the packets of the first flight."""

    def began(self) -> None:
        """There is a new link; what an old one left unanswered is asked again on it."""

    def cut(self) -> None:
        """The present link ended by itself; `ended` follows."""

    def ended(self) -> None:
        """The link is gone, and no other has taken over."""

    def receive(self, packet: bytes) -> None:
        """Take a packet of the present link."""

    def due(self, at: float) -> None:
        """Call `tick` at this moment (monotonic seconds), or before."""

    def unreachable(self, error: CarrierError) -> None:
        """An attempt failed; another follows."""

    def state_changed(self, state: State) -> None:
        """The connection came or went."""


class _Attempt:
    """One link's side of a life; what comes from an earlier link is dropped."""

    __slots__ = ("life", "link", "task")

    def __init__(self, life: Life) -> None:
        self.life: Life | None = life
        self.link: Link | None = None
        self.task: asyncio.Task[None] | None = None

    def flight(self, binding: bytes) -> Iterable[tuple[int, bytes]]:
        return self.life.owner.flight(binding) if self.life is not None else ()

    def linked(self, link: Link) -> None:
        if self.life is None:
            link.close(at_once=True)
        else:
            self.link = link
            self.life.linked(self)

    def received(self, packet: bytes) -> None:
        if self.life is not None:
            self.life.owner.receive(packet)

    def lost(self) -> None:
        if self.life is not None:
            self.life.owner.cut()
            self.life.lost()

    def end(self, *, at_once: bool) -> None:
        self.life = None
        if self.task is not None and not self.task.done() and self.task is not asyncio.current_task():
            self.task.cancel()
        if self.link is not None:
            self.link.close(at_once=at_once)


class Life:
    """Keeps a link. The owner calls `tick` when it was told to, and as often as it likes."""

    def __init__(
        self, open_link: OpenLink, owner: LifeOwner, clock: Clock, chance: Callable[[], float]
    ) -> None:
        self.owner = owner
        self.phase = Phase.STOPPED
        self.state = State.CONNECTING
        self.activity = Activity.FOREGROUND
        self._open = open_link
        self._clock = clock
        self._chance = chance
        self._present: _Attempt | None = None
        self._opening: _Attempt | None = None
        self._closing: Link | None = None
        self._connect_at = math.inf
        self._ready_by = math.inf
        self._ready_since = 0.0
        self._failures = 0

    @property
    def link(self) -> Link | None:
        """The present link."""
        return self._present.link if self._present is not None else None

    @property
    def deadline(self) -> float:
        """When to call `tick`."""
        return min(self._connect_at, self._ready_by)

    def start(self) -> None:
        """Begin to connect; also anew, as somebody else."""
        self._end_all(at_once=False)
        self._reconnect(0)

    def stop(self) -> None:
        """Have no link any more."""
        self._end_all(at_once=False)
        self.phase = Phase.STOPPED
        self._connect_at = math.inf

    async def wait_closed(self) -> None:
        """Return when the last link's carrier has ended, after `stop`."""
        if self._closing is not None:
            await self._closing.wait_closed()

    def hurry(self) -> None:
        """The network changed: another link at once, before the old one is known to be dead (LINK46)."""
        if self.phase is not Phase.STOPPED:
            self._failures = 0
            if self._opening is not None:
                self._opening.end(at_once=True)
            self._connect()

    def turn(self, activity: Activity) -> None:
        """The person came or went; whoever comes does not wait for what suited nobody."""
        came = activity is Activity.FOREGROUND and self.activity is not Activity.FOREGROUND
        self.activity = activity
        if came and self._opening is None and self.phase is Phase.APART:
            self._failures = 0
            self._connect()

    def resuming(self) -> None:
        """Our sign-in is on its way."""
        self.phase = Phase.RESUMING
        self._expect_ready()

    def ready(self) -> None:
        """The link can be used for everything."""
        self.phase = Phase.READY
        self._ready_by = math.inf
        self._ready_since = self._clock.monotonic()
        self._set_state(State.ONLINE)

    def tick(self, now: float) -> None:
        """Do what is due."""
        if now >= self._connect_at:
            self._connect()
        if now >= self._ready_by:
            self.owner.unreachable(CarrierError("The server does not answer."))
            self.lost()

    # ---- what happens to links ----

    def lost(self, *, patient: bool = False) -> None:
        """Go on after an end: at once after a good connection, else with backoff."""
        now = self._clock.monotonic()
        steady = self.phase is Phase.READY and now - self._ready_since >= _STEADY_AFTER_S
        self._end_present(at_once=True)
        if steady:
            self._failures = 0
        if self._opening is not None:
            self._set_state(State.CONNECTING if self.state is State.ONLINE else self.state)
        elif steady and not patient:
            self._reconnect(0)
        else:
            self._back_off()

    def linked(self, attempt: _Attempt) -> None:
        """A link works: it is the present one now."""
        self._opening = None
        if self._present is not None:
            self._present.end(at_once=True)
        self._present = attempt
        self.phase = Phase.GREETING
        self._connect_at = math.inf
        self._expect_ready()
        self.owner.began()

    def _connect(self) -> None:
        self._connect_at = math.inf
        attempt = self._opening = _Attempt(self)
        self.owner.prepare()
        attempt.task = asyncio.get_running_loop().create_task(self._run(attempt))

    async def _run(self, attempt: _Attempt) -> None:
        try:
            await self._open(attempt)
        except CarrierError as error:
            self._failed(attempt, error)
        except Exception:
            # A fault of ours: the loop reports it, and nobody stays apart for ever because of it.
            self._failed(attempt, CarrierError("The connection could not be opened."))
            raise

    def _failed(self, attempt: _Attempt, error: CarrierError) -> None:
        if attempt.life is None:
            return
        self.owner.unreachable(error)
        if self._opening is attempt:
            self._opening = None
            attempt.life = None
            # With the old link still there, all is well.
            if self.phase is Phase.APART:
                self._back_off()

    def _back_off(self) -> None:
        delay_s = reconnect_s(self._failures, self._chance(), self.activity)
        self._failures += 1
        self._reconnect(delay_s)

    def _reconnect(self, delay_s: float) -> None:
        # One failed attempt is enough to say so; the word stays until we are really back.
        fresh = self._failures == 0 and self.state is not State.OFFLINE
        self._set_state(State.CONNECTING if fresh else State.OFFLINE)
        if delay_s == 0:
            self._connect()
        else:
            self._connect_at = self._clock.monotonic() + delay_s
            self.owner.due(self._connect_at)

    def _expect_ready(self) -> None:
        self._ready_by = self._clock.monotonic() + _READY_WITHIN_S
        self.owner.due(self._ready_by)

    def _end_present(self, *, at_once: bool) -> None:
        present, self._present = self._present, None
        self.phase = Phase.APART
        self._ready_by = math.inf
        if present is not None:
            self._closing = present.link
            present.end(at_once=at_once)
        self.owner.ended()

    def _end_all(self, *, at_once: bool) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.end(at_once=at_once)
        self._end_present(at_once=at_once)

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.owner.state_changed(state)
