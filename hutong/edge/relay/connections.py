"""The TCP and TLS connections of clients, and how many there may be."""

import asyncio
from collections import Counter
from collections.abc import Callable

from hutong.edge.relay.meter import RelayMeter
from hutong.edge.relay.stream import StreamConnection
from hutong.protocols.stun import FiveTuple

# Connections in all, and from one address; a further one is closed at once.
CONNECTIONS_MAX = 4096
CONNECTIONS_PER_HOST_MAX = 256
# A connection without an allocation is closed after this long.
CONNECTION_IDLE_S_MAX = 60.0
_CLOSE_TURNS_MAX = 100


class Connections:
    """Every client that came over a stream.

    `received` takes a frame, `lost` the end of a connection, `serves` tells whether one has an
    allocation.
    """

    def __init__(
        self,
        meter: RelayMeter,
        *,
        received: Callable[[bytes, FiveTuple], None],
        lost: Callable[[FiveTuple], None],
        serves: Callable[[FiveTuple], bool],
    ) -> None:
        self._meter = meter
        self._received = received
        self._lost = lost
        self._serves = serves
        self._open: dict[FiveTuple, StreamConnection] = {}
        self._per_host: Counter[str] = Counter()
        self._closing = False

    def __len__(self) -> int:
        return len(self._open)

    def make(self) -> StreamConnection:
        """Return the protocol of a new connection."""
        return StreamConnection(self, CONNECTION_IDLE_S_MAX)

    def get(self, five_tuple: FiveTuple) -> StreamConnection | None:
        """Return the connection of a client."""
        return self._open.get(five_tuple)

    def admit(self, connection: StreamConnection) -> bool:
        """Take a connection in, unless there are too many."""
        host = connection.five_tuple.client.host
        if (
            self._closing
            or len(self._open) >= CONNECTIONS_MAX
            or self._per_host[host] >= CONNECTIONS_PER_HOST_MAX
        ):
            self._meter.dropped("too_many_connections")
            return False
        self._open[connection.five_tuple] = connection
        self._per_host[host] += 1
        return True

    def receive(self, data: bytes, five_tuple: FiveTuple) -> None:
        """Take one frame."""
        self._received(data, five_tuple)

    def forget(self, connection: StreamConnection) -> None:
        """End what belonged to a connection that is closed."""
        host = connection.five_tuple.client.host
        del self._open[connection.five_tuple]
        self._per_host[host] -= 1
        if not self._per_host[host]:
            del self._per_host[host]
        self._lost(connection.five_tuple)

    def is_idle(self, five_tuple: FiveTuple) -> bool:
        """Tell whether a client has no allocation."""
        return not self._serves(five_tuple)

    async def close(self) -> None:
        """Close all of them, and take no more; idempotent."""
        self._closing = True
        for connection in list(self._open.values()):
            connection.close()
        # Aborted connections report their end in one of the loop's next turns.
        for _ in range(_CLOSE_TURNS_MAX):
            if not self._open:
                break
            await asyncio.sleep(0)
