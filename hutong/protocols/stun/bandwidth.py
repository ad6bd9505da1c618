"""How much a user, and everyone together, may send through the relay."""

from collections.abc import Callable

# Budgets of users without an allocation are kept, or a new allocation would come with a new second's
# worth; when there are more than this, those that have filled up again go.
_IDLE_BUDGETS_MAX = 1024


class Budget:
    """A token bucket: one second's worth at once, `bytes_per_s` after that.

    `left_bytes` may pass, as of the last `refill`.
    """

    __slots__ = ("_bytes_per_s", "left_bytes", "refilled_at")

    def __init__(self, bytes_per_s: int, now: float) -> None:
        self._bytes_per_s = bytes_per_s
        self.left_bytes = float(bytes_per_s)
        self.refilled_at = now

    def refill(self, now: float) -> float:
        """Add what the time since the last refill is worth; return how many bytes may pass."""
        if now > self.refilled_at:
            worth = (now - self.refilled_at) * self._bytes_per_s
            self.left_bytes = min(self._bytes_per_s, self.left_bytes + worth)
            self.refilled_at = now
        return self.left_bytes

    def is_full(self, now: float) -> bool:
        """Tell whether nothing was used lately."""
        return self.refill(now) >= self._bytes_per_s


class UserBudget:
    """A user's bytes, which are everyone's bytes too."""

    __slots__ = ("_everyone", "own")

    def __init__(self, own: Budget, everyone: Budget) -> None:
        self.own = own
        self._everyone = everyone

    def take(self, size_bytes: int, now: float) -> bool:
        """Count bytes that are to pass; False, and nothing is counted, when they may not.

        Called for every relayed packet: it refills only when time has passed since the last one.
        """
        own, everyone = self.own, self._everyone
        if now > own.refilled_at:
            own.refill(now)
        if now > everyone.refilled_at:
            everyone.refill(now)
        if own.left_bytes < size_bytes or everyone.left_bytes < size_bytes:
            return False
        own.left_bytes -= size_bytes
        everyone.left_bytes -= size_bytes
        return True


class Bandwidth:
    """The budgets of all users. One that is spent has room for less than a packet."""

    _PACKET_BYTES = 1500

    def __init__(
        self, *, user_bytes_per_s: int, bytes_per_s: int, has_allocation: Callable[[bytes], bool]
    ) -> None:
        self._user_bytes_per_s = user_bytes_per_s
        self._has_allocation = has_allocation
        self._everyone = Budget(bytes_per_s, 0.0)
        self._users: dict[bytes, UserBudget] = {}

    def of(self, user: bytes, now: float) -> UserBudget:
        """Return a user's budget, the same one for all of the user's allocations."""
        budget = self._users.get(user)
        if budget is None:
            self._forget_idle(now)
            budget = self._users[user] = UserBudget(Budget(self._user_bytes_per_s, now), self._everyone)
        return budget

    def is_spent(self, now: float) -> bool:
        """Tell whether everyone together has used up what there is."""
        return self._everyone.refill(now) < self._PACKET_BYTES

    def is_spent_by(self, user: bytes, now: float) -> bool:
        """Tell whether a user has used up the user's own."""
        budget = self._users.get(user)
        return budget is not None and budget.own.refill(now) < self._PACKET_BYTES

    def _forget_idle(self, now: float) -> None:
        if len(self._users) < _IDLE_BUDGETS_MAX:
            return
        idle = [user for user in self._users if not self._has_allocation(user)]
        if len(idle) < _IDLE_BUDGETS_MAX:
            return
        full = [user for user in idle if self._users[user].own.is_full(now)]
        # A budget that is not full is full in a second: should all be used, the oldest is forgotten.
        for user in full or idle[:1]:
            del self._users[user]
