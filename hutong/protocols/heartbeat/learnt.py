"""How long a network keeps an idle connection alive: learnt from heartbeats, one network at a time.

The figures are those of Tencent's Mars, which carries WeChat's connections; for what ends idle connections
sooner, as proxies do after a minute, there are figures of our own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

SHORTEST_S = 210
LONGEST_S = 600
STEP_S = 60
# After what was found has held for a while, a smaller step asks whether more is possible now.
LATER_STEP_S = 20
LATER_AFTER_S = 7 * 86_400
# So many pings in a row have to be answered before the interval grows, and so many not before it shrinks.
SUCCESSES = 5
FAILURES = 2
# A link that ended so long after the last byte may have been ended for its silence.
CUT_QUIET_S = 20
CUT_MARGIN_S = 10
CUT_SHORTEST_S = 25


class Activity(Enum):
    """How much the person needs the connection at this moment."""

    FOREGROUND = "foreground"  # somebody looks at it
    BACKGROUND = "background"  # running, but not looked at
    INACTIVE = "inactive"  # not looked at for long; battery and data count more than speed


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is known about one network. `now_s` is Unix time in seconds, for it outlives the process."""

    interval_s: int = SHORTEST_S
    step_s: int = STEP_S
    successes: int = 0
    failures: int = 0
    stable_since_s: int = 0  # 0: still growing

    def succeeded(self, now_s: float) -> Learnt:
        """A ping after this interval of silence was answered."""
        if self.stable_since_s:
            if now_s - self.stable_since_s < LATER_AFTER_S or self.interval_s >= LONGEST_S:
                return self if self.failures == 0 else replace(self, failures=0)
            return _grown(replace(self, step_s=LATER_STEP_S), now_s)
        if self.successes + 1 < SUCCESSES:
            return replace(self, successes=self.successes + 1, failures=0)
        return _grown(self, now_s)

    def failed(self, now_s: float) -> Learnt:
        """A ping after this interval of silence was not answered, though the network was there."""
        if self.failures + 1 < FAILURES:
            return replace(self, successes=0, failures=self.failures + 1)
        shorter = max(self.interval_s - self.step_s, min(self.interval_s, SHORTEST_S))
        return replace(self, interval_s=shorter, successes=0, failures=0, stable_since_s=int(now_s))

    def cut(self, quiet_s: float, now_s: float) -> Learnt:
        """A link ended by itself after this silence, though the network was there."""
        if not CUT_QUIET_S <= quiet_s < self.interval_s:
            return self
        if self.failures + 1 < FAILURES:
            return replace(self, successes=0, failures=self.failures + 1)
        shorter = max(int(quiet_s) - CUT_MARGIN_S, CUT_SHORTEST_S)
        shorter = min(shorter, self.interval_s)
        return replace(self, interval_s=shorter, successes=0, failures=0, stable_since_s=int(now_s))


def _grown(known: Learnt, now_s: float) -> Learnt:
    longer = min(known.interval_s + known.step_s, LONGEST_S)
    since_s = int(now_s) if longer == LONGEST_S else 0
    return replace(known, interval_s=longer, successes=0, failures=0, stable_since_s=since_s)


def interval_s(learnt: Learnt, activity: Activity, limit_s: float) -> float:
    """Return how long to be silent before a ping; never longer than the server allows (`limit_s`)."""
    own = min(SHORTEST_S, learnt.interval_s) if activity is Activity.FOREGROUND else learnt.interval_s
    return min(own, limit_s)
