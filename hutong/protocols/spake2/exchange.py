"""One side of one exchange. Randomness comes in as an argument; each instance is for one run."""

from __future__ import annotations

import hmac
from enum import Enum

from hutong.protocols.spake2.errors import Spake2Error
from hutong.protocols.spake2.group import Group
from hutong.protocols.spake2.schedule import Keys, derive, transcript

# Enough that what is left of the order does not show (RFC 9382, section 3.3).
RANDOM_BYTES = 64


class Role(Enum):
    """A speaks first."""

    A = "a"
    B = "b"


class Exchange:
    """`share` goes to the other side, `finish` takes theirs, `verify` their confirmation.

    `secret` is `w`: what the password was hashed to. `random` are 64 bytes nobody else knows.
    """

    def __init__(
        self,
        group: Group,
        role: Role,
        secret: int,
        random: bytes,
        *,
        names: tuple[bytes, bytes],
        associated: bytes = b"",
    ) -> None:
        if len(random) < RANDOM_BYTES:
            raise ValueError("An exchange needs 64 random bytes.")
        self._group = group
        self._role = role
        self._secret = secret % group.order
        self._scalar = int.from_bytes(random, "big") % group.order
        self._names = names
        self._associated = associated
        self._keys: Keys | None = None
        ours = group.m if role is Role.A else group.n
        self.share = group.add(group.base(self._scalar), group.blind(ours, self._secret))

    def finish(self, share: bytes) -> None:
        """Take the other side's share. Raises `Spake2Error`; a second one is refused."""
        if self._keys is not None:
            raise Spake2Error("This exchange is over.")
        group = self._group
        group.check(share)
        theirs = group.n if self._role is Role.A else group.m
        point = group.multiply(group.subtract(share, group.blind(theirs, self._secret)), self._scalar)
        shares = (self.share, share) if self._role is Role.A else (share, self.share)
        secret = self._secret.to_bytes((group.order.bit_length() + 7) // 8, "big")
        self._keys = derive(transcript(*self._names, *shares, point, secret), self._associated)

    @property
    def confirmation(self) -> bytes:
        """What shows the other side that we know the secret."""
        keys = self._finished()
        return keys.confirmation_a if self._role is Role.A else keys.confirmation_b

    def verify(self, confirmation: bytes) -> bytes:
        """Return the shared key, 16 bytes, if the other side knows the secret. Raises `Spake2Error`."""
        keys = self._finished()
        theirs = keys.confirmation_b if self._role is Role.A else keys.confirmation_a
        if not hmac.compare_digest(theirs, confirmation):
            raise Spake2Error("The other side does not know the secret.")
        return keys.shared

    def _finished(self) -> Keys:
        if self._keys is None:
            raise Spake2Error("This exchange has not begun.")
        return self._keys
