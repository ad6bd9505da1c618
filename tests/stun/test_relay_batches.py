"""Many datagrams at once, past the core: docs/protocol/stun.md, TURN23."""

import errno
import random
import socket
from typing import Any

import aioice.stun
import pytest

from hutong.edge.relay import RelayServer, outbox
from hutong.edge.relay.outbox import Outbox, Run, name_of
from hutong.edge.relay.socket_address import pack, unpack
from hutong.edge.relay.system_calls import address_of, send_many
from hutong.protocols.stun import Address, Limits

from .loopback import HOST, WAIT_S, RelayStarter, open_mirror, open_turn, turn_protocol, until
from .test_relay_server import DropCounter

SIZES = (0, 1, 160, 1200, 1452, 1453, 9000, 65_000)


async def test_every_size_in_any_order_arrives_whole_and_in_its_order(relay: RelayServer) -> None:
    """TURN23: runs of one size, shorter ends, and what is too large to be segmented."""
    mirror, peer = await open_mirror()
    turn, inbox = await open_turn(relay)
    turn.sendto(b"open", peer)
    assert await inbox.next() == (b"open", peer)
    chosen = random.Random(7)
    for _ in range(6):
        count = chosen.randrange(1, 40)
        runs = [chosen.choice(SIZES[:6])] * count + [chosen.choice(SIZES[:4])] * 3 + [chosen.choice(SIZES)]
        datagrams = [number.to_bytes(2) + bytes(size) for number, size in enumerate(runs)]
        for datagram in datagrams:
            turn.sendto(datagram, peer)
        assert [(await inbox.next())[0] for _ in datagrams] == datagrams
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    mirror.close()


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_many_flows_do_not_mix(start_relay: RelayStarter) -> None:
    """TURN23: more datagrams than one batch holds, of many clients, both ways."""
    relay = await start_relay(limits=Limits(allocations_per_user_max=100))
    mirrors = [await open_mirror() for _ in range(4)]
    turns = [await open_turn(relay) for _ in range(12)]
    for number, (turn, inbox) in enumerate(turns):
        turn.sendto(b"open", mirrors[number % 4][1])
        await inbox.next()
    expected: list[list[bytes]] = []
    for number, (turn, _) in enumerate(turns):
        own = [bytes([number]) * (100 + (place // 7) % 3) for place in range(30)]
        expected.append(own)
        for datagram in own:
            turn.sendto(datagram, mirrors[number % 4][1])
    for (_, inbox), own in zip(turns, expected, strict=True):
        assert [(await inbox.next())[0] for _ in own] == own
    for turn, _ in turns:
        turn.close()
    await until(lambda: relay.allocation_count == 0)
    for mirror, _ in mirrors:
        mirror.close()


async def meet(relay: RelayServer) -> list[tuple[Any, Any, tuple[str, int]]]:
    """Two clients whose peers are each other's relayed addresses, with channels."""
    turns = [await open_turn(relay, user=user) for user in ("first", "second")]
    addresses = [turn.get_extra_info("sockname") for turn, _ in turns]
    for (turn, _), other in zip(turns, reversed(addresses), strict=True):
        await turn_protocol(turn).channel_bind(0x4000, other)
        inner = turn_protocol(turn)
        inner.channel_refresh_at[0x4000] = float("inf")
        inner.peer_to_channel[other] = 0x4000
        inner.channel_to_peer[0x4000] = other
    return [(*turn, other) for turn, other in zip(turns, reversed(addresses), strict=True)]


async def test_two_clients_meet_on_the_servers_one_port(relay: RelayServer) -> None:
    """TURN13, TURN23: nothing passes through the relay sockets."""
    (first, first_inbox, second_address), (second, second_inbox, first_address) = await meet(relay)
    assert relay._relays is not None
    ports = [port for ports in relay._relays._open.values() for port in ports.values()]
    assert len(ports) == 2
    for port in ports:
        # Nobody reads them any more.
        relay._fast_path._epoll.modify(port.fd, 0)  # type: ignore[union-attr]
    for number in range(50):
        first.sendto(b"to second %d" % number, second_address)
        second.sendto(b"to first %d" % number, first_address)
    for number in range(50):
        assert await second_inbox.next() == (b"to second %d" % number, first_address)
        assert await first_inbox.next() == (b"to first %d" % number, second_address)
    first.close()
    second.close()
    await until(lambda: relay.allocation_count == 0)


async def test_bandwidth_is_bounded_past_the_core(start_relay: RelayStarter) -> None:
    """TURN22: what is beyond is dropped, and 486 tells it to whoever asks for more."""
    meter = DropCounter()
    now = 100.0
    relay = await start_relay(meter=meter, limits=Limits(user_bytes_per_s_max=20_000), monotonic=lambda: now)
    mirror, peer = await open_mirror()
    turn, inbox = await open_turn(relay)
    turn.sendto(b"open", peer)
    await inbox.next()
    for _ in range(30):
        turn.sendto(bytes(1000), peer)
    # Each would pass twice, to the peer and back: all have come back, or were dropped on one way.
    await until(lambda: meter.drops["bandwidth"] + inbox.arrived.qsize() == 30)
    assert meter.drops["bandwidth"] >= 20
    with pytest.raises(aioice.stun.TransactionFailed) as refused:
        await open_turn(relay)
    assert refused.value.response.attributes["ERROR-CODE"][0] == 486
    while not inbox.arrived.empty():
        inbox.arrived.get_nowait()
    now += 1.0
    turn.sendto(b"again", peer)
    assert await inbox.next() == (b"again", peer)
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    mirror.close()


async def test_a_channel_ends_past_the_core_too(start_relay: RelayStarter) -> None:
    """TURN15, TURN23."""
    meter = DropCounter()
    now = 100.0
    relay = await start_relay(meter=meter, monotonic=lambda: now)
    mirror, peer = await open_mirror()
    turn, inbox = await open_turn(relay)
    turn.sendto(b"open", peer)
    await inbox.next()
    now += 599.0
    turn.sendto(b"still", peer)
    assert await inbox.next() == (b"still", peer)
    now += 0.5
    channel = next(iter(relay._fast_path._routes.values()))  # type: ignore[union-attr]
    (route,) = channel.values()
    route.channel.expires_at = now
    turn.sendto(b"late", peer)
    await until(lambda: meter.drops["no_channel"] == 1)
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    assert not next(iter(relay._fast_path._routes.values()))  # type: ignore[union-attr]
    mirror.close()


@pytest.mark.parametrize("frame", [b"\x40\x00", b"\x40\x00\x00\x05abcd", b"\x40\x00\xff\xff"])
async def test_frames_that_are_cut_short_are_dropped(start_relay: RelayStarter, frame: bytes) -> None:
    """TURN23, TURN16."""
    meter = DropCounter()
    relay = await start_relay(meter=meter)
    mirror, peer = await open_mirror()
    turn, inbox = await open_turn(relay)
    turn.sendto(b"open", peer)
    await inbox.next()
    turn_protocol(turn).transport.sendto(frame)
    await until(lambda: meter.drops["malformed"] == 1)
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    mirror.close()


class Pair:
    """A socket that sends, and one that receives."""

    def __init__(self) -> None:
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.bind((HOST, 0))
        self.receiver.settimeout(WAIT_S)
        self.name = name_of(pack(socket.AF_INET, Address(*self.receiver.getsockname())))

    def close(self) -> None:
        self.sender.close()
        self.receiver.close()


def run_of(memory: bytearray, sizes: list[int]) -> Run:
    run = Run()
    run.addresses = [address_of(memory)] * len(sizes)
    run.sizes = sizes
    return run


@pytest.mark.parametrize("refusal", [errno.EINVAL, errno.EIO])
def test_what_the_kernel_does_not_segment_goes_in_pieces(
    monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    """TURN23: a path that cannot segment loses nothing."""
    pair = Pair()
    real = send_many
    refused: list[int] = []

    def without_segments(fd: int, messages: int, count: int) -> int:
        if messages != box._single_address and not refused:
            refused.append(count)
            raise OSError(refusal, "no segmentation here")
        return real(fd, messages, count)

    monkeypatch.setattr(outbox, "send_many", without_segments)
    box = Outbox(16)
    memory = bytearray(b"x" * 100)
    box.put(pair.name, run_of(memory, [100, 100, 100, 40]))
    assert box.send(pair.sender.fileno()) == 0
    assert refused == [1]
    assert [len(pair.receiver.recv(200)) for _ in range(4)] == [100, 100, 100, 40]
    pair.close()


def test_an_earlier_error_loses_nothing() -> None:
    """TURN23: what ICMP told about one datagram is not the fate of the next."""
    pair = Pair()
    gone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    gone.bind((HOST, 0))
    nobody = name_of(pack(socket.AF_INET, Address(*gone.getsockname())))
    gone.close()
    pair.sender.setsockopt(socket.IPPROTO_IP, 11, 1)
    memory = bytearray(b"x" * 100)
    box = Outbox(16)
    for _ in range(3):
        box.put(nobody, run_of(memory, [100]))
        box.send(pair.sender.fileno())
        box.put(pair.name, run_of(memory, [100, 100]))
        box.put(pair.name, run_of(memory, [7]))
        assert box.send(pair.sender.fileno()) == 0
        assert box.send_one(pair.sender.fileno(), nobody, run_of(memory, [9])) == 0
        assert box.send_one(pair.sender.fileno(), pair.name, run_of(memory, [8])) == 0
        assert [len(pair.receiver.recv(200)) for _ in range(4)] == [100, 100, 7, 8]
    pair.close()


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, Address("192.0.2.1", 1)),
        (socket.AF_INET6, Address("2001:db8::1", 65_535)),
        (socket.AF_INET6, Address("::ffff:192.0.2.1", 3478)),
        (socket.AF_INET6, Address("fe80::1%lo", 3478)),
        (socket.AF_INET6, Address("fe80::1%9999", 3478)),
    ],
)
def test_socket_addresses_are_the_kernels(family: socket.AddressFamily, address: Address) -> None:
    packed = pack(family, address)
    assert unpack(packed) == address
    assert len(packed) == (16 if family == socket.AF_INET else 28)
