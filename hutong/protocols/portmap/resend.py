"""When a question over UDP is asked again. Pure: the caller brings the time in monotonic seconds.

Source: RFC 6886 section 3.1 (250 ms, doubled each time). RFC 6887 section 8.1.1 begins with 3 s, which is
for servers behind a wide network; the router is one hop away.
"""

from __future__ import annotations

FIRST_AFTER_S = 0.25


class Resend:
    """The moments to send at, until `give_up_s` after the beginning."""

    def __init__(self, now: float, give_up_s: float) -> None:
        self._gap_s = FIRST_AFTER_S
        self._due = now
        self._ends = now + give_up_s

    def over(self, now: float) -> bool:
        """Whether there is no use in waiting any longer."""
        return now >= self._ends

    def take(self, now: float) -> bool:
        """Whether to send now; the next moment is then twice as far away."""
        if now < self._due or self.over(now):
            return False
        self._due = now + self._gap_s
        self._gap_s *= 2
        return True

    @property
    def deadline(self) -> float:
        """When to look again."""
        return min(self._due, self._ends)
