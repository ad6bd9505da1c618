"""Ends the calls that nobody ends: no answer, or a device that does not come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hutong.features.calls import model, store
from hutong.platform import journal
from hutong.platform.clock import Timer
from hutong.platform.feature import Platform
from hutong.schema import calls_pb2 as pb

LOOK_EVERY_S = 1.0

log = journal.get(__name__)


class Watch:
    """Knows the calls that ring or are under way, and since when their devices are away.

    After a restart every device counts as away from then on, so each has its time to come back.
    """

    def __init__(self, platform: Platform, end: Callable[[str, pb.Outcome], Awaitable[object]]) -> None:
        self._platform = platform
        self._end = end
        self._calls: dict[str, pb.Call] = {}
        self._away_since_s: dict[tuple[str, str], float] = {}
        self._timer: Timer | None = None

    async def on_start(self) -> None:
        """Take up what an earlier process left."""
        for call in await self._platform.read(store.all_calls):
            self._calls[call.call] = call
        self._timer = self._platform.clock.call_later(LOOK_EVERY_S, self._look)

    async def on_stop(self) -> None:
        """Look no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def know(self, call: pb.Call) -> None:
        """Be told of a committed change."""
        if call.state == pb.STATE_ENDED:
            self._calls.pop(call.call, None)
            self._away_since_s.pop((call.call, call.caller), None)
            self._away_since_s.pop((call.call, call.callee), None)
        else:
            self._calls[call.call] = call

    def _look(self) -> None:
        self._timer = self._platform.clock.call_later(LOOK_EVERY_S, self._look)
        now_ms = self._platform.clock.now_ms()
        for call in list(self._calls.values()):
            caller_away_ms = self._away_ms(call, call.caller, call.caller_device)
            callee_away_ms = self._away_ms(call, call.callee, call.callee_device)
            outcome = model.overdue(call, now_ms, caller_away_ms, callee_away_ms)
            if outcome != pb.OUTCOME_UNSPECIFIED:
                self._end(call.call, outcome)

    def _away_ms(self, call: pb.Call, user: str, device: str) -> int:
        key = (call.call, user)
        if not device or device in self._platform.sessions.devices(user):
            self._away_since_s.pop(key, None)
            return 0
        now_s = self._platform.clock.monotonic()
        return int((now_s - self._away_since_s.setdefault(key, now_s)) * 1000)
