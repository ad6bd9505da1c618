"""How much more than it was sent the server may answer to a source that may be forged.

A STUN answer is larger than the smallest request: 12 bytes for a Binding, about 40 for the challenge of
a 401. Whoever pads its request never uses this up.
"""

from hutong.protocols.stun.address import packed_host

# A network has this much of an IPv6 address to itself: its hosts share one allowance.
_IPV6_NETWORK_BYTES = 8


class ExcessAllowance:
    """Allows each source `burst_bytes` at once and `bytes_per_s` a second after that.

    At most `sources_max` sources are remembered; the one not heard of for longest is forgotten
    first, which is as if its allowance had filled up again.
    """

    def __init__(self, *, burst_bytes: int, bytes_per_s: float, sources_max: int) -> None:
        assert sources_max >= 1
        self._burst_bytes = burst_bytes
        self._bytes_per_s = bytes_per_s
        self._sources_max = sources_max
        self._left: dict[bytes, tuple[float, float]] = {}

    def take(self, host: str, excess_bytes: int, now: float) -> bool:
        """Use up some of that host's allowance; False, and nothing is used, when there is too little."""
        if excess_bytes <= 0:
            return True
        source = packed_host(host)[:_IPV6_NETWORK_BYTES]
        left, at = self._left.pop(source, (float(self._burst_bytes), now))
        left = min(self._burst_bytes, left + (now - at) * self._bytes_per_s)
        allowed = left >= excess_bytes
        self._left[source] = (left - excess_bytes if allowed else left, now)
        if len(self._left) > self._sources_max:
            del self._left[next(iter(self._left))]
        return allowed
