"""A token bucket for each source address: what keeps the server from being a reflector."""

from hutong.protocols.stun.address import packed_host

# A network has this much of an IPv6 address to itself: its hosts share one bucket.
_IPV6_NETWORK_BYTES = 8


class SourceRateLimiter:
    """Allows each source `burst` answers at once and `per_s` a second after that.

    At most `sources_max` sources are remembered; the one not heard of for longest is forgotten
    first, which is as if its bucket had filled up again.
    """

    def __init__(self, *, burst: int, per_s: float, sources_max: int) -> None:
        assert burst >= 1
        assert sources_max >= 1
        self._burst = burst
        self._per_s = per_s
        self._sources_max = sources_max
        self._buckets: dict[bytes, tuple[float, float]] = {}

    def allow(self, host: str, now: float) -> bool:
        """Take one token of that host's bucket; False when it is empty."""
        source = packed_host(host)[:_IPV6_NETWORK_BYTES]
        tokens, at = self._buckets.pop(source, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._per_s)
        allowed = tokens >= 1
        self._buckets[source] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > self._sources_max:
            del self._buckets[next(iter(self._buckets))]
        return allowed
