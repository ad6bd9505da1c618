"""What leaves in which order (SEAL12, SEAL13): control and messages at once, bulk while there is room."""

from __future__ import annotations

from collections import deque

from hutong.protocols.sealed import wire
from hutong.protocols.sealed.record import Sealer


class Outbox:
    """Cuts messages into records. Bulk is sealed as late as it can be, so that a text overtakes it.

    It has no bound of its own: its owner counts `waiting_bytes` (CONN18).
    """

    __slots__ = ("_bulk", "_sealer", "_start", "waiting_bytes")

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._bulk: deque[bytes] | None = None
        self._start = 0  # of what is left of the first bulk message
        self.waiting_bytes = 0

    def put(self, message: bytes, klass: int) -> list[bytes]:
        """Return the records to hand to the carrier now; none for bulk, which `take_bulk` returns.

        Raises `ValueError` above `MESSAGE_BYTES_MAX`.
        """
        if klass != wire.BULK:
            if len(message) <= wire.FRAGMENT_BYTES_MAX:
                return [self._sealer.seal(message, klass)]
            return self._sealer.seal_all(message, klass)
        if len(message) > wire.MESSAGE_BYTES_MAX:
            raise ValueError("A message is at most 1 MiB.")
        if self._bulk is None:
            self._bulk = deque()
        self._bulk.append(message)
        self.waiting_bytes += len(message)
        return []

    def take_bulk(self, carrier_waiting_bytes: int) -> bytes | None:
        """Return the next bulk record if there is one and the carrier has room for it."""
        if not self._bulk or carrier_waiting_bytes >= wire.LOW_WATER_BYTES:
            return None
        message, start = self._bulk[0], self._start
        record = self._sealer.seal_part(message, start, wire.BULK)
        end = start + wire.FRAGMENT_BYTES_MAX
        if end >= len(message):
            self._bulk.popleft()
            self._start = 0
            self.waiting_bytes -= len(message) - start
        else:
            self._start = end
            self.waiting_bytes -= wire.FRAGMENT_BYTES_MAX
        return record
