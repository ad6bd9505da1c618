"""Two ends of the core in a network that is simulated: routers, time and luck are held still."""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass, field

from hutong.protocols.punch import Candidate, Kind, PrivateKey, Puncher
from hutong.protocols.stun import Address, Family

ONE_WAY_S = 0.02


@dataclass
class Router:
    """Port-restricted, or symmetric: it lets in only what comes from where something was sent to."""

    address: str
    dice: random.Random
    symmetric: bool = False
    mapped: dict[tuple[object, ...], int] = field(default_factory=dict)
    inside: dict[int, Address] = field(default_factory=dict)
    allowed: set[tuple[int, Address]] = field(default_factory=set)

    def leave(self, local: Address, to: Address) -> Address:
        flow = (local, to) if self.symmetric else (local,)
        if flow not in self.mapped:
            port = self.dice.randrange(1024, 65536)
            self.mapped[flow] = port
            self.inside[port] = local
        port = self.mapped[flow]
        self.allowed.add((port, to))
        return Address(self.address, port)

    def enter(self, to: Address, source: Address) -> Address | None:
        return self.inside[to.port] if (to.port, source) in self.allowed else None


class End:
    """A device: its sockets, its router, and the core."""

    def __init__(self, world: World, host: str, router: Router, *, offerer: bool, key: PrivateKey) -> None:
        self.world = world
        self.host = host
        self.router = router
        self.key = key
        self.offerer = offerer
        self.sockets = {0: Address(host, 40_000)}
        self.sent: list[tuple[float, int, Address]] = []
        self.core: Puncher

    def begin(self, theirs: bytes) -> None:
        self.core = Puncher(
            self.key.agree(theirs, offerer=self.offerer),
            offerer=self.offerer,
            symmetric=self.router.symmetric,
            random=self.world.dice_bytes,
            now=self.world.now,
        )
        self.core.add_socket(0, Family.IPV4)

    @property
    def candidates(self) -> list[Candidate]:
        server = Address("198.51.100.9", 3478)
        seen = self.router.leave(self.sockets[0], server)
        return [Candidate(Kind.HOST, self.sockets[0]), Candidate(Kind.REFLEXIVE, seen)]

    def work(self) -> None:
        if wanted := self.core.wants_sockets(self.world.now):
            numbers = range(1, 1 + wanted)
            self.sockets |= {number: Address(self.host, 41_000 + number) for number in numbers}
            self.core.add_many(numbers)
        for socket, address, data in self.core.poll(self.world.now):
            self.send(socket, address, data)

    def send(self, socket: int, address: Address, data: bytes) -> None:
        self.sent.append((self.world.now, socket, address))
        self.world.carry(self, self.sockets[socket], address, data)

    def take(self, at: Address, source: Address, data: bytes) -> None:
        socket = next(number for number, address in self.sockets.items() if address == at)
        for answer in self.core.receive(socket, source, data, self.world.now):
            assert len(answer.data) <= len(data)
            self.send(*answer)


class World:
    """Two ends. `one_network`: behind the same router, where host addresses work."""

    def __init__(
        self,
        *,
        symmetric: tuple[bool, bool] = (False, False),
        one_network: bool = False,
        loss: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.dice = random.Random(seed)
        self.now = 100.0
        self.loss = loss
        self.one_network = one_network
        self._order = itertools.count()
        self._flying: list[tuple[float, int, End, Address, Address, bytes]] = []
        routers = [Router(f"203.0.113.{number}", self.dice, kind) for number, kind in enumerate(symmetric, 1)]
        if one_network:
            routers[1] = routers[0]
        keys = [PrivateKey(self.dice_bytes), PrivateKey(self.dice_bytes)]
        self.ends = [
            End(self, f"10.0.0.{number}", routers[number], offerer=number == 0, key=keys[number])
            for number in (0, 1)
        ]
        for end, other in (self.ends, self.ends[::-1]):
            end.begin(other.key.public)
        for end, other in (self.ends, self.ends[::-1]):
            end.core.hear(other.candidates, symmetric=other.router.symmetric, now=self.now)

    def dice_bytes(self, size: int) -> bytes:
        return self.dice.randbytes(size)

    def carry(self, sender: End, local: Address, to: Address, data: bytes) -> None:
        other = self.ends[1] if sender is self.ends[0] else self.ends[0]
        if self.dice.random() < self.loss:
            return
        if self.one_network and to in other.sockets.values():
            self._fly(other, to, local, data)
            return
        source = sender.router.leave(local, to)
        if to.host == other.router.address and not self.one_network:
            inner = other.router.enter(to, source)
            if inner is not None:
                self._fly(other, inner, source, data)

    def _fly(self, to: End, at: Address, source: Address, data: bytes) -> None:
        heapq.heappush(self._flying, (self.now + ONE_WAY_S, next(self._order), to, at, source, data))

    def run(self, *, for_s: float = 20.0) -> float:
        """Go on until both have a path or have given up; return how long that took."""
        started = self.now
        while self.now < started + for_s:
            for end in self.ends:
                end.work()
            if all(end.core.path is not None for end in self.ends):
                break
            moments = [max(end.core.next_at, self.now + 0.001) for end in self.ends if end.core.path is None]
            if self._flying:
                moments.append(self._flying[0][0])
            self.now = min(moments)
            while self._flying and self._flying[0][0] <= self.now:
                _, _, end, at, source, data = heapq.heappop(self._flying)
                end.take(at, source, data)
            if all(self.now >= end.core.ends_at for end in self.ends):
                break
        return self.now - started
