"""Which router is asked, and when none is."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hutong.client.portmap import (
    Gateway,
    MapState,
    PortMapping,
    default_gateway,
    map_port,
    mapping,
    ports,
)
from hutong.protocols.stun import Address

from .router import (
    LOCAL_HOST,
    pcp_answer,
    router,
)

pytestmark = pytest.mark.usefixtures("patient")
PUBLIC = "11.0.0.10"
ROUTES = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"


def routes(tmp_path: Path, *lines: str) -> Path:
    table = tmp_path / "route"
    table.write_text(ROUTES + "\n".join(lines))
    return table


def test_the_router_is_the_one_of_the_cheapest_default_route(tmp_path: Path) -> None:
    """PMAP1."""
    table = routes(
        tmp_path,
        "lo 0000007F 00000000 0001 0 0 0 000000FF 0 0 0",
        "eth1 00000000 0909007F 0003 0 0 200 00000000 0 0 0",
        "eth0 00000000 0709007F 0003 0 0 100 00000000 0 0 0",
        "down 00000000 0509007F 0002 0 0 1 00000000 0 0 0",
        "ppp0 00000000 00000000 0001 0 0 1 00000000 0 0 0",
        "half 00000000 0309007F 0003 0 0 1 00000080 0 0 0",
        "rubbish",
        "bad 00000000 zz 0003 0 0 1 00000000 0 0 0",
        "big 00000000 FF0309007F 0003 0 0 1 00000000 0 0 0",
    )
    assert default_gateway(table) == Gateway("127.0.9.7", LOCAL_HOST)


def test_a_router_with_a_public_address_is_not_asked(tmp_path: Path) -> None:
    """PMAP1."""
    table = routes(tmp_path, "eth0 00000000 08080808 0003 0 0 100 00000000 0 0 0")
    assert default_gateway(table) is None
    assert default_gateway(routes(tmp_path)) is None


def test_without_a_table_it_is_the_first_address_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PMAP1: nothing is sent to find out."""

    class Here(socket.socket):
        def connect(self, _address: object) -> None:
            pass

        def getsockname(self) -> tuple[str, int]:
            return here, 1

    monkeypatch.setattr(socket, "socket", Here)
    here = "192.168.7.33"
    assert default_gateway(tmp_path / "none") == Gateway("192.168.7.1", here)
    for here in ("192.168.7.1", "11.0.0.7", "0.0.0.0"):  # noqa: B007  the class above reads it
        assert default_gateway(tmp_path / "none") is None


async def test_without_a_router_there_is_no_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "default_gateway", lambda: None)
    async with PortMapping.open("udp", 4000) as found:
        assert (found.external, found.state) == (None, MapState.SILENT)


@pytest.mark.parametrize(("kind", "port"), [("icmp", 4000), ("UDP", 4000), ("udp", 0), ("tcp", 65_536)])
def test_a_port_that_is_none(kind: str, port: int) -> None:
    with pytest.raises(ValueError, match="there is no port"):
        PortMapping.open(kind, port)


async def test_ports_for_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """PMAP12, PMAP13."""
    monkeypatch.setattr(ports, "MAPPINGS_MAX", 2)
    async with router(pcp_answer) as (gateway, asked):
        for module in (ports, mapping):
            monkeypatch.setattr(module, "default_gateway", lambda: gateway)
        async with (
            map_port("udp", 4000) as one,
            map_port("udp", 4000) as again,
            map_port("tcp", 4000, towards=LOCAL_HOST) as two,
            map_port("udp", 4001) as too_many,
        ):
            assert (one, again) == (Address(PUBLIC, 4000), None)
            assert (two, too_many) == (Address(PUBLIC, 4000), None)
        given_back = [each for each in asked.asked if len(each) == 60 and each[4:8] == bytes(4)]
        assert {each[36] for each in given_back} == {6, 17}
        async with map_port("udp", 4000) as one:
            assert one == Address(PUBLIC, 4000)
    with pytest.raises(ValueError, match="there is no port"):
        async with map_port("udp", 0):
            pass


@pytest.mark.parametrize("towards", [LOCAL_HOST, "localhost", "no such host.invalid"])
async def test_what_does_not_go_through_the_router_needs_no_mapping(
    towards: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PMAP13: nothing is sent."""
    async with router(pcp_answer) as (gateway, asked):
        monkeypatch.setattr(mapping, "default_gateway", lambda: gateway)
        monkeypatch.setattr(ports, "default_gateway", lambda: Gateway(gateway.host, "192.168.7.33"))
        async with map_port("udp", 4000, towards=towards) as external:
            assert external is None
        monkeypatch.setattr(ports, "default_gateway", lambda: None)
        async with map_port("udp", 4000) as external:
            assert external is None
    assert not asked.asked
