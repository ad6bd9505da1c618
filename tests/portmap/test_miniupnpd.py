"""A real router: miniupnpd with nftables, in network namespaces, by all three protocols."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .lab import PUBLIC_HOST, Device, Home, missing, reach

_WAIT_S = 30.0
_SHORT_S = 3

pytestmark = [
    pytest.mark.root,
    pytest.mark.xdist_group("portmap"),
    pytest.mark.skipif(bool(missing()), reason=missing() or "-"),
]


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    home = Home()
    try:
        home.build()
        yield home
    finally:
        home.close()


def wait_until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + _WAIT_S
    while not true():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.05)


@pytest.mark.parametrize("kind", ["udp", "tcp"])
@pytest.mark.parametrize("protocol", ["PCP", "NAT-PMP", "UPnP"])
def test_who_is_outside_comes_in_while_the_port_is_mapped(home: Home, kind: str, protocol: str) -> None:
    """PMAP4, PMAP5, PMAP9, PMAP12: a packet from outside arrives, and none does after the end."""
    with home.daemon():
        with Device(home, kind, protocol) as device:
            outcome = device.outcome()
            assert outcome["state"] == "OPEN"
            host, port = outcome["external"]
            assert host == PUBLIC_HOST
            assert reach(home, kind, host, port) == "echo hello"
        assert home.mappings() == ""


def test_without_a_mapping_nobody_comes_in(home: Home) -> None:
    """What the test above shows is the mapping's doing."""
    with Device(home, "udp") as device:
        assert device.outcome()["external"] is None
        assert reach(home, "udp", PUBLIC_HOST, 4000, tries=2) == ""


def test_mappings_live_as_long_as_their_devices(home: Home) -> None:
    """PMAP10, PMAP12: they are renewed; when nobody does that any more they are over."""
    with home.daemon(), ExitStack() as stack:
        devices = [
            stack.enter_context(Device(home, "udp", protocol, lifetime_s=_SHORT_S))
            for protocol in ("PCP", "NAT-PMP", "UPnP")
        ]
        outside = [device.outcome()["external"] for device in devices]
        # Longer than what was given at first.
        time.sleep(_SHORT_S + 1)
        for host, port in outside:
            assert reach(home, "udp", host, port) == "echo hello"
        for device in devices:
            device.die()
        wait_until(lambda: home.mappings() == "")


def test_a_router_that_restarts_is_told_again(home: Home) -> None:
    """PMAP10."""
    with ExitStack() as stack:
        with home.daemon():
            device = stack.enter_context(Device(home, "tcp"))
            host, port = device.outcome()["external"]
        stack.enter_context(home.daemon())
        assert home.mappings() == ""
        device.hurry()
        wait_until(lambda: home.mappings() != "")
        assert reach(home, "tcp", host, port) == "echo hello"


def test_ports_the_router_does_not_map(home: Home) -> None:
    """PMAP3: UPnP alone, because miniupnpd 2.3.1 never ends its search after such a request in PCP."""
    with home.daemon(natpmp=False, allowed="1024-1025"), Device(home, "udp") as device:
        outcome = device.outcome()
        assert (outcome["external"], outcome["state"]) == (None, "REFUSED")
        assert "UPnP" in outcome["refusal"]
        assert home.mappings() == ""


@pytest.mark.parametrize("protocol", ["PCP", "NAT-PMP"])
def test_a_router_behind_another_nat(home: Home, protocol: str) -> None:
    """PMAP11: this one refuses by itself; those that do not are in `test_mapping`."""
    with home.wan_address("100.64.1.10"), home.daemon(), Device(home, "udp", protocol) as device:
        outcome = device.outcome()
        assert (outcome["external"], outcome["state"]) == (None, "REFUSED")
        assert outcome["refusal"]
        assert home.mappings() == ""
