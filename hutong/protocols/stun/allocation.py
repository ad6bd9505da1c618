"""Allocations with their permissions and channels, and the table that holds them.

Source: RFC 8656 sections 6 (allocations), 9 (permissions) and 12 (channels).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hutong.protocols.stun.address import Address, Family, FiveTuple
from hutong.protocols.stun.authentication import Credentials
from hutong.protocols.stun.bandwidth import UserBudget
from hutong.protocols.stun.message import Message

PERMISSION_LIFETIME_S = 300
CHANNEL_LIFETIME_S = 600


@dataclass(slots=True, eq=False)
class Channel:
    """A channel binding; it stands until `expires_at`, which binding it again moves."""

    number: int
    peer: Address
    expires_at: float


@dataclass(slots=True, eq=False)
class Allocation:
    """The relayed address of one client, or two of different families.

    `opening` are the families whose socket the shell still opens, `relayed` the addresses it has
    opened, `failed` the error code of a family the client asked for in addition and did not get.
    `answer`, empty until nothing is opening, is kept for the Allocate request being sent again.
    """

    allocation_id: int
    five_tuple: FiveTuple
    credentials: Credentials
    request: Message
    budget: UserBudget
    lifetime_s: int
    expires_at: float
    opening: set[Family]
    relayed: dict[Family, Address] = field(default_factory=dict)
    failed: dict[Family, int] = field(default_factory=dict)
    token: bytes = b""
    answer: bytes = b""
    _permissions: dict[str, float] = field(default_factory=dict)
    _channels: dict[int, Channel] = field(default_factory=dict)
    _channels_by_peer: dict[Address, Channel] = field(default_factory=dict)

    def permits(self, host: str, now: float) -> bool:
        """Tell whether there is a live permission for that host; ports do not count."""
        return self._permissions.get(host, now) > now

    def channel(self, number: int, now: float) -> Channel | None:
        """Return the live channel of that number."""
        channel = self._channels.get(number)
        return channel if channel is not None and channel.expires_at > now else None

    def channel_to(self, peer: Address, now: float) -> Channel | None:
        """Return the live channel to that peer."""
        channel = self._channels_by_peer.get(peer)
        return channel if channel is not None and channel.expires_at > now else None

    def permit(self, hosts: set[str], now: float, *, permissions_max: int) -> bool:
        """Install or refresh permissions, all or none; False when they would be too many."""
        if len(self._permissions.keys() | hosts) > permissions_max:
            for host in [host for host, at in self._permissions.items() if at <= now]:
                del self._permissions[host]
            if len(self._permissions.keys() | hosts) > permissions_max:
                return False
        self._permissions.update(dict.fromkeys(hosts, now + PERMISSION_LIFETIME_S))
        return True

    def pop_expired_channels(self, now: float) -> list[Channel]:
        """Forget the channels that have expired, and return them."""
        expired = [channel for channel in self._channels.values() if channel.expires_at <= now]
        for channel in expired:
            del self._channels[channel.number]
            del self._channels_by_peer[channel.peer]
        return expired

    def has_room_for_channel(self, number: int, *, channels_max: int) -> bool:
        """Tell whether that channel may be bound; expired ones have been forgotten."""
        return number in self._channels or len(self._channels) < channels_max

    def bind(self, number: int, peer: Address, now: float) -> Channel | None:
        """Bind a channel, or move the end of one that stands; return it when it is new.

        The caller has made sure of room, and that no live channel has only one of the two.
        """
        expires_at = now + CHANNEL_LIFETIME_S
        standing = self._channels.get(number)
        if standing is not None:
            standing.expires_at = expires_at
            return None
        channel = Channel(number, peer, expires_at)
        self._channels[number] = channel
        self._channels_by_peer[peer] = channel
        return channel

    def drop_family(self, family: Family) -> list[Channel]:
        """Give up the relayed address of a family; return the channels that end with it."""
        del self.relayed[family]
        ended = [channel for channel in self._channels.values() if channel.peer.family is family]
        for channel in ended:
            del self._channels[channel.number]
            del self._channels_by_peer[channel.peer]
        return ended


class AllocationTable:
    """All allocations, by five-tuple and by id, with a count for each user."""

    def __init__(self) -> None:
        self._by_five_tuple: dict[FiveTuple, Allocation] = {}
        self._by_id: dict[int, Allocation] = {}
        self._by_relayed: dict[Address, Allocation] = {}
        self._per_user: Counter[bytes] = Counter()
        self._last_id = 0
        # Never later than the first expiry, and sometimes earlier: an allocation that was
        # refreshed or deleted leaves it as it is until the next `expired`.
        self._deadline: float | None = None

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def deadline(self) -> float | None:
        """When to look at the table again."""
        return self._deadline

    def count_of(self, user: bytes) -> int:
        """Return how many allocations a user has."""
        return self._per_user[user]

    def at(self, five_tuple: FiveTuple) -> Allocation | None:
        """Return the allocation of a five-tuple."""
        return self._by_five_tuple.get(five_tuple)

    def by_id(self, allocation_id: int) -> Allocation | None:
        """Return an allocation by its id."""
        return self._by_id.get(allocation_id)

    def at_relayed(self, relayed: Address) -> Allocation | None:
        """Return the allocation that has this relayed address."""
        return self._by_relayed.get(relayed)

    def next_id(self) -> int:
        """Return an id that was never used before."""
        self._last_id += 1
        return self._last_id

    def add(self, allocation: Allocation) -> None:
        """Take in an allocation whose five-tuple has none."""
        assert allocation.five_tuple not in self._by_five_tuple
        self._by_five_tuple[allocation.five_tuple] = allocation
        self._by_id[allocation.allocation_id] = allocation
        self._per_user[allocation.credentials.user] += 1
        self.note_expiry(allocation)

    def set_relayed(self, allocation: Allocation, relayed: Address) -> None:
        """Give an allocation a relayed address."""
        allocation.opening.discard(relayed.family)
        allocation.relayed[relayed.family] = relayed
        self._by_relayed[relayed] = allocation

    def drop_family(self, allocation: Allocation, family: Family) -> list[Channel]:
        """Take a relayed address away from an allocation; return the channels that end with it."""
        self._by_relayed.pop(allocation.relayed[family], None)
        return allocation.drop_family(family)

    def note_expiry(self, allocation: Allocation) -> None:
        """Take notice of an allocation's changed `expires_at`."""
        if self._deadline is None or allocation.expires_at < self._deadline:
            self._deadline = allocation.expires_at

    def remove(self, allocation: Allocation) -> None:
        """Forget an allocation."""
        del self._by_five_tuple[allocation.five_tuple]
        del self._by_id[allocation.allocation_id]
        for relayed in allocation.relayed.values():
            self._by_relayed.pop(relayed, None)
        user = allocation.credentials.user
        self._per_user[user] -= 1
        if not self._per_user[user]:
            del self._per_user[user]

    def pop_expired(self, now: float) -> Iterator[Allocation]:
        """Remove and yield what has expired, then know the exact next deadline."""
        for allocation in [each for each in self._by_id.values() if each.expires_at <= now]:
            self.remove(allocation)
            yield allocation
        self._deadline = min((each.expires_at for each in self._by_id.values()), default=None)
