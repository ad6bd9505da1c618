"""What the network says about datagrams to a peer: docs/protocol/stun.md, TURN24."""

import asyncio
import socket

import pytest

from hutong.edge.relay import RelayServer
from hutong.edge.relay.relay_port import IcmpError, RelayPort
from hutong.protocols.stun import Address, DropReason, SendToClient
from hutong.protocols.stun.address import decode_xor_address
from hutong.protocols.stun.attributes import AttributeType, encode_icmp
from hutong.protocols.stun.message import Message, MessageClass, Method, parse_message

from .loopback import HOST, RelayStarter, open_mirror, open_turn, turn_protocol, until
from .turn_client import PEER, TurnClient, answer_of, dropped


def test_icmp_goes_to_the_client_that_has_a_permission(client: TurnClient) -> None:
    """TURN24."""
    allocated = client.allocate()
    icmp = encode_icmp(3, 4, 1280)
    now = client.clock.now
    refused = client.core.relay_refused(allocated.allocation_id, PEER, icmp, now)
    assert refused == dropped(DropReason.NO_PERMISSION)
    client.create_permission(PEER)
    (effect,) = client.core.relay_refused(allocated.allocation_id, PEER, icmp, now)
    assert isinstance(effect, SendToClient)
    indication = answer_of([effect])
    assert (indication.method, indication.message_class) == (Method.DATA, MessageClass.INDICATION)
    assert indication.get(AttributeType.DATA) is None
    # RFC 8656 section 18.13: two bytes reserved, the type in 7 bits, the code in 9, the MTU.
    assert indication.get(AttributeType.ICMP) == bytes.fromhex("0000 0604 00000500")
    client.refresh(0)
    late = client.core.relay_refused(allocated.allocation_id, PEER, icmp, now)
    assert late == dropped(DropReason.NO_ALLOCATION)


def closed_port(host: str) -> Address:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as gone:
        gone.bind((host, 0))
        return Address(*gone.getsockname()[:2])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_peer_that_is_not_there_is_told(relay: RelayServer, transport: str) -> None:
    """TURN24: port unreachable, from the real kernel; and other peers are reached meanwhile."""
    mirror, peer = await open_mirror()
    turn, inbox = await open_turn(relay, transport=transport)
    protocol = turn_protocol(turn)
    told: asyncio.Queue[Message] = asyncio.Queue()
    received = protocol.datagram_received

    def tap(data: bytes, addr: object) -> None:
        if data[:1] < b"\x40" and parse_message(data).message_class is MessageClass.INDICATION:
            told.put_nowait(parse_message(data))
        else:
            received(data, addr)

    protocol.datagram_received = tap
    turn.sendto(b"open", peer)
    assert await inbox.next() == (b"open", peer)
    gone = closed_port(HOST)
    for _ in range(3):
        turn.sendto(b"anybody?", gone)
        message = await asyncio.wait_for(told.get(), 10)
        value = message.get(AttributeType.XOR_PEER_ADDRESS)
        assert value is not None
        assert decode_xor_address(value, message.transaction_id) == gone
        assert message.get(AttributeType.ICMP) == encode_icmp(3, 3, 0)
        turn.sendto(b"you", peer)
        assert await inbox.next() == (b"you", peer)
    turn.close()
    await until(lambda: relay.allocation_count == 0)
    mirror.close()


async def test_icmp_over_ipv6(start_relay: RelayStarter) -> None:
    """TURN24: the errors are read, whoever takes them."""
    relay = await start_relay(host="::1", relay_addresses=["::1"])
    assert relay._fast_path is not None
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as bound:
        bound.bind(("::1", 0))
        bound.setblocking(False)
        port = RelayPort(bound, 1, "::1")
        gone = closed_port("::1")
        assert port.send(b"anybody?", gone)
        errors: list[IcmpError] = []
        async with asyncio.timeout(10):
            while not errors:
                errors = port.read_errors()
                await asyncio.sleep(0)
        assert errors == [(gone, encode_icmp(1, 4, 0))]
