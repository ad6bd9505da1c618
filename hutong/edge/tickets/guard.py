"""When early data may be taken: it can be sent again by whoever saw it, so any doubt means no."""

from __future__ import annotations

from hutong.platform.clock import Clock

# How far a ticket's age may be from what the client claims: its way here, and how fast its clock runs.
WINDOW_S = 10.0
# A wall clock that moves this much against the monotonic one was set, or the machine slept.
JUMP_S = 1.0
# How long a store that failed is left alone.
SICK_S = 5.0


class EarlyDataGuard:
    """Refuses early data after a start, after a clock that jumped, and while the ticket store is sick."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Whatever this process, or the one before it, took and has forgotten is too old afterwards.
        self._not_before = clock.monotonic() + 2 * WINDOW_S
        self._sick_until = 0.0
        self._offset = self._wall_s() - clock.monotonic()

    def store_failed(self) -> None:
        """Be told that the ticket store raised, or was slow."""
        self._sick_until = self._clock.monotonic() + SICK_S

    @property
    def store_is_sick(self) -> bool:
        """Whether the store failed a moment ago: it is not asked."""
        return self._clock.monotonic() < self._sick_until

    def allows(self, issued_ms: int, claimed_age_ms: int) -> bool:
        """Tell whether early data under a ticket may be taken now.

        `issued_ms` is the Unix time at which this ticket was issued, `claimed_age_ms` what the client says
        has passed since.
        """
        now = self._clock.monotonic()
        offset = self._wall_s() - now
        # Against the last look, not the first: being slewed for days is no jump.
        if abs(offset - self._offset) > JUMP_S:
            self._not_before = max(self._not_before, now + 2 * WINDOW_S)
        self._offset = offset
        if now < self._not_before or self.store_is_sick:
            return False
        age_ms = self._clock.now_ms() - issued_ms
        return age_ms >= 0 and abs(age_ms - claimed_age_ms) <= WINDOW_S * 1000

    def _wall_s(self) -> float:
        return self._clock.now_ms() / 1000
