"""`PortMapping` by UPnP against scripted routers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from hutong.client.portmap import (
    Gateway,
    MapState,
    PortMapping,
    Protocol,
)
from hutong.protocols.stun import Address
from tests.stun.loopback import until

from .router import (
    LOCAL_HOST,
    Udp,
    description,
    fault,
    found_at,
    fresh_host,
    listening,
    page,
    soap,
    upnp_router,
)

pytestmark = pytest.mark.usefixtures("patient")
PUBLIC = "11.0.0.10"


async def test_upnp_maps_and_gives_back() -> None:
    """PMAP6, PMAP9, PMAP12."""
    async with upnp_router() as (gateway, pages):
        pages.pages["AddPortMapping"] = lambda _body: soap("AddPortMapping")
        async with PortMapping.open("tcp", 4000, gateway=gateway) as found:
            assert found.external == Address(PUBLIC, 4000)
            assert found.protocol is Protocol.UPNP
        assert pages.asked[-1] == "DeletePortMapping"


async def test_upnp_takes_another_port_and_another_lifetime() -> None:
    """PMAP9."""
    tried: list[str] = []

    def add(body: str) -> bytes:
        tried.append(body)
        if "<NewExternalPort>4000</NewExternalPort>" in body:
            return fault(718)
        return soap("AddPortMapping") if "<NewLeaseDuration>0<" in body else fault(725)

    async with upnp_router() as (gateway, pages):
        pages.pages["AddPortMapping"] = add
        async with PortMapping.open("udp", 4000, gateway=gateway) as found:
            assert found.external is not None
            assert found.external.port != 4000
            assert f"<NewExternalPort>{found.external.port}<" in tried[-1]
    assert len(tried) == 3


async def test_upnp_gives_up_after_four_ports() -> None:
    """PMAP9."""
    async with upnp_router(version=2) as (gateway, pages):
        pages.pages["AddAnyPortMapping"] = lambda _body: fault(718)
        async with PortMapping.open("udp", 4000, gateway=gateway) as found:
            await until(lambda: found.state is MapState.REFUSED)
            assert "another's" in found.refusal
        assert pages.asked.count("AddAnyPortMapping") == 4
        # Whose ports these are is not ours to end.
        assert "DeletePortMapping" not in pages.asked


@pytest.mark.parametrize(
    "answer",
    [
        page("", "302 Found\r\nLocation: http://127.0.0.1:1/"),
        page('<!DOCTYPE a [<!ENTITY b "c">]><root>&b;</root>'),
        page(description(1, "http://127.0.0.1:1/ctl")),
        page("not XML"),
        page("", "404 Not Found"),
        b"HTTP/1.1 200 OK\r\n",
    ],
)
async def test_descriptions_that_are_not_followed(answer: bytes) -> None:
    """PMAP7, PMAP8."""
    async with upnp_router() as (gateway, pages):
        pages.pages["/desc.xml"] = lambda _body: answer
        async with PortMapping.open("udp", 4000, gateway=gateway, protocols=[Protocol.UPNP]) as found:
            await until(lambda: found.state is MapState.SILENT)
        assert set(pages.asked) == {"/desc.xml"}


async def test_a_description_elsewhere_is_not_fetched(hasty: Callable[[], None]) -> None:
    """PMAP7: neither where the router points to, nor what a neighbour says."""
    hasty()
    fetched: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fetched.append("somebody")
        writer.close()

    other, host = fresh_host(), fresh_host()
    server = await asyncio.start_server(serve, other, 0)
    port = server.sockets[0].getsockname()[1]
    async with server, listening(other, 1900, lambda _data: None) as neighbour, AsyncExitStack() as stack:
        asked: list[Udp] = []

        def answer(_data: bytes) -> bytes:
            neighbour.transport.sendto(found_at(f"http://{other}:{port}/"), asked[0].senders[-1])
            neighbour.transport.sendto(found_at(f"http://{host}:{port}/"), asked[0].senders[-1])
            return found_at(f"http://{other}:{port}/")

        asked.append(await stack.enter_async_context(listening(host, 1900, answer)))
        gateway = Gateway(host, LOCAL_HOST)
        async with PortMapping.open("udp", 4000, gateway=gateway, protocols=[Protocol.UPNP]) as found:
            assert found.external is None
            assert asked[0].asked
    assert not fetched
