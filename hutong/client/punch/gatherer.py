"""Finds out where this device can be reached: its own addresses, what the server sees, a router's gift."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Protocol

import aioice.ice

from hutong.client.peers.servers import Servers
from hutong.client.punch.datagrams import PunchSocket
from hutong.client.punch.stun import StunQuestions, resolve
from hutong.client.punch.tcp_port import TcpPort
from hutong.platform.clock import Randomness
from hutong.protocols.punch import Candidate, Kind, Surroundings
from hutong.protocols.stun import Address, Family

_HOSTS_MAX = 4
# A NAT that counts up takes one of the next ports for the next destination; one that jumps tells nothing.
_STEP_MAX = 16
_PREDICTED = 3


class MapPort(Protocol):
    """Asks the router to let a port in."""

    def __call__(
        self, kind: str, local_port: int, *, towards: str | None
    ) -> AbstractAsyncContextManager[Address | None]:
        """Give the outside address, or None, for as long as the context lasts."""


@dataclass(frozen=True, slots=True)
class Means:
    """What gathering needs."""

    servers: Servers
    random: Randomness
    map_port: MapPort | None = None


class Gatherer:
    """`gather` after `open`; `changed` is called whenever more is known."""

    def __init__(self, means: Means, questions: StunQuestions, changed: Callable[[], None]) -> None:
        self._means = means
        self._questions = questions
        self._changed = changed
        self._hosts: list[str] = []
        self._mappings = AsyncExitStack()
        self.candidates: list[Candidate] = []
        self.symmetric = False
        self.seen_as: str | None = None
        self.tcp: TcpPort | None = None
        self.tcp_ready = False  # its port is known to the server, and kept

    def open(self, sockets: list[PunchSocket]) -> None:
        """Learn the device's own addresses."""
        found = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
        for each in sockets:
            of_family = [host for host in found if (":" in host) == (each.family is Family.IPV6)]
            for host in of_family[:_HOSTS_MAX]:
                self._hosts.append(host)
                self.candidates.append(Candidate(Kind.HOST, Address(host, each.port)))

    @property
    def surroundings(self) -> Surroundings:
        """What is known of where this device is."""
        return Surroundings(frozenset(self._hosts), self.seen_as)

    async def gather(self, sockets: list[PunchSocket]) -> None:
        """Ask everybody at once."""
        async with asyncio.TaskGroup() as group:
            for each in sockets:
                group.create_task(self._ask_udp(each))
            group.create_task(self._ask_tcp())

    def close_port(self) -> None:
        """Give the TCP port back."""
        if self.tcp is not None:
            self.tcp.close()

    async def close(self) -> None:
        """Give back what the router gave."""
        with suppress(OSError):
            await self._mappings.aclose()

    async def _ask_udp(self, asking: PunchSocket) -> None:
        servers = self._means.servers
        server = None
        if servers.stun is not None and servers.udp:
            server = await resolve(*servers.stun, asking.family)
        seen = None if server is None else await self._questions.ask(asking, server)
        if server is not None and seen is not None:
            if asking.family is Family.IPV4 or self.seen_as is None:
                self.seen_as = seen.address.host
            self._add(Candidate(Kind.REFLEXIVE, seen.address))
            if seen.other is not None:
                await self._compare(asking, seen.address, seen.other)
            if asking.family is Family.IPV4 and seen.address.host not in self._hosts:
                await self._map("udp", asking.port, server)

    async def _compare(self, asking: PunchSocket, first: Address, other: Address) -> None:
        """Learn whether another destination sees another port, and which one the next may see."""
        again = await self._questions.ask(asking, other)
        if again is None or again.address == first:
            return
        self.symmetric = True
        self._changed()
        step = again.address.port - first.port
        if again.address.host == first.host and 0 < abs(step) <= _STEP_MAX:
            for number in range(1, _PREDICTED + 1):
                port = again.address.port + step * number
                if 0 < port <= 65535:
                    self._add(Candidate(Kind.PREDICTED, Address(first.host, port)))

    async def _ask_tcp(self) -> None:
        if self._means.servers.stun_tcp is None:
            return
        server = await resolve(*self._means.servers.stun_tcp)
        if server is None:
            return
        self.tcp = TcpPort(server.family, self._means.random)
        seen = await self.tcp.seen_by(server)
        if seen is None:
            return
        if self.seen_as is None:
            self.seen_as = seen.host
        self.tcp_ready = True
        self._add(Candidate(Kind.REFLEXIVE, seen, tcp=True))
        if server.family is Family.IPV4 and seen.host not in self._hosts:
            await self._map("tcp", self.tcp.port, server)

    async def _map(self, kind: str, port: int, server: Address) -> None:
        if self._means.map_port is None:
            return
        with suppress(OSError):
            mapping = self._means.map_port(kind, port, towards=server.host)
            mapped = await self._mappings.enter_async_context(mapping)
            if mapped is not None:
                self._add(Candidate(Kind.MAPPED, mapped, tcp=kind == "tcp"))

    def _add(self, candidate: Candidate) -> None:
        if all(candidate.address != each.address or candidate.tcp != each.tcp for each in self.candidates):
            self.candidates.append(candidate)
            self._changed()
