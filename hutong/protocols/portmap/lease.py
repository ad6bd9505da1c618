"""How long a mapping lives, and when to renew it. Pure: the caller brings the time in monotonic seconds.

Source: RFC 6887 section 11.2.1, RFC 6886 section 3.3.
"""

from __future__ import annotations

from hutong.protocols.portmap.grant import Grant

# What a crash leaves behind is gone after that; what a router forgets in a restart is back in half of it.
LIFETIME_S = 600
# A router that gives a day or more is asked again sooner, else its restart would go unnoticed.
_TRUSTED_S_MAX = 3_600
# One that gives almost nothing is not asked all the time.
_RENEW_AFTER_S_MIN = 1.0
# UPnP's "for ever": until the router restarts, or the mapping is deleted.
FOR_EVER_S = 0


class Lease:
    """A grant from the moment it was given. `spread` is a random number from 0 to 1.

    The first renewal is due between a half and five eighths of the lifetime, so that the devices of a house
    do not all ask at once after a power cut; each further one after half of what is left.
    """

    def __init__(self, grant: Grant, now: float, spread: float) -> None:
        self.grant = grant
        lifetime_s = grant.lifetime_s
        if lifetime_s == FOR_EVER_S or lifetime_s > _TRUSTED_S_MAX:
            lifetime_s = _TRUSTED_S_MAX
        self._spread = spread
        self._ends = now + lifetime_s
        self._renew_at = now + max(_RENEW_AFTER_S_MIN, lifetime_s * (8 + 2 * spread) / 16)

    @property
    def renew_at(self) -> float:
        """When to ask again."""
        return min(self._renew_at, self._ends)

    def over(self, now: float) -> bool:
        """Whether the mapping cannot be relied on any more."""
        return now >= self._ends

    def missed(self, now: float) -> None:
        """A renewal had no answer."""
        wait_s = max(_RENEW_AFTER_S_MIN, (self._ends - now) * (8 + 2 * self._spread) / 16)
        self._renew_at = now + wait_s
