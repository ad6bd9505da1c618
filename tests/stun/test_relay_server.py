"""The shell on real sockets, on asyncio and on uvloop."""

import asyncio
import socket
import time
from collections import Counter

import aioice.stun
import pytest
from prometheus_client import CollectorRegistry

from hutong.edge.relay import PrometheusMeter, RelayServer
from hutong.edge.relay import connections as connections_module
from hutong.edge.relay.meter import SilentMeter
from hutong.edge.relay.stream import UNSENT_BYTES_MAX
from hutong.protocols.stun import Limits, turn_requests
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.message import MessageClass, Method, encode_message, parse_message

from .loopback import (
    HOST,
    SECRET,
    WAIT_S,
    RelayStarter,
    open_echo,
    open_mirror,
    open_turn,
    relay_server,
    turn_protocol,
    until,
)

BINDING = encode_message(Method.BINDING, MessageClass.REQUEST, bytes(12), [])


async def ask_udp(port: int, data: bytes, host: str = HOST) -> bytes:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect((host, port))
        await loop.sock_sendall(client, data)
        return await asyncio.wait_for(loop.sock_recv(client, 65_536), WAIT_S)


async def test_udp_and_tcp_share_a_port(relay: RelayServer) -> None:
    answer = parse_message(await ask_udp(relay.port, BINDING))
    assert answer.message_class is MessageClass.SUCCESS
    reader, writer = await asyncio.open_connection(HOST, relay.port)
    writer.write(BINDING + BINDING)
    answers = await asyncio.wait_for(reader.readexactly(64), WAIT_S)
    assert parse_message(answers[:32]).message_class is MessageClass.SUCCESS
    writer.close()
    await writer.wait_closed()


async def test_ipv6_clients_and_ipv4_clients_of_the_wildcard(start_relay: RelayStarter) -> None:
    relay = await start_relay(host="::")
    for host, family in ((HOST, 1), ("::1", 2)):
        answer = parse_message(await ask_udp(relay.port, BINDING, host))
        mapped = answer.get(AttributeType.XOR_MAPPED_ADDRESS)
        assert mapped is not None
        assert mapped[1] == family


async def test_a_taken_port_is_an_error(start_relay: RelayStarter) -> None:
    relay = await start_relay()
    second = relay_server(port=relay.port)
    with pytest.raises(OSError, match="in use"):
        await second.start()
    await second.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"secret": b""},
        {"realm": ""},
        {"relay_addresses": ["relay.example.org"]},
        {"relay_addresses": ["0.0.0.0"]},
        {"relay_addresses": ["::"]},
        {"host": "localhost"},
        {"port_range": (50_000, 49_999)},
        {"port_range": (0, 10)},
        {"port_range": (60_000, 65_536)},
    ],
)
def test_wrong_settings_are_refused_at_once(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        relay_server(**settings)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_data_goes_through_the_relay(relay: RelayServer, transport: str) -> None:
    echo, peer = await open_echo()
    turn, inbox = await open_turn(relay, transport=transport)
    assert relay.allocation_count == 1
    for size in (1, 2, 3, 4, 1200, 40_000):
        turn.sendto(bytes(size), peer)
        assert await inbox.next() == (b"echo " + bytes(size), peer)
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    echo.close()


async def test_two_clients_meet_through_their_relays(relay: RelayServer) -> None:
    first, first_inbox = await open_turn(relay, user="first")
    second, second_inbox = await open_turn(relay, user="second", transport="tcp")
    second_address = second.get_extra_info("sockname")
    first_address = first.get_extra_info("sockname")
    # The first packet may come before the other side's permission: each sends until it is heard.
    async with asyncio.timeout(WAIT_S):
        while first_inbox.arrived.empty() or second_inbox.arrived.empty():
            first.sendto(b"to second", second_address)
            second.sendto(b"to first", first_address)
            await asyncio.sleep(0.01)
    assert await first_inbox.next() == (b"to first", second_address)
    assert await second_inbox.next() == (b"to second", first_address)
    first.close()
    second.close()
    await until(lambda: relay.allocation_count == 0)


async def test_strangers_do_not_get_through(relay: RelayServer) -> None:
    """TURN14."""
    echo, peer = await open_echo()
    turn, inbox = await open_turn(relay)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        # On loopback every host is the same, so the stranger comes before any permission.
        stranger.sendto(b"unasked", turn.get_extra_info("sockname"))
        turn.sendto(b"hello", peer)
        assert await inbox.next() == (b"echo hello", peer)
    assert inbox.arrived.empty()
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    echo.close()


async def test_private_peers_are_refused_by_default(start_relay: RelayStarter) -> None:
    """TURN12."""
    relay = await start_relay(allow_private_peers=False)
    turn, _ = await open_turn(relay)
    with pytest.raises(aioice.stun.TransactionFailed) as refused:
        await turn_protocol(turn).channel_bind(0x4000, (HOST, 9))
    assert refused.value.response.attributes["ERROR-CODE"][0] == 403
    turn.close()
    await until(lambda: relay.allocation_count == 0)


async def test_a_wrong_or_expired_credential_is_refused(start_relay: RelayStarter) -> None:
    """TURN1, TURN5."""
    for settings in ({"secret": b"south"}, {"unix_time": lambda: time.time() + 7200}):
        relay = await start_relay(**settings)
        with pytest.raises(aioice.stun.TransactionFailed) as refused:
            await open_turn(relay)
        assert refused.value.response.attributes["ERROR-CODE"][0] == 401
        assert relay.allocation_count == 0


async def test_an_allocation_expires_by_the_clock_it_is_given(start_relay: RelayStarter) -> None:
    """TURN10."""
    ahead_s = 0.0
    relay = await start_relay(monotonic=lambda: time.monotonic() + ahead_s)
    turn, _ = await open_turn(relay)
    assert relay.allocation_count == 1
    ahead_s = 601.0
    await ask_udp(relay.port, BINDING)
    assert relay.allocation_count == 0
    turn.close()


async def test_an_allocation_expires_without_any_packet(
    start_relay: RelayStarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TURN10: the timer does it."""
    monkeypatch.setattr(turn_requests, "LIFETIME_S_DEFAULT", 1)
    relay = await start_relay(limits=Limits(lifetime_s_max=1))
    turn, _ = await open_turn(relay)
    turn_protocol(turn).transport.abort()
    assert relay.allocation_count == 1
    await until(lambda: relay.allocation_count == 0)
    turn.close()


async def test_a_closed_connection_ends_its_allocation(relay: RelayServer) -> None:
    """TURN10."""
    turn, _ = await open_turn(relay, transport="tcp")
    assert relay.allocation_count == 1
    turn_protocol(turn).transport.abort()
    await until(lambda: relay.allocation_count == 0)
    turn.close()


async def test_closing_the_relay_closes_everything(relay: RelayServer) -> None:
    over_udp, _ = await open_turn(relay)
    over_tcp, _ = await open_turn(relay, transport="tcp")
    lost = turn_protocol(over_tcp).transport
    await relay.close()
    assert relay.allocation_count == 0
    await until(lost.is_closing)
    await relay.close()
    turn_protocol(over_udp).transport.abort()
    over_udp.close()
    over_tcp.close()


@pytest.mark.parametrize("garbage", [b"\0\1\0\3", b"\x16\x03\x01\x02\x00\x01", b"\xff" * 40])
async def test_a_connection_that_is_not_stun_is_closed(relay: RelayServer, garbage: bytes) -> None:
    """STUN8."""
    reader, writer = await asyncio.open_connection(HOST, relay.port)
    writer.write(garbage)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), WAIT_S)
    writer.close()


async def test_an_idle_connection_is_closed(
    monkeypatch: pytest.MonkeyPatch, start_relay: RelayStarter
) -> None:
    """STUN8: but not one with an allocation."""
    monkeypatch.setattr(connections_module, "CONNECTION_IDLE_S_MAX", 0.05)
    relay = await start_relay()
    turn, _ = await open_turn(relay, transport="tcp")
    reader, writer = await asyncio.open_connection(HOST, relay.port)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), WAIT_S)
    assert relay.allocation_count == 1
    writer.close()
    turn.close()
    await until(lambda: relay.allocation_count == 0)


async def test_connections_from_one_host_are_bounded(
    monkeypatch: pytest.MonkeyPatch, start_relay: RelayStarter
) -> None:
    """STUN8: a closed one makes room."""
    monkeypatch.setattr(connections_module, "CONNECTIONS_PER_HOST_MAX", 1)
    relay = await start_relay()
    reader, writer = await asyncio.open_connection(HOST, relay.port)
    writer.write(BINDING)
    await asyncio.wait_for(reader.readexactly(32), WAIT_S)
    late_reader, late_writer = await asyncio.open_connection(HOST, relay.port)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(late_reader.readexactly(1), WAIT_S)
    late_writer.close()
    writer.close()
    await until(lambda: not relay._connections)
    assert not relay._connections._per_host
    reader, writer = await asyncio.open_connection(HOST, relay.port)
    writer.write(BINDING)
    await asyncio.wait_for(reader.readexactly(32), WAIT_S)
    writer.close()


class DropCounter(SilentMeter):
    """Counts why something was dropped."""

    def __init__(self) -> None:
        self.drops: Counter[str] = Counter()

    def dropped(self, reason: str, packets: int = 1) -> None:
        self.drops[reason] += packets


async def test_a_client_that_does_not_read_gets_no_more_than_a_bound(
    start_relay: RelayStarter,
) -> None:
    """TURN16: what waits for it is bounded, the rest is dropped as on UDP."""
    meter = DropCounter()
    relay = await start_relay(meter=meter)
    mirror, peer = await open_mirror()
    turn, inbox = await open_turn(relay, transport="tcp")
    turn.sendto(b"open", peer)
    assert await inbox.next() == (b"open", peer)
    turn_protocol(turn).transport.pause_reading()
    async with asyncio.timeout(WAIT_S):
        while not meter.drops["not_sent"]:
            mirror.sendto(bytes(40_000), turn.get_extra_info("sockname"))
            await asyncio.sleep(0)
    (connection,) = relay._connections._open.values()
    assert connection._transport.get_write_buffer_size() <= UNSENT_BYTES_MAX
    turn_protocol(turn).transport.abort()
    await until(lambda: relay.allocation_count == 0)
    turn.close()
    mirror.close()


async def test_relay_ports_come_from_the_operators_range(start_relay: RelayStarter) -> None:
    """TURN9: and when the range is used up, that is insufficient capacity."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        only = probe.getsockname()[1]
    relay = await start_relay(port_range=(only, only))
    turn, _ = await open_turn(relay)
    assert turn.get_extra_info("sockname") == (HOST, only)
    with pytest.raises(aioice.stun.TransactionFailed) as refused:
        await open_turn(relay, user="late")
    assert refused.value.response.attributes["ERROR-CODE"][0] == 508
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    again, _ = await open_turn(relay, user="late")
    again.close()
    await until(lambda: relay.allocation_count == 0)


async def test_the_relayed_address_is_the_advertised_one(start_relay: RelayStarter) -> None:
    """TURN7: as behind a one-to-one NAT."""
    relay = await start_relay(relay_addresses=["203.0.113.5"])
    turn, _ = await open_turn(relay)
    assert turn.get_extra_info("sockname")[0] == "203.0.113.5"
    turn.close()
    await until(lambda: relay.allocation_count == 0)


async def test_what_is_relayed_is_counted(start_relay: RelayStarter) -> None:
    registry = CollectorRegistry()
    relay = await start_relay(meter=PrometheusMeter(registry))
    echo, peer = await open_echo()
    turn, inbox = await open_turn(relay)
    turn.sendto(b"hello", peer)
    await inbox.next()
    await ask_udp(relay.port, BINDING)
    turn_protocol(turn).transport.sendto(b"\x40\xff\0\0")

    def value(name: str, **labels: str) -> float:
        return registry.get_sample_value(f"hutong_relay_{name}", labels) or 0.0

    await until(lambda: value("dropped_total", reason="no_channel") == 1)
    assert value("allocations_open") == 1
    # What goes past the core is told ten times a second.
    await until(lambda: value("packets_total", direction="to_peer") == 1)
    assert value("bytes_total", direction="to_peer") == 5
    assert value("packets_total", direction="to_client") == 1
    assert value("bytes_total", direction="to_client") == 10
    turn.close()
    await until(lambda: value("allocations_open") == 0)
    echo.close()


def test_the_secret_is_not_shown() -> None:
    assert SECRET.decode() not in repr(relay_server().options)
