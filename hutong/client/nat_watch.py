"""What this device knows of the network it is in, while somebody wants to know: `client.nat`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.kept_mapping import KEEP_ALIVE_S, KeptMapping
from hutong.client.nat import Chance, Nat, discover_nat
from hutong.client.probe import IceUrl, ProbeError
from hutong.client.pushes import Listener, Pushes
from hutong.platform.errors import RpcError
from hutong.protocols.stun import Address
from hutong.schema import identity_pb2, peers_pb2

_ANSWER_S = 4.0
# The server, or the way to it, may be back.
_AGAIN_AFTER_S = 30.0
_LISTENERS_MAX = 32


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`outside` is how others see us, None where UDP does not pass; `nat` is None then, and until known."""

    outside: Address | None
    nat: Nat | None

    @property
    def chance(self) -> Chance:
        """How often a direct path opens from here."""
        if self.outside is None:
            return Chance.NONE
        return Chance.UNKNOWN if self.nat is None else self.nat.chance


OnSurroundings = Callable[[Surroundings], None]


class NatWatch(Listener):
    """Sends nothing until somebody enters `watching`, and nothing after the last has left.

    `now` is None until the server has answered or has been silent, and where it has no STUN server.
    """

    def __init__(self, connection: Connection, pushes: Pushes, *, every_s: float = KEEP_ALIVE_S) -> None:
        self._connection = connection
        self._pushes = pushes
        self._every_s = every_s
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None
        self._kept: KeptMapping | None = None
        self._moved = asyncio.Event()
        self._listeners: list[OnSurroundings] = []
        self.now: Surroundings | None = None

    @asynccontextmanager
    async def watching(self, changed: OnSurroundings | None = None) -> AsyncIterator[None]:
        """Keep a mapping alive and know the surroundings while the context lasts.

        `changed` is told of what is found first and of every change. Raises `ValueError` when there are
        too many listeners.
        """
        if changed is not None:
            if len(self._listeners) >= _LISTENERS_MAX:
                raise ValueError("too many listen to the network")
            self._listeners.append(changed)
            if self.now is not None:
                changed(self.now)
        self._begin()
        try:
            yield
        finally:
            if changed is not None:
                self._listeners.remove(changed)
            await self._leave()

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """A new carrier: the network may be another one."""
        del reply
        if self._kept is not None:
            self._kept.hurry()

    def _begin(self) -> None:
        self._watchers += 1
        if self._watchers == 1:
            self._pushes.add(self)
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _leave(self) -> None:
        self._watchers -= 1
        if self._watchers or self._task is None:
            return
        task, self._task = self._task, None
        self._pushes.remove(self)
        task.cancel()
        await asyncio.wait([task])
        self.now = None

    async def _run(self) -> None:
        while True:
            server = await self._stun_server()
            if server is not None:
                try:
                    await self._watch(server)
                except ProbeError:
                    self._tell(Surroundings(None, None))
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _watch(self, server: IceUrl) -> None:
        """Keep the mapping, and look at the NAT anew whenever the outside host is another."""
        self._moved.clear()
        kept = KeptMapping(server.host, server.port, every_s=self._every_s, changed=self._changed)
        async with kept:
            self._kept = kept
            try:
                await kept.known.wait()
                host: str | None = None
                while True:
                    outside = kept.mapped
                    if outside is None:
                        host = None
                        self._tell(Surroundings(None, None))
                    elif outside.host != host or self.now is None:
                        host = outside.host
                        self._tell(Surroundings(outside, await _discover(server)))
                    else:
                        self._tell(Surroundings(outside, self.now.nat))
                    await self._moved.wait()
                    self._moved.clear()
            finally:
                self._kept = None

    def _changed(self, _mapped: Address | None) -> None:
        self._moved.set()

    def _tell(self, now: Surroundings) -> None:
        if now != self.now:
            self.now = now
            for changed in tuple(self._listeners):
                changed(now)

    async def _stun_server(self) -> IceUrl | None:
        """Return the first one the server names."""
        try:
            reply = await self._connection.call(
                methods.GET_ICE_SERVERS, peers_pb2.GetIceServersRequest(), deadline_s=_ANSWER_S
            )
        except RpcError:
            return None
        for text in (text for server in reply.servers for text in server.urls):
            try:
                url = IceUrl.parse(text)
            except ProbeError:
                continue
            if url.scheme == "stun":
                return url
        return None


async def _discover(server: IceUrl) -> Nat | None:
    try:
        return await discover_nat(server.host, server.port)
    except ProbeError:
        return None
