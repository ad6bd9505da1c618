"""Which sequence numbers have been seen (SEAL9)."""

from __future__ import annotations

WINDOW = 1024
_HALF = 1 << 15


class Window:
    """Remembers, of the numbers below the highest, those that are still missing."""

    __slots__ = ("_missing", "following")

    def __init__(self) -> None:
        self.following = 0  # the highest seen, and one
        self._missing: set[int] | None = None

    def restore(self, short: int) -> int | None:
        """Return the whole number of one that was sent modulo 2^16; None for one to be dropped."""
        highest = self.following - 1
        sequence = highest + ((short - highest + _HALF) & 0xFFFF) - _HALF
        if sequence > highest:
            return sequence
        if self.is_past(sequence) or self._missing is None or sequence not in self._missing:
            return None
        return sequence

    def is_past(self, sequence: int) -> bool:
        """Tell whether a number is too far behind the highest to be taken."""
        return sequence < self.following - 1 - WINDOW

    def mark(self, sequence: int) -> None:
        """Note a restored number as seen. At most `WINDOW` missing ones are kept."""
        missing = self._missing
        if sequence < self.following:
            assert missing is not None
            missing.discard(sequence)
            if not missing:
                self._missing = None
            return
        if missing is None:
            missing = self._missing = set()
        missing.update(range(max(self.following, sequence - WINDOW), sequence))
        self.following = sequence + 1
        if len(missing) > WINDOW:
            self._missing = {each for each in missing if not self.is_past(each)}
