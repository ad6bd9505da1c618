"""How fast a sender may be."""

from __future__ import annotations

# What may go at once after a pause.
_BURST_S = 0.25


class RateLimit:
    """So many bytes a second; `None` is no limit. Time comes from the caller, in seconds."""

    def __init__(self, bytes_per_s: float | None) -> None:
        assert bytes_per_s is None or bytes_per_s > 0
        self._bytes_per_s = bytes_per_s
        self._owed_until = 0.0

    def wait_s(self, now: float) -> float:
        """Return how long to wait before the next piece."""
        return max(0.0, self._owed_until - now)

    def spend(self, size_bytes: int, now: float) -> None:
        """Count a piece that goes now. One that is larger than what is left is paid off afterwards."""
        if self._bytes_per_s is not None:
            start = max(self._owed_until, now - _BURST_S)
            self._owed_until = start + size_bytes / self._bytes_per_s
