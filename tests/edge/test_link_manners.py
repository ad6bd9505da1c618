"""The link port towards floods, silence and networks that give classes."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from hutong.edge import link as link_module
from hutong.edge import sockets
from hutong.edge.admission import HANDSHAKES, Admission
from hutong.platform.clock import ManualClock
from hutong.platform.limits import Limits, network_of
from hutong.schema import link_pb2
from tests.edge.linking import RawLink, dialled, link
from tests.edge.listening import Listening, listening, packet
from tests.edge.raw import connected
from tests.platform.scene import until

ASK = packet(link_pb2.Request(id=1, method=99_999))


async def check_alive(raw: RawLink) -> None:
    await raw.say(ASK)
    assert (await raw.reply()).error.reason == "unknown_method"


# ---- manners ----


async def test_a_handshake_that_does_not_end_in_time(
    edge: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "HANDSHAKE_TIMEOUT_S", 0.3)
    async with connected(edge.link_port) as silent, dialled(edge.link_port, edge.root) as begun:
        await begun.handshake()
        await silent.ended()
        await begun.ended()


async def test_a_link_is_not_bound_by_the_time_for_a_handshake(
    edge: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "HANDSHAKE_TIMEOUT_S", 2)
    async with link(edge.link_port, edge.root) as raw, connected(edge.link_port) as silent:
        await silent.ended()
        await check_alive(raw)


def test_half_open_connections_are_bounded() -> None:
    """The oldest makes room: somebody who is quick gets in also during a flood."""
    admission = Admission(Limits(ManualClock()), half_open_max=3)
    dropped: list[int] = []
    for number in range(5):
        assert admission.enter(number, f"192.0.2.{number}", partial(dropped.append, number))
    assert dropped == [0, 1]
    admission.leave(2)
    assert admission.enter(5, "192.0.2.9", lambda: dropped.append(5))
    assert dropped == [0, 1]
    assert admission.half_open == 3


def test_handshakes_of_a_network_are_limited() -> None:
    clock = ManualClock()
    admission = Admission(Limits(clock))

    def enter(address: str) -> bool:
        connection = object()
        entered = admission.enter(connection, address, lambda: None)
        admission.leave(connection)
        return entered

    assert all(enter(f"2001:db8::{number:x}") for number in range(HANDSHAKES.burst))
    assert not enter("2001:db8::ffff:1")
    assert enter("2001:db8:0:1::1")
    assert enter("192.0.2.1")
    clock.advance(HANDSHAKES.every_s)
    assert enter("2001:db8::ffff:1")
    assert not enter("2001:db8::ffff:1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("somewhere", "somewhere"),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_flood_of_handshakes_from_one_network(tmp_path: Path) -> None:
    async with listening(tmp_path, rate_limit_factor=1) as edge, AsyncExitStack() as stack:
        for _ in range(HANDSHAKES.burst + 50):
            raw = await stack.enter_async_context(connected(edge.link_port))
        await raw.ended()
        metrics = edge.server.core.metrics
        await until(lambda: b'hutong_link_handshakes_total{kind="refused"}' in metrics.text())


@pytest.mark.parametrize(("dscp", "tos"), [(18, 0x48), (0, 0)])
async def test_what_the_port_sends_is_marked(
    tmp_path: Path, dscp: int, tos: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: list[tuple[int, int, int]] = []

    def noticed(sock: socket.socket, mark: int) -> None:
        sockets.tune(sock, mark)
        options.append(
            (
                sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS),
                sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
                sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT),
            )
        )

    monkeypatch.setattr(link_module, "tune", noticed)
    async with listening(tmp_path, link_dscp=dscp) as edge, link(edge.link_port, edge.root):
        assert options == [(tos, 1, 32 * 1024)]
