"""Opening a path when exactly one side's NAT is symmetric and the other lets in only whom it has sent to.

The symmetric side's port towards the other is not known to anybody. So it sends from many sockets, which
takes as many ports, and the other tries ports at random: as with birthdays, a few hundred tries meet.
"""

from __future__ import annotations

from collections.abc import Callable

# With 256 of the 64,512 ports taken, one try in 252 meets. More sockets would fill small routers' tables.
BIRTHDAY_SOCKETS = 256
# Quick enough for a person to wait for; slow enough that no router takes it for a scan.
GUESSES_PER_S = 200
# 1,000 tries miss with a chance of 1.9 %; half of all pairs meet within 175 (0.9 s).
GUESSES_MAX = 1_000
# The sockets send once each, to one address: 0.3 s for all of them, and once more for what was lost.
OPENINGS_PER_S = 800
OPENING_AGAIN_S = 1.5
# Ordinary probes had their chance by then: ten tries.
BIRTHDAY_AFTER_S = 0.6
BIRTHDAY_S = GUESSES_MAX / GUESSES_PER_S

_FIRST_PORT, _PORTS = 1024, 65536 - 1024


class Guesses:
    """Ports in random order, none twice, at most `GUESSES_MAX`."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._made: set[int] = set()

    @property
    def over(self) -> bool:
        """Whether there are no more."""
        return len(self._made) >= GUESSES_MAX

    def next(self) -> int:
        """Return the next port."""
        while True:
            # 32 bits: no port is likelier than another by more than 1 in 66,000.
            port = _FIRST_PORT + int.from_bytes(self._random(4)) % _PORTS
            if port not in self._made:
                self._made.add(port)
                return port

    def __contains__(self, port: int) -> bool:
        return port in self._made
