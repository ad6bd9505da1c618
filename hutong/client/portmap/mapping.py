"""One port that the router forwards, for as long as it is entered."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from hutong.client.portmap.choice import first_grant
from hutong.client.portmap.gateway import Gateway, default_gateway
from hutong.client.portmap.methods import PROTOCOLS, Method, Protocol, make_method
from hutong.platform.clock import Randomness
from hutong.protocols.portmap import Grant, Kind, Lease, PortMapError, RefusedError, is_public
from hutong.protocols.portmap.lease import LIFETIME_S
from hutong.protocols.stun import Address

# Whoever opens a path has not more time than that; a router that is slower is not forgotten.
_WAIT_S = 1.0
# Routers are switched on, and networks are changed: a silent one is asked again.
_AGAIN_AFTER_S = 120.0
# Leaving takes no longer.
_END_S = 1.0

_KINDS = {"udp": Kind.UDP, "tcp": Kind.TCP}


class MapState(enum.Enum):
    """What came of it; the values are for people."""

    ASKING = "asking"
    OPEN = "open"
    DOUBLE_NAT = "the router is behind another NAT"
    REFUSED = "the router refuses"
    SILENT = "no router answers"


class PortMapping:
    """Made by `open`. `external` and `state` change with the network; `changed` hears each new address."""

    # What is asked for, in seconds; the router may give less.
    lifetime_s = LIFETIME_S

    def __init__(
        self,
        kind: Kind,
        local_port: int,
        gateway: Gateway | None,
        protocols: Sequence[Protocol],
        changed: Callable[[Address | None], None] | None,
    ) -> None:
        self._kind = kind
        self._local_port = local_port
        self._gateway = gateway
        self._protocols = protocols
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._hurry = asyncio.Event()
        self.external: Address | None = None
        self.state = MapState.ASKING
        self.protocol: Protocol | None = None
        self.refusal = ""

    @classmethod
    def open(
        cls,
        kind: str,
        local_port: int,
        *,
        gateway: Gateway | None = None,
        protocols: Sequence[Protocol] = PROTOCOLS,
        changed: Callable[[Address | None], None] | None = None,
    ) -> Self:
        """Have a port forwarded: `async with PortMapping.open("udp", 4000) as mapping`; or "tcp".

        Entering takes a second at most; `mapping.external` is then the address others reach us at, or
        None. Leaving gives the mapping back. Raises `ValueError` for another kind or port.
        """
        if kind not in _KINDS or not 1 <= local_port <= 65_535:
            raise ValueError(f"there is no port {local_port} of {kind}")
        return cls(_KINDS[kind], local_port, gateway, protocols, changed)

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_S):
                    await self._settled.wait()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end()

    def hurry(self) -> None:
        """Ask now: the network has changed, or the router has restarted."""
        self._hurry.set()

    async def _end(self) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        self._set(None)

    async def _run(self) -> None:
        while True:
            self._hurry.clear()
            gateway = self._gateway or default_gateway()
            try:
                if gateway is not None:
                    await self._ask(gateway)
                    continue
                self.state = MapState.SILENT
            except RefusedError as error:
                self.state, self.refusal = MapState.REFUSED, str(error)
            except (PortMapError, OSError):
                self.state = MapState.SILENT
            self._settle(None)
            await self._sleep(_AGAIN_AFTER_S)

    async def _ask(self, gateway: Gateway) -> None:
        """Get a mapping and keep it until it ends, or another has to be asked for."""
        methods = [make_method(each, gateway, self._kind, self._local_port) for each in self._protocols]
        try:
            method, grant = await first_grant(methods, self._local_port, self.lifetime_s)
            self.protocol = method.protocol
            await self._keep(gateway, method, grant)
        finally:
            await self._give_back(methods)

    async def _keep(self, gateway: Gateway, method: Method, grant: Grant) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if not is_public(grant.host):
                self.state = MapState.DOUBLE_NAT
                self._settle(None)
                # Nobody outside could use it.
                await method.unmap()
                await self._sleep(_AGAIN_AFTER_S)
                return
            self.state = MapState.OPEN
            self._settle(Address(grant.host, grant.port))
            lease = Lease(grant, loop.time(), int.from_bytes(Randomness().token(1)) / 255)
            renewed = await self._renew(gateway, method, lease)
            if renewed is None:
                self._set(None)
                return
            grant = renewed

    async def _renew(self, gateway: Gateway, method: Method, lease: Lease) -> Grant | None:
        """Return the next grant; None when the lease is over, or the network is another."""
        loop = asyncio.get_running_loop()
        while not lease.over(loop.time()):
            await self._sleep(lease.renew_at - loop.time())
            if gateway != (self._gateway or default_gateway()):
                return None
            try:
                return await method.map(lease.grant.port, self.lifetime_s)
            except RefusedError:
                return None
            except (PortMapError, OSError):
                lease.missed(loop.time())
        return None

    async def _give_back(self, methods: list[Method]) -> None:
        """Leave nothing behind, as far as the router listens."""
        giving = [asyncio.get_running_loop().create_task(method.unmap()) for method in methods]
        await asyncio.wait(giving, timeout=_END_S)
        for task in giving:
            task.cancel()
        for said in await asyncio.gather(*giving, return_exceptions=True):
            if isinstance(said, Exception) and not isinstance(said, PortMapError | OSError):
                raise said
        for method in methods:
            method.close()

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not when somebody is in a hurry."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._hurry.wait()
        self._hurry.clear()

    def _settle(self, external: Address | None) -> None:
        self._set(external)
        self._settled.set()

    def _set(self, external: Address | None) -> None:
        if external != self.external:
            self.external = external
            if self._changed is not None:
                self._changed(external)
