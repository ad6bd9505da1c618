"""Who may begin a handshake: a bound on half-open connections, and on handshakes of one network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from hutong.platform.errors import ResourceExhausted
from hutong.platform.limits import Limits, Rate, network_of

HALF_OPEN_MAX = 2_000
# A school comes back at once after a restart, behind one address.
HANDSHAKES = Rate("link_handshakes", burst=500, every_s=0.05)


class Admission:
    """Counts the connections that have said nothing of worth yet."""

    def __init__(self, limits: Limits, *, half_open_max: int = HALF_OPEN_MAX) -> None:
        self._limits = limits
        self._half_open_max = half_open_max
        self._half_open: OrderedDict[object, Callable[[], object]] = OrderedDict()

    @property
    def half_open(self) -> int:
        """How many are on their way in."""
        return len(self._half_open)

    def enter(self, connection: object, address: str, drop: Callable[[], object]) -> bool:
        """Count a new connection; False when its network had too many.

        When too many are half open the oldest is dropped, by its `drop`: an honest one is quicker than that.
        """
        try:
            self._limits.spend(HANDSHAKES, network_of(address))
        except ResourceExhausted:
            return False
        self._half_open[connection] = drop
        if len(self._half_open) > self._half_open_max:
            _, drop_oldest = self._half_open.popitem(last=False)
            drop_oldest()
        return True

    def leave(self, connection: object) -> None:
        """Be told that a connection is through its handshake, or gone."""
        self._half_open.pop(connection, None)
