"""How much may pass: docs/protocol/stun.md, TURN22."""

from hutong.protocols.stun import Address, DropReason, Limits, SendToClient, SendToPeer, StunServer
from hutong.protocols.stun.bandwidth import Bandwidth
from hutong.protocols.stun.channel_data import encode_channel_data
from hutong.protocols.stun.message import Method

from .turn_client import PEER, UDP_TRANSPORT, Clock, TurnClient, dropped, error_of, make_core, succeeded

NUMBER = 0x4001
KILOBYTE = encode_channel_data(NUMBER, bytes(1000), padded=False)


def bound(core: StunServer, clock: Clock, user: str, port: int) -> TurnClient:
    client = TurnClient(core, clock, user=user, client=Address("198.51.100.7", port))
    client.allocate()
    assert succeeded(client.channel_bind(NUMBER))
    return client


def test_a_user_has_a_bandwidth(clock: Clock) -> None:
    """TURN22: both ways, and all of the user's allocations together; beyond it 486."""
    core = make_core(limits=Limits(user_bytes_per_s_max=3000))
    first, second = bound(core, clock, "lin", 1), bound(core, clock, "lin", 2)
    assert isinstance(first.receive(KILOBYTE)[0], SendToPeer)
    assert isinstance(second.receive(KILOBYTE)[0], SendToPeer)
    assert isinstance(first.from_peer(1, PEER, bytes(1000))[0], SendToClient)
    assert first.receive(KILOBYTE) == dropped(DropReason.BANDWIDTH)
    assert second.from_peer(2, PEER, bytes(1000)) == dropped(DropReason.BANDWIDTH)
    assert second.send_indication(PEER, bytes(1000)) == dropped(DropReason.BANDWIDTH)
    further = TurnClient(core, clock, client=Address("198.51.100.7", 3))
    assert error_of(further.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 486
    other = bound(core, clock, "other", 4)
    assert isinstance(other.receive(KILOBYTE)[0], SendToPeer)
    clock.advance(1)
    assert isinstance(first.receive(KILOBYTE)[0], SendToPeer)
    assert succeeded(further.allocate().answer)


def test_everyone_together_has_a_bandwidth(clock: Clock) -> None:
    """TURN22: beyond it 508, and a standing allocation is not ended."""
    core = make_core(limits=Limits(bytes_per_s_max=2000))
    first, second = bound(core, clock, "first", 1), bound(core, clock, "second", 2)
    assert isinstance(first.receive(KILOBYTE)[0], SendToPeer)
    assert isinstance(second.receive(KILOBYTE)[0], SendToPeer)
    assert first.receive(KILOBYTE) == dropped(DropReason.BANDWIDTH)
    late = TurnClient(core, clock, user="late", client=Address("198.51.100.7", 3))
    assert error_of(late.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 508
    clock.advance(1)
    assert isinstance(second.receive(KILOBYTE)[0], SendToPeer)


def test_a_new_allocation_brings_no_new_bandwidth(clock: Clock) -> None:
    """TURN22."""
    core = make_core(limits=Limits(user_bytes_per_s_max=4000))
    for port in (1, 2, 3):
        client = bound(core, clock, "lin", port)
        assert isinstance(client.receive(KILOBYTE)[0], SendToPeer)
        client.refresh(0)
    again = TurnClient(core, clock, client=Address("198.51.100.7", 4))
    assert error_of(again.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 486


def test_the_budgets_remembered_are_bounded() -> None:
    """TURN22: of users without an allocation."""
    bandwidth = Bandwidth(user_bytes_per_s=1000, bytes_per_s=10**9, has_allocation=lambda user: user == b"0")
    mine = bandwidth.of(b"0", 0.0)
    assert mine.take(900, 0.0)
    for number in range(1, 5000):
        assert bandwidth.of(str(number).encode(), 0.0).take(900, 0.0)
    assert len(bandwidth._users) <= 1025
    assert bandwidth.of(b"0", 0.0) is mine


def test_two_clients_of_the_server_meet_in_the_core(clock: Clock) -> None:
    """TURN13: no packet leaves for another relayed address of this server; both users' bytes count."""
    core = make_core(limits=Limits(user_bytes_per_s_max=2500))
    first = TurnClient(core, clock, user="first", client=Address("198.51.100.7", 1), relay_port=50_001)
    second = TurnClient(core, clock, user="second", client=Address("198.51.100.7", 2), relay_port=50_002)
    here, there = first.allocate().relayed, second.allocate().relayed
    first.channel_bind(NUMBER, there)
    assert first.receive(KILOBYTE) == dropped(DropReason.NO_PERMISSION)
    second.channel_bind(NUMBER + 1, here)
    (arrived,) = first.receive(KILOBYTE)
    expected = encode_channel_data(NUMBER + 1, bytes(1000), padded=False)
    assert arrived == SendToClient(second.five_tuple, expected, 1000)
    assert first.receive(KILOBYTE) == dropped(DropReason.BANDWIDTH)
    (arrived,) = second.send_indication(here, b"back")
    assert arrived == SendToClient(first.five_tuple, encode_channel_data(NUMBER, b"back", padded=False), 4)
    second.refresh(0)
    clock.advance(1)
    (gone,) = first.receive(KILOBYTE)
    assert isinstance(gone, SendToPeer)
