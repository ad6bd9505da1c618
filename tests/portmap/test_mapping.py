"""`PortMapping` by PCP and NAT-PMP, scripted routers: what is believed, chosen, renewed, given back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from hutong.client.portmap import (
    MapState,
    PortMapping,
    Protocol,
    choice,
    mapping,
    methods,
)
from hutong.protocols.portmap import Lease, lease
from hutong.protocols.portmap.lease import LIFETIME_S
from hutong.protocols.stun import Address
from tests.stun.loopback import until

from .router import (
    Udp,
    fresh_host,
    listening,
    natpmp_answer,
    pcp_answer,
    router,
)

pytestmark = pytest.mark.usefixtures("patient")
PUBLIC = "11.0.0.10"


async def test_pcp_maps_and_gives_back() -> None:
    """PMAP4, PMAP12."""
    async with router(pcp_answer) as (gateway, asked):
        heard: list[Address | None] = []
        async with PortMapping.open("udp", 4000, gateway=gateway, changed=heard.append) as found:
            assert found.external == Address(PUBLIC, 4000)
            assert (found.state, found.protocol) == (MapState.OPEN, Protocol.PCP)
        last = asked.asked[-1]
        assert (last[1], last[4:8]) == (1, bytes(4))
        assert last[24:36] == next(each for each in asked.asked if len(each) == 60)[24:36]
        assert heard == [Address(PUBLIC, 4000), None]


async def test_natpmp_where_pcp_is_not_spoken() -> None:
    """PMAP5, PMAP12."""
    async with router(natpmp_answer) as (gateway, asked):
        async with PortMapping.open("tcp", 4000, gateway=gateway) as found:
            assert found.external == Address(PUBLIC, 4000)
            assert found.protocol is Protocol.NAT_PMP
        assert asked.asked[-1].hex() == "000200000fa0000000000000"


async def test_the_port_the_router_gives_counts() -> None:
    async with (
        router(lambda request: pcp_answer(request, port=5_555)) as (gateway, _),
        PortMapping.open("udp", 4000, gateway=gateway) as found,
    ):
        assert found.external == Address(PUBLIC, 5_555)


async def test_all_are_asked_and_one_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """PMAP3: a silent one is waited for a moment, and nothing is left behind in it."""
    monkeypatch.setattr(choice, "_HEAD_START_S", 0.15)

    def answer(request: bytes) -> bytes | None:
        return None if request[0] == 2 else natpmp_answer(request)

    async with router(answer) as (gateway, asked), PortMapping.open("udp", 4000, gateway=gateway) as found:
        assert found.protocol is Protocol.NAT_PMP
    assert {request[:2] for request in asked.asked} == {b"\2\0", b"\0\0", b"\0\1"}


async def test_pcp_is_preferred() -> None:
    """PMAP3: although NAT-PMP has answered before, because a question was lost."""
    asked: list[bytes] = []

    def answer(request: bytes) -> bytes | None:
        asked.append(request)
        if request[0] != 2:
            return natpmp_answer(request)
        return None if asked.count(request) == 1 and request[1] == 0 else pcp_answer(request)

    async with router(answer) as (gateway, _), PortMapping.open("udp", 4000, gateway=gateway) as found:
        assert found.protocol is Protocol.PCP
    assert b"\0\1" not in {request[:2] for request in asked}


async def test_a_refusal_lets_the_next_one_try() -> None:
    """PMAP3."""

    def answer(request: bytes) -> bytes:
        return pcp_answer(request, result=2) if request[:2] == b"\2\1" else both(request)

    def both(request: bytes) -> bytes:
        return pcp_answer(request) if request[0] == 2 else natpmp_answer(request)

    async with router(answer) as (gateway, _), PortMapping.open("udp", 4000, gateway=gateway) as found:
        assert found.protocol is Protocol.NAT_PMP


async def test_a_router_that_refuses() -> None:
    """PMAP3."""
    async with (
        router(lambda request: natpmp_answer(request, result=2 if request[1] else 0)) as (gateway, _),
        PortMapping.open("udp", 4000, gateway=gateway, protocols=[Protocol.NAT_PMP]) as found,
    ):
        assert (found.external, found.state) == (None, MapState.REFUSED)
        assert "not allowed" in found.refusal


@pytest.mark.parametrize("host", ["100.64.1.1", "192.168.1.2", "0.0.0.0"])
async def test_an_outside_address_that_is_not_outside(host: str) -> None:
    """PMAP11: nobody is offered it, and the mapping is given back at once."""
    async with (
        router(lambda request: pcp_answer(request, host=host)) as (gateway, asked),
        PortMapping.open("udp", 4000, gateway=gateway) as found,
    ):
        assert (found.external, found.state) == (None, MapState.DOUBLE_NAT)
        await until(lambda: asked.asked[-1][1] == 1 and asked.asked[-1][4:8] == bytes(4))


async def test_rubbish_counts_as_silence() -> None:
    """PMAP2: a good answer behind it is heard."""
    async with (
        router(lambda request: [b"", b"\2", bytes(60), b"\xff" * 1_200, pcp_answer(request)]) as (
            gateway,
            _,
        ),
        PortMapping.open("udp", 4000, gateway=gateway) as found,
    ):
        assert found.external == Address(PUBLIC, 4000)


async def test_nobody_but_the_router_is_believed() -> None:
    """PMAP2: the neighbour knows port and nonce, and is quicker; the system drops what it says."""
    async with AsyncExitStack() as stack:
        neighbour = await stack.enter_async_context(listening(fresh_host(), 5351, lambda _data: None))
        asked: list[Udp] = []

        def answer(request: bytes) -> bytes:
            to = asked[0].senders[-1]
            neighbour.transport.sendto(pcp_answer(request, host="11.6.6.6", port=666), to)
            return pcp_answer(request)

        gateway, udp = await stack.enter_async_context(router(answer))
        asked.append(udp)
        found = await stack.enter_async_context(PortMapping.open("udp", 4000, gateway=gateway))
        assert found.external == Address(PUBLIC, 4000)


async def test_a_silent_router_costs_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """PMAP3."""
    monkeypatch.setattr(mapping, "_WAIT_S", 1.0)
    monkeypatch.setattr(mapping, "_END_S", 1.0)
    monkeypatch.setattr(methods, "_FIND_S", 0.9)
    async with router(lambda _request: None) as (gateway, asked):
        began = time.monotonic()
        async with PortMapping.open("udp", 4000, gateway=gateway) as found:
            assert found.external is None
            # Each of the two questions at most three times.
            assert 2 <= len(asked.asked) <= 6
        assert 0.85 < time.monotonic() - began < 10


async def test_leaving_does_not_wait_for_a_router_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """PMAP12."""
    monkeypatch.setattr(mapping, "_END_S", 0.1)
    there = True
    async with router(lambda request: pcp_answer(request) if there else None) as (gateway, _):
        async with PortMapping.open("udp", 4000, gateway=gateway) as found:
            assert found.external is not None
            there = False
        assert found.external is None


# ---- renewal ----


class Impatient(Lease):
    """Is renewed long before it is over, so that a slow machine does not lose it."""

    @property
    def renew_at(self) -> float:
        return self._ends - LIFETIME_S + 0.05


async def test_a_mapping_is_renewed_and_its_changes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """PMAP10."""
    monkeypatch.setattr(mapping, "Lease", Impatient)
    host = PUBLIC
    heard: list[Address | None] = []
    async with (
        router(lambda request: pcp_answer(request, host=host)) as (gateway, asked),
        PortMapping.open("udp", 4000, gateway=gateway, changed=heard.append) as found,
    ):
        await until(lambda: len([each for each in asked.asked if len(each) == 60]) >= 3)
        host = "11.0.0.11"
        await until(lambda: found.external == Address("11.0.0.11", 4000))
    assert heard == [Address(PUBLIC, 4000), Address("11.0.0.11", 4000), None]


async def test_a_mapping_that_cannot_be_renewed_is_given_up(
    monkeypatch: pytest.MonkeyPatch, hasty: Callable[[], None]
) -> None:
    """PMAP10."""
    monkeypatch.setattr(lease, "_RENEW_AFTER_S_MIN", 0.05)
    there = True
    async with (
        router(lambda request: pcp_answer(request, lifetime_s=1) if there else None) as (gateway, _),
        PortMapping.open("udp", 4000, gateway=gateway) as found,
    ):
        assert found.external is not None
        there = False
        hasty()
        await until(lambda: found.external is None and found.state is MapState.SILENT)
        # It is back, and so is the mapping, as soon as somebody wants to know.
        there = True
        found.hurry()
        await until(lambda: found.external == Address(PUBLIC, 4000))


async def test_who_is_in_a_hurry_asks_at_once() -> None:
    """PMAP10: a network that changed has another outside address."""
    host = PUBLIC
    async with (
        router(lambda request: pcp_answer(request, host=host)) as (gateway, _),
        PortMapping.open("udp", 4000, gateway=gateway) as found,
    ):
        host = "11.0.0.11"
        found.hurry()
        await until(lambda: found.external == Address("11.0.0.11", 4000))


async def test_another_router_is_asked_when_the_network_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """PMAP10."""
    async with (
        router(pcp_answer) as (old, asked),
        router(lambda request: pcp_answer(request, host="11.0.0.11")) as (new, _),
    ):
        here = old
        monkeypatch.setattr(mapping, "default_gateway", lambda: here)
        async with PortMapping.open("udp", 4000) as found:
            assert found.external == Address(PUBLIC, 4000)
            here = new
            found.hurry()
            await until(lambda: found.external == Address("11.0.0.11", 4000))
            assert asked.asked[-1][4:8] == bytes(4)
