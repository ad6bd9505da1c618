"""Allocate and Refresh: docs/protocol/stun.md, TURN7 to TURN11."""

import pytest

from hutong.protocols.stun import (
    Address,
    CloseRelay,
    DropReason,
    Family,
    Limits,
    OpenRelay,
    SendToClient,
    StunServer,
    Transport,
)
from hutong.protocols.stun.address import decode_xor_address
from hutong.protocols.stun.attributes import AttributeType, decode_lifetime, encode_lifetime
from hutong.protocols.stun.message import Message, Method

from .turn_client import (
    PEER,
    UDP_TRANSPORT,
    Attributes,
    Clock,
    TurnClient,
    answer_of,
    dropped,
    error_of,
    make_core,
    succeeded,
)

IPV4 = (AttributeType.REQUESTED_ADDRESS_FAMILY, b"\1\0\0\0")
IPV6 = (AttributeType.REQUESTED_ADDRESS_FAMILY, b"\2\0\0\0")
EVEN = (AttributeType.EVEN_PORT, b"\0")
TOKEN = (AttributeType.RESERVATION_TOKEN, b"12345678")
DONT_FRAGMENT = (AttributeType.DONT_FRAGMENT, b"")


def lifetime_of(answer: Message) -> int:
    value = answer.get(AttributeType.LIFETIME)
    assert value is not None
    return decode_lifetime(value)


def test_an_allocation_tells_its_addresses_and_lifetime(client: TurnClient) -> None:
    """TURN7."""
    allocated = client.allocate()
    answer = allocated.answer
    assert succeeded(answer)
    relayed = answer.get(AttributeType.XOR_RELAYED_ADDRESS)
    mapped = answer.get(AttributeType.XOR_MAPPED_ADDRESS)
    assert relayed is not None
    assert mapped is not None
    assert decode_xor_address(relayed, answer.transaction_id) == allocated.relayed
    assert decode_xor_address(mapped, answer.transaction_id) == client.client
    assert lifetime_of(answer) == 600
    assert client.core.has_allocation(client.five_tuple)


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ([], 400),
        ([(AttributeType.REQUESTED_TRANSPORT, b"\x11")], 400),
        ([(AttributeType.REQUESTED_TRANSPORT, bytes([6, 0, 0, 0]))], 442),
        ([UDP_TRANSPORT, IPV6], 440),
        ([UDP_TRANSPORT, (AttributeType.REQUESTED_ADDRESS_FAMILY, b"\3\0\0\0")], 440),
        ([UDP_TRANSPORT, (AttributeType.REQUESTED_ADDRESS_FAMILY, b"\1")], 400),
        ([UDP_TRANSPORT, (AttributeType.EVEN_PORT, b"\x80\0")], 400),
        ([UDP_TRANSPORT, TOKEN], 508),
        ([UDP_TRANSPORT, TOKEN, EVEN], 400),
        ([UDP_TRANSPORT, TOKEN, IPV4], 400),
        ([UDP_TRANSPORT, DONT_FRAGMENT], 420),
        ([UDP_TRANSPORT, (AttributeType.LIFETIME, b"\0")], 400),
    ],
)
def test_what_cannot_be_allocated_is_refused(client: TurnClient, attributes: Attributes, code: int) -> None:
    """TURN7, TURN18: and nothing is left behind."""
    answer = client.call(Method.ALLOCATE, attributes)
    assert error_of(answer) == code
    assert answer.integrity_holds(client.integrity, client.key)
    assert client.core.allocation_count == 0
    assert client.core.next_deadline() is None


@pytest.mark.parametrize(
    ("attributes", "even_port"), [([UDP_TRANSPORT, EVEN], True), ([UDP_TRANSPORT, IPV4], False)]
)
def test_the_shell_is_told_what_to_open(client: TurnClient, attributes: Attributes, even_port: bool) -> None:
    """TURN7."""
    opening, _ = client.begin_allocate(attributes)
    assert opening == OpenRelay(opening.allocation_id, Family.IPV4, even_port)


def test_a_server_of_ipv6_addresses_gives_them_only_when_asked(clock: Clock) -> None:
    """TURN7: who does not ask gets IPv4, or nothing."""
    client = TurnClient(make_core(families=frozenset({Family.IPV6})), clock)
    assert error_of(client.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 440
    opening, _ = client.begin_allocate([UDP_TRANSPORT, IPV6])
    assert opening.family is Family.IPV6


def test_a_repeated_allocate_gets_the_same_answer(client: TurnClient) -> None:
    """TURN8: the answer was lost, the client asks again."""
    allocated = client.allocate()
    (again,) = client.receive(allocated.request)
    assert isinstance(again, SendToClient)
    assert answer_of([again]) == allocated.answer
    assert client.core.allocation_count == 1


def test_a_repeated_allocate_waits_for_the_socket(client: TurnClient) -> None:
    """TURN8."""
    opening, request = client.begin_allocate()
    assert client.receive(request) == dropped(DropReason.PENDING)
    relayed = Address("192.0.2.1", 50_000)
    effects = client.core.relay_opened(opening.allocation_id, relayed, client.clock.now)
    assert succeeded(answer_of(effects))


def test_another_allocate_on_the_same_five_tuple_is_a_mismatch(core: StunServer, clock: Clock) -> None:
    """TURN8."""
    client = TurnClient(core, clock)
    client.allocate()
    assert error_of(client.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 437
    other = TurnClient(core, clock, user="other")
    other.login()
    other._transactions = client._transactions - 3
    for _ in range(4):
        assert error_of(other.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 437


def test_a_user_has_a_quota(clock: Clock) -> None:
    """TURN9: it counts across devices and credentials, and what ends is given back."""
    core = make_core(limits=Limits(allocations_per_user_max=2))
    clients = []
    for port in range(4000, 4003):
        clock.advance(1)
        clients.append(TurnClient(core, clock, client=Address("198.51.100.7", port)))
    clients[0].allocate()
    clients[1].allocate()
    assert clients[0].username != clients[1].username
    assert error_of(clients[2].call(Method.ALLOCATE, [UDP_TRANSPORT])) == 486
    other = TurnClient(core, clock, user="other", client=Address("198.51.100.7", 4009))
    other.allocate()
    clients[0].refresh(0)
    assert succeeded(clients[2].allocate().answer)


def test_the_server_has_a_capacity(clock: Clock) -> None:
    """TURN9."""
    core = make_core(limits=Limits(allocations_max=1))
    TurnClient(core, clock).allocate()
    late = TurnClient(core, clock, user="late", client=Address("198.51.100.7", 4001))
    assert error_of(late.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 508


def test_a_socket_that_cannot_be_opened_is_insufficient_capacity(client: TurnClient) -> None:
    """TURN9."""
    opening, _ = client.begin_allocate()
    answer = answer_of(client.core.relay_failed(opening.allocation_id, Family.IPV4, client.clock.now))
    assert error_of(answer) == 508
    assert answer.integrity_holds(client.integrity, client.key)
    assert client.core.allocation_count == 0
    assert succeeded(client.allocate().answer)


@pytest.mark.parametrize(
    ("asked_s", "given_s"), [(0, 600), (1, 600), (601, 601), (3600, 3600), (2**32 - 1, 3600)]
)
def test_the_lifetime_is_within_bounds(client: TurnClient, asked_s: int, given_s: int) -> None:
    """TURN10."""
    asked = (AttributeType.LIFETIME, encode_lifetime(asked_s))
    assert lifetime_of(client.allocate([UDP_TRANSPORT, asked]).answer) == given_s
    assert client.core.next_deadline() == client.clock.now + given_s


def test_an_allocation_expires(client: TurnClient) -> None:
    """TURN10."""
    allocated = client.allocate()
    client.clock.advance(599)
    assert client.core.expire(client.clock.now) == []
    client.clock.advance(1)
    assert client.core.next_deadline() == client.clock.now
    assert client.core.expire(client.clock.now) == [CloseRelay(allocated.allocation_id)]
    assert client.core.next_deadline() is None
    assert not client.core.has_allocation(client.five_tuple)


def test_an_expired_allocation_is_gone_even_before_the_shell_wakes_up(client: TurnClient) -> None:
    """TURN10."""
    allocated = client.allocate()
    client.create_permission(PEER)
    client.clock.advance(600)
    effects = client.send_indication(PEER, b"late")
    assert effects[0] == CloseRelay(allocated.allocation_id)
    assert effects[1:] == dropped(DropReason.NO_ALLOCATION)


def test_a_pending_allocation_expires_too(client: TurnClient) -> None:
    """TURN10: a shell that never answers leaks nothing, and one that answers late closes."""
    opening, _ = client.begin_allocate()
    client.clock.advance(600)
    closing = CloseRelay(opening.allocation_id)
    assert client.core.expire(client.clock.now) == [closing]
    late = client.core.relay_opened(opening.allocation_id, PEER, client.clock.now)
    assert late == [closing]
    assert client.core.relay_failed(opening.allocation_id, Family.IPV4, client.clock.now) == []


def test_a_refresh_extends(client: TurnClient) -> None:
    """TURN10: the first deadline may come early, but nothing ends at it."""
    client.allocate()
    client.clock.advance(500)
    answer = answer_of(client.refresh(1000))
    assert lifetime_of(answer) == 1000
    client.clock.advance(100)
    assert client.core.expire(client.clock.now) == []
    assert client.core.next_deadline() == client.clock.now + 900


def test_a_refresh_with_zero_ends(client: TurnClient) -> None:
    """TURN10: sent again, it is a mismatch, which a client takes for success."""
    allocated = client.allocate()
    effects = client.refresh(0)
    assert lifetime_of(answer_of(effects)) == 0
    assert effects[1:] == [CloseRelay(allocated.allocation_id)]
    assert error_of(answer_of(client.refresh(0))) == 437


def test_a_lost_connection_ends(core: StunServer, clock: Clock) -> None:
    """TURN10."""
    client = TurnClient(core, clock, transport=Transport.TCP)
    allocated = client.allocate()
    assert core.connection_lost(client.five_tuple) == [CloseRelay(allocated.allocation_id)]
    assert core.connection_lost(client.five_tuple) == []
    assert core.allocation_count == 0


@pytest.mark.parametrize("method", [Method.REFRESH, Method.CREATE_PERMISSION, Method.CHANNEL_BIND])
def test_requests_need_an_allocation(client: TurnClient, method: Method) -> None:
    """TURN11."""
    assert error_of(client.call(method)) == 437
    client.begin_allocate()
    assert error_of(client.call(method)) == 437


@pytest.mark.parametrize("method", [Method.REFRESH, Method.CREATE_PERMISSION, Method.CHANNEL_BIND])
def test_an_allocation_belongs_to_its_user(core: StunServer, clock: Clock, method: Method) -> None:
    """TURN11."""
    TurnClient(core, clock).allocate()
    assert error_of(TurnClient(core, clock, user="other").call(method)) == 441


def test_a_refresh_of_another_family_is_a_mismatch(client: TurnClient) -> None:
    """TURN11."""
    client.allocate()
    assert error_of(client.call(Method.REFRESH, [IPV6])) == 443
    assert succeeded(client.call(Method.REFRESH, [IPV4]))
