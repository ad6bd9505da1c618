"""Rate limits at the doors that guess or cost: token buckets by name and key."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from hutong.platform.clock import Clock
from hutong.platform.errors import ResourceExhausted

# Beyond this many keys the least recently used are forgotten: an attacker with that many addresses is
# stopped elsewhere, and memory stays bounded.
_BUCKETS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then one more every `every_s` seconds."""

    name: str
    burst: int
    every_s: float


@lru_cache(1024)
def network_of(address: str) -> str:
    """Return whom an address is counted with: itself, or its /64 where one customer has that many."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))


class Limits:
    """All buckets of this process."""

    def __init__(self, clock: Clock, factor: int = 1) -> None:
        self._clock = clock
        self._factor = factor
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def spend(self, rate: Rate, key: str) -> None:
        """Take one token. Raises `ResourceExhausted` with the waiting time when there is none."""
        now = self._clock.monotonic()
        burst, every_s = rate.burst * self._factor, rate.every_s / self._factor
        buckets, bucket = self._buckets, (rate.name, key)
        known = buckets.get(bucket)
        if known is None:
            tokens = float(burst)
            if len(buckets) >= _BUCKETS_MAX:
                buckets.popitem(last=False)
        else:
            buckets.move_to_end(bucket)
            tokens = min(burst, known[0] + (now - known[1]) / every_s)
        allowed = tokens >= 1
        buckets[bucket] = (tokens - 1 if allowed else tokens, now)
        if not allowed:
            wait_ms = int((1 - tokens) * every_s * 1000) + 1
            raise ResourceExhausted(
                f"Too many attempts. Please wait {max(1, round(wait_ms / 1000))} s.",
                reason="rate_limited",
                retry_after_ms=wait_ms,
            )

    def forgive(self, rate: Rate, key: str) -> None:
        """Fill the bucket again: after a success that shows nobody was guessing."""
        self._buckets.pop((rate.name, key), None)
