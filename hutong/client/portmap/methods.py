"""The three ways to ask a router, alike from outside: find out whether it knows this one, map, unmap."""

from __future__ import annotations

import abc
import enum

from hutong.client.portmap.gateway import Gateway
from hutong.client.portmap.search import search_description
from hutong.client.portmap.udp import RouterSocket
from hutong.client.portmap.web import ask_page
from hutong.platform.clock import Randomness
from hutong.protocols.portmap import Grant, Kind, RefusedError, natpmp, pcp
from hutong.protocols.portmap.description import Service, parse_description
from hutong.protocols.portmap.http import encode_get
from hutong.protocols.portmap.upnp import (
    UpnpMapping,
    encode_address_request,
    next_try,
    parse_address_answer,
    parse_delete,
)

# Sent at once, after 0.25 and 0.75 s.
_FIND_S = 0.9
_MAP_S = 1.5
# The mapping ends by itself anyway.
_UNMAP_S = 0.5
_UPNP_TRIES_MAX = 4
# What people see in their router's list.
_NAME = "Hutong"


class Protocol(enum.Enum):
    """What a router may speak."""

    PCP = "PCP"
    NAT_PMP = "NAT-PMP"
    UPNP = "UPnP"


# In the order of preference: PCP tells the outside address with the mapping and keeps others from it.
PROTOCOLS = tuple(Protocol)


class Method(abc.ABC):
    """One mapping by one protocol. All calls raise `PortMapError` or `OSError`."""

    protocol: Protocol

    @abc.abstractmethod
    async def find(self) -> None:
        """Return when the router speaks this protocol; that leaves nothing behind there."""

    @abc.abstractmethod
    async def map(self, wanted_port: int, lifetime_s: int) -> Grant:
        """Make the mapping, or renew it."""

    @abc.abstractmethod
    async def unmap(self) -> None:
        """Give back what `map` may have got; nothing when there is nothing."""

    @abc.abstractmethod
    def close(self) -> None:
        """Free its sockets."""


class _OverUdp(Method):
    """What PCP and NAT-PMP share: one socket to port 5351."""

    def __init__(self, gateway: Gateway, kind: Kind, local_port: int) -> None:
        self._gateway = gateway
        self._kind = kind
        self._local_port = local_port
        self._socket: RouterSocket | None = None
        self._asked = False

    async def _open(self) -> RouterSocket:
        if self._socket is None:
            self._socket = await RouterSocket.open(self._gateway.host, pcp.PORT)
        return self._socket

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


class _Pcp(_OverUdp):
    protocol = Protocol.PCP

    def __init__(self, gateway: Gateway, kind: Kind, local_port: int) -> None:
        super().__init__(gateway, kind, local_port)
        nonce = Randomness().token(pcp.NONCE_BYTES)
        self._question = pcp.MapQuestion(nonce, gateway.local_host, kind, local_port)
        self._host: str | None = None

    async def find(self) -> None:
        router = await self._open()
        await router.ask(pcp.encode_announce(self._gateway.local_host), pcp.parse_announce_answer, _FIND_S)

    async def map(self, wanted_port: int, lifetime_s: int) -> Grant:
        router = await self._open()
        request = self._question.encode(wanted_port, self._host, lifetime_s)
        self._asked = True
        grant = await router.ask(request, self._question.parse, _MAP_S)
        self._host = grant.host
        return grant

    async def unmap(self) -> None:
        if self._asked:
            router = await self._open()
            await router.ask(self._question.encode(0, None, 0), self._question.parse, _UNMAP_S)
            self._asked = False


class _NatPmp(_OverUdp):
    protocol = Protocol.NAT_PMP

    async def find(self) -> None:
        await self._outside()

    async def map(self, wanted_port: int, lifetime_s: int) -> Grant:
        # Asked each time: the address of a renewed mapping may be another.
        host = await self._outside()
        self._asked = True
        return await self._ask(wanted_port, lifetime_s, host, _MAP_S)

    async def unmap(self) -> None:
        if self._asked:
            await self._ask(0, 0, "", _UNMAP_S)
            self._asked = False

    async def _outside(self) -> str:
        router = await self._open()
        return await router.ask(natpmp.encode_address_request(), natpmp.parse_address_answer, _FIND_S)

    async def _ask(self, wanted_port: int, lifetime_s: int, host: str, give_up_s: float) -> Grant:
        router = await self._open()
        request = natpmp.encode_map_request(self._kind, self._local_port, wanted_port, lifetime_s)
        return await router.ask(
            request,
            lambda data: natpmp.parse_map_answer(data, self._kind, self._local_port, host),
            give_up_s,
        )


class _Upnp(Method):
    protocol = Protocol.UPNP

    def __init__(self, gateway: Gateway, kind: Kind, local_port: int) -> None:
        self._gateway = gateway
        self._mapping = UpnpMapping(kind, gateway.local_host, local_port, _NAME)
        self._service: Service | None = None
        self._asked_port = 0

    async def find(self) -> None:
        page = await search_description(self._gateway)
        service = parse_description(await ask_page(page, encode_get(page)), page)
        await self._outside(service)
        self._service = service

    async def map(self, wanted_port: int, lifetime_s: int) -> Grant:
        assert self._service is not None, "find comes first"
        service = self._service
        host = await self._outside(service)
        for tries_left in reversed(range(_UPNP_TRIES_MAX)):
            self._asked_port = wanted_port
            request = self._mapping.encode_add(service, wanted_port, lifetime_s)
            try:
                answer = await ask_page(service.control, request)
                grant = self._mapping.parse_add(service, answer, wanted_port, lifetime_s, host)
            except RefusedError as error:
                self._asked_port = 0
                draw = int.from_bytes(Randomness().token(4))
                again = next_try(error, wanted_port, lifetime_s, draw)
                if again is None or not tries_left:
                    raise
                wanted_port, lifetime_s = again
            else:
                self._asked_port = grant.port
                return grant
        raise AssertionError("the last try returns or raises")

    async def unmap(self) -> None:
        if self._service is not None and self._asked_port:
            service = self._service
            parse_delete(
                await ask_page(service.control, self._mapping.encode_delete(service, self._asked_port))
            )
            self._asked_port = 0

    def close(self) -> None:
        """A socket ends with its page."""

    @staticmethod
    async def _outside(service: Service) -> str:
        return parse_address_answer(await ask_page(service.control, encode_address_request(service)))


_METHODS: dict[Protocol, type[_Pcp | _NatPmp | _Upnp]] = {
    Protocol.PCP: _Pcp,
    Protocol.NAT_PMP: _NatPmp,
    Protocol.UPNP: _Upnp,
}


def make_method(protocol: Protocol, gateway: Gateway, kind: Kind, local_port: int) -> Method:
    """Return the method of a protocol for one mapping; nothing is sent yet."""
    return _METHODS[protocol](gateway, kind, local_port)
