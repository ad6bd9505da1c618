"""Addresses that failed too often are left alone for a while. The caller brings monotonic seconds."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

# So many failures among the last so many attempts.
FAILURES = 3
ATTEMPTS = 8
FIRST_BAN_S = 6 * 60.0
LONGEST_BAN_S = 30 * 60.0
# Addresses remembered; the one unused for longest is forgotten first.
ADDRESSES_MAX = 256


class _Record:
    __slots__ = ("ban_s", "outcomes", "until")

    def __init__(self) -> None:
        self.outcomes: deque[bool] = deque(maxlen=ATTEMPTS)
        self.until = 0.0
        self.ban_s = 0.0


class Bans(Generic[K]):
    """What is remembered of each address."""

    def __init__(self) -> None:
        self._records: OrderedDict[K, _Record] = OrderedDict()

    def succeeded(self, address: K) -> None:
        """The address led to the server: a ban that ran is over, the next begins short."""
        record = self._record(address)
        record.outcomes.append(True)
        record.until = record.ban_s = 0.0

    def failed(self, address: K, now: float) -> None:
        """The address did not lead to the server."""
        record = self._record(address)
        record.outcomes.append(False)
        if record.outcomes.count(False) >= FAILURES and now >= record.until:
            record.ban_s = min(record.ban_s * 2, LONGEST_BAN_S) if record.ban_s else FIRST_BAN_S
            record.until = now + record.ban_s

    def banned_until(self, address: K) -> float:
        """Return when the address may be tried again; 0 for one that never was banned."""
        record = self._records.get(address)
        return record.until if record is not None else 0.0

    def order(self, addresses: Iterable[K], now: float) -> list[K]:
        """Return the addresses to try, in their order without the banned ones.

        When all are banned there is nothing better: then all come, the one whose ban ends first at the head.
        """
        known = list(addresses)
        allowed = [address for address in known if self.banned_until(address) <= now]
        return allowed or sorted(known, key=self.banned_until)

    def forgive(self) -> None:
        """Forget everything: on another network other addresses work."""
        self._records.clear()

    def _record(self, address: K) -> _Record:
        record = self._records.setdefault(address, _Record())
        self._records.move_to_end(address)
        if len(self._records) > ADDRESSES_MAX:
            self._records.popitem(last=False)
        return record
