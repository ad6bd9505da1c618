"""When a message may be sent later. No I/O."""

from __future__ import annotations

from hutong.platform.errors import InvalidArgument

AHEAD_MS_MIN = 10 * 1000
AHEAD_MS_MAX = 365 * 24 * 3600 * 1000


def check_time(at_ms: int, now_ms: int) -> None:
    """Refuse what is not 10 s to a year from now. Raises `InvalidArgument`."""
    if not now_ms + AHEAD_MS_MIN <= at_ms <= now_ms + AHEAD_MS_MAX:
        raise InvalidArgument("Choose a time within a year from now.", reason="bad_time")
