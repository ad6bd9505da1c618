"""Stops a client that repeats itself for ever, before it becomes one of a million (Mars: anti-avalanche).

Only what is sent *again* is counted: a program that asks the same thing often has its reasons, a retry that
never ends has none. The caller brings monotonic seconds.
"""

from __future__ import annotations

from collections import OrderedDict

REPEATS_MAX = 105
WINDOW_S = 3600.0
# Bodies remembered; the one repeated longest ago is forgotten first, and a storm is never the oldest.
BODIES_MAX = 512


class Avalanche:
    """Counts repetitions by body."""

    def __init__(self) -> None:
        # By digest: when the window began, and how often since.
        self._counts: OrderedDict[bytes, tuple[float, int]] = OrderedDict()

    def allows(self, digest: bytes, now: float) -> bool:
        """Count one repetition of a body, named by its digest; False when it was one too many."""
        began, count = self._counts.pop(digest, (now, 0))
        if now - began >= WINDOW_S:
            began, count = now, 0
        allowed = count < REPEATS_MAX
        self._counts[digest] = (began, count + 1 if allowed else count)
        if len(self._counts) > BODIES_MAX:
            self._counts.popitem(last=False)
        return allowed
