"""How long to wait before trying again (CONN14)."""

from __future__ import annotations

_FIRST_S = 0.5
_LONGEST_S = 30.0


def backoff_s(attempt: int, chance: float) -> float:
    """Return the seconds before retry number `attempt` (0 is the first); `chance` is in [0, 1)."""
    return float(min(_FIRST_S * 2 ** min(attempt, 16), _LONGEST_S) * (1 - chance / 2))
