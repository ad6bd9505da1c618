"""Permissions, channels and data: docs/protocol/stun.md, TURN12 to TURN18."""

import pytest

from hutong.protocols.stun import (
    Address,
    DropReason,
    Limits,
    SendToClient,
    SendToPeer,
    StunServer,
    Transport,
)
from hutong.protocols.stun.address import decode_xor_address
from hutong.protocols.stun.attributes import AttributeType, encode_channel_number
from hutong.protocols.stun.channel_data import encode_channel_data
from hutong.protocols.stun.forwarding import DATAGRAM_BYTES_MAX, INDICATION_PAYLOAD_BYTES_MAX
from hutong.protocols.stun.message import MessageClass, Method

from .turn_client import (
    LISTENER,
    PEER,
    UDP_TRANSPORT,
    Clock,
    TurnClient,
    answer_of,
    dropped,
    error_of,
    make_core,
    succeeded,
)

NUMBER = 0x4001
OTHER_PORT = PEER._replace(port=6000)
OTHER_PEER = PEER._replace(host="203.0.113.10")
PRIVATE = Address("10.0.0.1", 80)
PEER_IPV6 = Address("2600::9", 5000)
DONT_FRAGMENT = (AttributeType.DONT_FRAGMENT, b"")


def test_nothing_passes_without_a_permission(client: TurnClient) -> None:
    """TURN14."""
    allocated = client.allocate()
    assert client.send_indication(PEER, b"out") == dropped(DropReason.NO_PERMISSION)
    arrived = client.from_peer(allocated.allocation_id, PEER, b"in")
    assert arrived == dropped(DropReason.NO_PERMISSION)


def test_a_permission_is_for_a_host_on_every_port(client: TurnClient) -> None:
    """TURN14."""
    allocated = client.allocate()
    assert succeeded(client.create_permission(PEER))
    for peer in (PEER, OTHER_PORT):
        sent = client.send_indication(peer, b"out")
        assert sent == [SendToPeer(allocated.allocation_id, peer, b"out")]
        (arrived,) = client.from_peer(allocated.allocation_id, peer, b"in")
        assert isinstance(arrived, SendToClient)
        assert (arrived.five_tuple, arrived.relayed_bytes) == (client.five_tuple, 2)
        indication = answer_of([arrived])
        assert indication.method == Method.DATA
        assert indication.message_class is MessageClass.INDICATION
        value = indication.get(AttributeType.XOR_PEER_ADDRESS)
        assert value is not None
        assert decode_xor_address(value, indication.transaction_id) == peer
        assert indication.get(AttributeType.DATA) == b"in"
    assert client.send_indication(OTHER_PEER, b"out") == dropped(DropReason.NO_PERMISSION)


def test_a_permission_ends_after_five_minutes_unless_refreshed(client: TurnClient) -> None:
    """TURN14."""
    client.allocate()
    client.create_permission(PEER)
    client.clock.advance(299)
    client.create_permission(PEER)
    client.clock.advance(299)
    assert isinstance(client.send_indication(PEER, b"out")[0], SendToPeer)
    client.clock.advance(1)
    assert client.send_indication(PEER, b"out") == dropped(DropReason.NO_PERMISSION)


def test_permissions_are_given_all_or_none(client: TurnClient) -> None:
    """TURN14, TURN18."""
    client.allocate()
    assert error_of(client.create_permission(PEER, PRIVATE)) == 403
    assert client.send_indication(PEER, b"out") == dropped(DropReason.NO_PERMISSION)
    assert succeeded(client.create_permission(PEER, OTHER_PEER))
    for peer in (PEER, OTHER_PEER):
        assert isinstance(client.send_indication(peer, b"out")[0], SendToPeer)


def test_a_permission_needs_a_peer(client: TurnClient) -> None:
    """TURN14."""
    client.allocate()
    assert error_of(client.create_permission()) == 400
    broken = [(AttributeType.XOR_PEER_ADDRESS, b"\0\1")]
    assert error_of(client.call(Method.CREATE_PERMISSION, broken)) == 400


def test_permissions_are_bounded(clock: Clock) -> None:
    """TURN14: those that ended make room."""
    client = TurnClient(make_core(limits=Limits(permissions_per_allocation_max=2)), clock)
    client.allocate()
    assert succeeded(client.create_permission(PEER, OTHER_PEER))
    third = PEER._replace(host="203.0.113.11")
    assert error_of(client.create_permission(third)) == 508
    assert error_of(client.channel_bind(NUMBER, third)) == 508
    assert client.core.receive(
        encode_channel_data(NUMBER, b"out", padded=False), client.five_tuple, clock.now, clock.unix
    ) == dropped(DropReason.NO_CHANNEL)
    assert succeeded(client.create_permission(PEER))
    clock.advance(300)
    assert succeeded(client.create_permission(third))


@pytest.mark.parametrize("peer", [PRIVATE, Address("127.0.0.1", 53), Address("224.0.0.1", 1)])
def test_peers_inside_the_operators_network_are_refused(client: TurnClient, peer: Address) -> None:
    """TURN12."""
    client.allocate()
    assert error_of(client.create_permission(peer)) == 403
    assert error_of(client.channel_bind(NUMBER, peer)) == 403


def test_the_operator_may_allow_private_peers(clock: Clock) -> None:
    """TURN12."""
    client = TurnClient(make_core(allow_private_peers=True), clock)
    client.allocate()
    assert succeeded(client.create_permission(PRIVATE))
    assert succeeded(client.channel_bind(NUMBER, Address("127.0.0.1", 53)))
    assert error_of(client.create_permission(Address("0.0.0.0", 53))) == 403


def test_a_peer_of_another_family_is_a_mismatch(client: TurnClient) -> None:
    """TURN12: an IPv4 address wrapped in IPv6 is of another family as well."""
    client.allocate()
    for peer in (PEER_IPV6, Address("::ffff:7f00:1", 80)):
        assert error_of(client.channel_bind(NUMBER, peer)) in {443, 403}
    assert error_of(client.create_permission(PEER_IPV6)) == 443


def test_the_relay_never_talks_to_its_own_listener(client: TurnClient) -> None:
    """TURN13: or a ring of allocations could pass one packet round for ever."""
    allocated = client.allocate()
    assert error_of(client.channel_bind(NUMBER, LISTENER)) == 403
    assert succeeded(client.create_permission(LISTENER))
    assert client.send_indication(LISTENER, b"out") == dropped(DropReason.NO_PERMISSION)
    arrived = client.from_peer(allocated.allocation_id, LISTENER, b"in")
    assert arrived == dropped(DropReason.NO_PERMISSION)
    # Another client's relayed address on the same host is a peer like any other.
    relayed = LISTENER._replace(port=50_001)
    assert isinstance(client.send_indication(relayed, b"out")[0], SendToPeer)


def send_on_channel(client: TurnClient, payload: bytes, number: int = NUMBER) -> list[object]:
    return list(client.receive(encode_channel_data(number, payload, padded=False)))


def test_a_channel_carries_both_ways(client: TurnClient) -> None:
    """TURN15."""
    allocated = client.allocate()
    assert succeeded(client.channel_bind(NUMBER))
    expected = SendToPeer(allocated.allocation_id, PEER, b"out")
    assert send_on_channel(client, b"out") == [expected]
    (arrived,) = client.from_peer(allocated.allocation_id, PEER, b"in")
    assert arrived == SendToClient(client.five_tuple, encode_channel_data(NUMBER, b"in", padded=False), 2)


def test_a_channel_permits_its_host(client: TurnClient) -> None:
    """TURN15: other ports of the host come as Data indications."""
    allocated = client.allocate()
    client.channel_bind(NUMBER)
    (arrived,) = client.from_peer(allocated.allocation_id, OTHER_PORT, b"in")
    assert answer_of([arrived]).method == Method.DATA


def test_a_channel_needs_to_be_bound(client: TurnClient) -> None:
    """TURN15."""
    assert send_on_channel(client, b"out") == dropped(DropReason.NO_ALLOCATION)
    client.allocate()
    assert send_on_channel(client, b"out") == dropped(DropReason.NO_CHANNEL)
    client.channel_bind(NUMBER)
    assert send_on_channel(client, b"out", NUMBER + 1) == dropped(DropReason.NO_CHANNEL)


def test_a_channel_ends_after_ten_minutes_unless_bound_again(client: TurnClient) -> None:
    """TURN15: meanwhile it carries both ways although the permission has ended."""
    allocated = client.allocate()
    client.refresh(3600)
    client.channel_bind(NUMBER)
    client.clock.advance(599)
    assert client.channel_bind(NUMBER).message_class is MessageClass.SUCCESS
    client.clock.advance(599)
    (arrived,) = client.from_peer(allocated.allocation_id, PEER, b"in")
    assert isinstance(arrived, SendToClient)
    assert client.send_indication(PEER, b"out") == dropped(DropReason.NO_PERMISSION)
    client.clock.advance(1)
    assert send_on_channel(client, b"out") == dropped(DropReason.NO_CHANNEL)
    arrived_late = client.from_peer(allocated.allocation_id, PEER, b"in")
    assert arrived_late == dropped(DropReason.NO_PERMISSION)
    # Both the number and the peer are free again.
    assert succeeded(client.channel_bind(NUMBER, OTHER_PEER))
    assert succeeded(client.channel_bind(NUMBER + 1, PEER))


def test_a_channel_and_its_peer_belong_together(client: TurnClient) -> None:
    """TURN15, TURN18."""
    allocated = client.allocate()
    client.channel_bind(NUMBER)
    assert error_of(client.channel_bind(NUMBER, OTHER_PEER)) == 400
    assert error_of(client.channel_bind(NUMBER, OTHER_PORT)) == 400
    assert error_of(client.channel_bind(NUMBER + 1)) == 400
    client.channel_bind(NUMBER + 1, OTHER_PEER)
    assert error_of(client.channel_bind(NUMBER + 1)) == 400
    assert send_on_channel(client, b"x") == [SendToPeer(allocated.allocation_id, PEER, b"x")]


@pytest.mark.parametrize("number", [0x0000, 0x3FFF, 0x8000, 0xFFFF])
def test_a_channel_number_must_be_one(client: TurnClient, number: int) -> None:
    """TURN15."""
    client.allocate()
    assert error_of(client.channel_bind(number)) == 400


def test_a_channel_needs_a_number_and_a_peer(client: TurnClient) -> None:
    """TURN15."""
    client.allocate()
    assert error_of(client.call(Method.CHANNEL_BIND)) == 400
    number = [(AttributeType.CHANNEL_NUMBER, encode_channel_number(NUMBER))]
    assert error_of(client.call(Method.CHANNEL_BIND, number)) == 400


def test_channels_are_bounded(clock: Clock) -> None:
    """TURN15, TURN18: a refused channel leaves no permission."""
    client = TurnClient(make_core(limits=Limits(channels_per_allocation_max=1)), clock)
    client.allocate()
    client.channel_bind(NUMBER)
    assert error_of(client.channel_bind(NUMBER + 1, OTHER_PEER)) == 508
    assert client.send_indication(OTHER_PEER, b"out") == dropped(DropReason.NO_PERMISSION)
    assert succeeded(client.channel_bind(NUMBER))


def test_channel_data_is_padded_on_streams_only(core: StunServer, clock: Clock) -> None:
    """TURN16."""
    client = TurnClient(core, clock, transport=Transport.TCP)
    allocated = client.allocate()
    client.channel_bind(NUMBER)
    (arrived,) = client.from_peer(allocated.allocation_id, PEER, b"abcde")
    assert isinstance(arrived, SendToClient)
    assert arrived.data == bytes.fromhex("40010005") + b"abcde\0\0\0"
    padded = encode_channel_data(NUMBER, b"abcde", padded=True)
    assert client.receive(padded) == [SendToPeer(allocated.allocation_id, PEER, b"abcde")]


def test_an_empty_datagram_is_carried(client: TurnClient) -> None:
    allocated = client.allocate()
    client.channel_bind(NUMBER)
    assert send_on_channel(client, b"") == [SendToPeer(allocated.allocation_id, PEER, b"")]
    assert isinstance(client.from_peer(allocated.allocation_id, PEER, b"")[0], SendToClient)


def test_dont_fragment_is_handed_on_when_the_shell_can(clock: Clock) -> None:
    """TURN17."""
    client = TurnClient(make_core(dont_fragment=True), clock)
    allocated = client.allocate([UDP_TRANSPORT, DONT_FRAGMENT])
    assert succeeded(allocated.answer)
    client.create_permission(PEER)
    expected = SendToPeer(allocated.allocation_id, PEER, b"out", dont_fragment=True)
    assert client.send_indication(PEER, b"out", [DONT_FRAGMENT]) == [expected]


def test_dont_fragment_is_dropped_when_the_shell_cannot(client: TurnClient) -> None:
    """TURN17."""
    client.allocate()
    client.create_permission(PEER)
    sent = client.send_indication(PEER, b"out", [DONT_FRAGMENT])
    assert sent == dropped(DropReason.MALFORMED)


def test_an_indication_with_something_essential_unknown_is_dropped(client: TurnClient) -> None:
    """STUN4."""
    client.allocate()
    client.create_permission(PEER)
    data = bytearray(client_indication(client))
    # DONT-FRAGMENT becomes 0x0027, which is not understood.
    at = data.index(b"\x00\x1a\x00\x00")
    data[at + 1] = 0x27
    assert client.receive(bytes(data)) == dropped(DropReason.MALFORMED)


def client_indication(client: TurnClient) -> bytes:
    """Return the bytes of a Send indication with DONT-FRAGMENT."""
    kept: list[bytes] = []

    class Recorder(TurnClient):
        def receive(self, data: bytes) -> list[object]:  # type: ignore[override]
            kept.append(data)
            return []

    Recorder(client.core, client.clock).send_indication(PEER, b"out", [DONT_FRAGMENT])
    return kept[0]


@pytest.mark.parametrize("transport", list(Transport))
@pytest.mark.parametrize("bound", [True, False])
def test_no_size_of_datagram_breaks_the_core(
    core: StunServer, clock: Clock, transport: Transport, bound: bool
) -> None:
    """TURN16: what fits no frame is dropped."""
    client = TurnClient(core, clock, transport=transport)
    allocated = client.allocate()
    if bound:
        client.channel_bind(NUMBER)
    else:
        client.create_permission(PEER)
    # The frame's header, and the padding of a Data indication to whole words.
    largest = {
        (Transport.UDP, True): DATAGRAM_BYTES_MAX - 4,
        (Transport.UDP, False): (DATAGRAM_BYTES_MAX - 36) // 4 * 4,
        (Transport.TCP, True): 65_535,
        (Transport.TCP, False): INDICATION_PAYLOAD_BYTES_MAX,
    }[transport, bound]
    for size in {0, 1, largest - 1, largest, min(largest + 1, 65_535), 65_527, 65_535}:
        effects = client.from_peer(allocated.allocation_id, PEER, bytes(size))
        if size <= largest:
            assert isinstance(effects[0], SendToClient)
        else:
            assert effects == dropped(DropReason.TOO_LARGE)


def test_a_payload_no_datagram_can_carry_is_dropped(core: StunServer, clock: Clock) -> None:
    """TURN16: a TCP client can frame more than a relay can send."""
    client = TurnClient(core, clock, transport=Transport.TCP)
    client.allocate()
    client.channel_bind(NUMBER)
    assert isinstance(send_on_channel(client, bytes(DATAGRAM_BYTES_MAX))[0], SendToPeer)
    too_large = dropped(DropReason.TOO_LARGE)
    assert send_on_channel(client, bytes(DATAGRAM_BYTES_MAX + 1)) == too_large
    assert client.send_indication(PEER, bytes(DATAGRAM_BYTES_MAX + 1)) == too_large


def test_what_arrives_after_the_end_is_dropped(client: TurnClient) -> None:
    allocated = client.allocate()
    client.refresh(0)
    arrived = client.from_peer(allocated.allocation_id, PEER, b"late")
    assert arrived == dropped(DropReason.NO_ALLOCATION)
