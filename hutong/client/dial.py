"""From an address to a link: the ways there are, raced against each other (LINK41 to LINK44)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from enum import Enum

from hutong.client.address import Address
from hutong.client.carrier import CarrierError, OpenCarrier, explain
from hutong.client.identity import ServerIdentity
from hutong.client.link import Link, LinkOwner
from hutong.client.memory import Memory
from hutong.client.post import post
from hutong.client.sealed import DoubtError, SealedLink
from hutong.client.stream import Surroundings, stream
from hutong.client.websocket import websocket
from hutong.platform.clock import Clock, Randomness
from hutong.protocols.racing import Bans, Race
from hutong.schema import sealed_pb2

# Of one name; further ones of a long list are rarely better.
_IPS_MAX = 4


class Kind(Enum):
    """The carriers."""

    STREAM = "TLS"
    WEBSOCKET = "WebSocket"
    POST = "POST"


@dataclass(frozen=True, slots=True)
class Route:
    """One way to reach the server; `ip` is the address its name stands for, where that was asked."""

    kind: Kind
    address: Address
    ip: str = ""


class _Entry:
    """One route in a race: passes on what its link tells, if it was first."""

    def __init__(self, route: Route, owner: LinkOwner, podium: list[_Entry]) -> None:
        self.route = route
        self._owner = owner
        self._podium = podium
        self.link: SealedLink | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def won(self) -> bool:
        return bool(self._podium) and self._podium[0] is self

    def flight(self, binding: bytes) -> list[tuple[int, bytes]]:
        return list(self._owner.flight(binding))

    def linked(self, link: Link) -> None:
        if self._podium:
            link.close(at_once=True)
        else:
            self._podium.append(self)
            self._owner.linked(link)

    def received(self, packet: bytes) -> None:
        self._owner.received(packet)

    def lost(self) -> None:
        self._owner.lost()


class Dialer:
    """Opens links to one server, and remembers which ways were good."""

    def __init__(self, address: Address, memory: Memory, *, clock: Clock, random: Randomness) -> None:
        self._address = address
        self._memory = memory
        self._clock = clock
        self._random = random
        self._bans: Bans[Route] = Bans()
        self._around: Surroundings
        self._ready = False
        # Where the last race was decided.
        self._podium: list[_Entry] = []

    @property
    def route(self) -> Route | None:
        """The way the last race was won by, None when none was yet."""
        return self._podium[0].route if self._podium else None

    def forgive(self) -> None:
        """Forget which ways were bad: the network is another."""
        self._bans.forgive()

    async def open(self, owner: LinkOwner) -> None:
        """Race the routes; return when the owner has its link. Raises `CarrierError` when none led there."""
        if not self._ready:
            identity = ServerIdentity(self._address.root, self._memory, self._clock)
            self._around = Surroundings(identity, self._memory, self._clock, self._random)
            self._ready = True
        self._around.identity.check_address()
        now = self._clock.monotonic()
        race = Race(self._bans.order(await self._routes(), now), self._clock.monotonic())
        podium: list[_Entry] = []
        self._podium = podium
        entries: dict[Route, _Entry] = {}
        errors: list[tuple[Route, CarrierError]] = []
        try:
            while not podium:
                self._start(race, entries, owner, podium)
                await self._next(race, entries)
                if podium:
                    break
                for route in list(entries):
                    error = self._outcome(race, route, entries[route])
                    if error is not None:
                        del entries[route]
                        errors.append((route, error))
                if race.over and not podium:
                    # The server is away: that is no way's fault, and none that was left alone is worse.
                    self._bans.forgive()
                    raise self._worst(errors)
            self._bans.succeeded(podium[0].route)
        finally:
            await _end([entry for entry in entries.values() if not entry.won])

    # ---- one race ----

    def _start(
        self, race: Race[Route], entries: dict[Route, _Entry], owner: LinkOwner, podium: list[_Entry]
    ) -> None:
        while (route := race.start(self._clock.monotonic())) is not None:
            entry = _Entry(route, owner, podium)
            entry.task = asyncio.get_running_loop().create_task(self._attempt(route, entry))
            entries[route] = entry

    async def _attempt(self, route: Route, entry: _Entry) -> None:
        try:
            await self._try(route, entry)
        except DoubtError:
            await self._try(route, entry)

    async def _try(self, route: Route, entry: _Entry) -> None:
        link = entry.link = SealedLink(
            entry,
            self._around.identity,
            route=self._memory.route,
            clock=self._clock,
            random=self._random,
        )
        await self._carrier(route)(link)
        await link.accepted

    async def _next(self, race: Race[Route], entries: dict[Route, _Entry]) -> None:
        """Wait until an attempt ends or the race has something to do."""
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        delay_s = max(0.0, race.deadline - self._clock.monotonic())
        timer = self._clock.call_later(delay_s, alarm.cancel)
        tasks = [entry.task for entry in entries.values() if entry.task is not None]
        try:
            await asyncio.wait([alarm, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            alarm.cancel()

    def _outcome(self, race: Race[Route], route: Route, entry: _Entry) -> CarrierError | None:
        """Return why an attempt failed, None while it runs and when it won."""
        assert entry.task is not None
        now = self._clock.monotonic()
        if entry.won:
            return None
        if entry.task.done() and not entry.task.cancelled():
            error = entry.task.exception() or CarrierError("Another way was faster.")
        elif route in race.late(now):
            entry.task.cancel()
            if entry.link is not None:
                entry.link.close(at_once=True)
            error = TimeoutError()
        else:
            return None
        race.failed(route, now)
        self._bans.failed(route, now)
        return explain(error, route.address)

    def _worst(self, errors: list[tuple[Route, CarrierError]]) -> CarrierError:
        """Return what to tell: what became of the ways the person wrote, first what no retry will mend.

        That the server's other addresses do not work from here says nothing, unless no others were tried.
        """
        own = [error for route, error in errors if route.address == self._address]
        if not own:
            return errors[0][1]
        return next((error for error in own if error.hopeless), own[0])

    # ---- the routes ----

    async def _routes(self) -> list[Route]:
        """Return the ways to try: what the person wrote, then what the server says of itself."""
        own = self._address
        routes = await self._routes_to(own)
        manifest = self._around.identity.manifest
        for endpoint in manifest.endpoints if manifest is not None else ():
            host, port = endpoint.host, endpoint.port
            if not host or not 0 < port < 65536 or (host, port) == (own.host, own.port):
                continue
            if endpoint.kind == sealed_pb2.Endpoint.KIND_LINK:
                routes.append(Route(Kind.STREAM, Address("hutong", host, port)))
            elif endpoint.kind == sealed_pb2.Endpoint.KIND_WEB and (
                not endpoint.plain or own.scheme == "http"
            ):
                web = Address("http" if endpoint.plain else "https", host, port)
                routes += [Route(Kind.WEBSOCKET, web), Route(Kind.POST, web)]
        return routes

    async def _routes_to(self, address: Address) -> list[Route]:
        if address.scheme != "hutong":
            return [Route(Kind.WEBSOCKET, address), Route(Kind.POST, address)]
        return [Route(Kind.STREAM, address, ip) for ip in await _resolve(address)]

    def _carrier(self, route: Route) -> OpenCarrier:
        match route.kind:
            case Kind.STREAM:
                return stream(route.address, self._around, route.ip)
            case Kind.WEBSOCKET:
                return websocket(route.address)
            case Kind.POST:
                return post(route.address)


async def _resolve(address: Address) -> list[str]:
    """Return the IP addresses of a name, the families in turns. Raises `CarrierError`."""
    try:
        return [str(ipaddress.ip_address(address.host))]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise explain(error, address) from error
    ips = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    first = [ip for ip in ips if (":" in ip) == (":" in ips[0])]
    second = [ip for ip in ips if ip not in first]
    mixed = [ip for pair in zip(first, second, strict=False) for ip in pair]
    return list(dict.fromkeys([*mixed, *ips]))[:_IPS_MAX]


async def _end(entries: list[_Entry]) -> None:
    for entry in entries:
        if entry.task is not None:
            entry.task.cancel()
        if entry.link is not None:
            entry.link.close(at_once=True)
    await asyncio.gather(*(entry.task for entry in entries if entry.task is not None), return_exceptions=True)
