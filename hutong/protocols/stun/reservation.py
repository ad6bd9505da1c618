"""Ports kept for the second half of a pair, as RTP and RTCP want them.

Source: RFC 8656 section 7.2 (EVEN-PORT with the R bit, RESERVATION-TOKEN).
"""

from typing import NamedTuple

from hutong.protocols.stun.address import Family

# RFC 8656 section 7.2: at least 30 seconds.
RESERVATION_LIFETIME_S = 30


class _Reservation(NamedTuple):
    user: bytes
    family: Family
    expires_at: float


class Reservations:
    """The tokens of the ports the shell keeps; at most `reservations_max`."""

    def __init__(self, reservations_max: int) -> None:
        self._max = reservations_max
        self._kept: dict[bytes, _Reservation] = {}

    @property
    def deadline(self) -> float | None:
        """When the next one ends; they end in the order they were made."""
        return next((kept.expires_at for kept in self._kept.values()), None)

    def has_room(self, promised: int) -> bool:
        """Tell whether one more may be made, beside those `promised` that are not made yet."""
        return len(self._kept) + promised < self._max

    def keep(self, token: bytes, user: bytes, family: Family, now: float) -> None:
        """Take notice of a port the shell keeps for a user."""
        self._kept[token] = _Reservation(user, family, now + RESERVATION_LIFETIME_S)

    def family_of(self, token: bytes, user: bytes, now: float) -> Family | None:
        """Return the family of a port that is kept for this user, or None."""
        kept = self._kept.get(token)
        return kept.family if kept is not None and kept.user == user and kept.expires_at > now else None

    def take(self, token: bytes) -> None:
        """Forget a token: its port is being used."""
        del self._kept[token]

    def pop_expired(self, now: float) -> list[bytes]:
        """Forget and return the tokens nobody came for."""
        expired = [token for token, kept in self._kept.items() if kept.expires_at <= now]
        for token in expired:
            del self._kept[token]
        return expired
