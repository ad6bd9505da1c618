"""Two families, and ports in pairs: docs/protocol/stun.md, TURN19 to TURN21."""

from collections.abc import Sequence

import pytest

from hutong.protocols.stun import (
    Address,
    CloseRelay,
    CloseReserved,
    DropReason,
    Family,
    Limits,
    OpenRelay,
    SendToClient,
    SendToPeer,
    StunServer,
    UnbindChannel,
)
from hutong.protocols.stun.address import decode_xor_address
from hutong.protocols.stun.attributes import AttributeType, encode_lifetime
from hutong.protocols.stun.channel_data import encode_channel_data
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

BOTH = frozenset(Family)
PEER_IPV6 = Address("2600::9", 5000)
RELAYED = {Family.IPV4: Address("192.0.2.1", 50_000), Family.IPV6: Address("2600::1", 50_000)}
REQUESTED = {
    Family.IPV4: (AttributeType.REQUESTED_ADDRESS_FAMILY, b"\1\0\0\0"),
    Family.IPV6: (AttributeType.REQUESTED_ADDRESS_FAMILY, b"\2\0\0\0"),
}
ADDITIONAL = (AttributeType.ADDITIONAL_ADDRESS_FAMILY, b"\2\0\0\0")
PAIR_OF_PORTS = (AttributeType.EVEN_PORT, b"\x80")
TOKEN = b"12345678"


@pytest.fixture
def core() -> StunServer:
    return make_core(families=BOTH)


def begin(client: TurnClient, attributes: Attributes) -> list[OpenRelay]:
    if not client.nonce:
        client.login()
    effects = client.receive(client.encode(Method.ALLOCATE, [UDP_TRANSPORT, *attributes]))
    assert all(isinstance(effect, OpenRelay) for effect in effects), effects
    return [effect for effect in effects if isinstance(effect, OpenRelay)]


def finish(
    client: TurnClient, opening: list[OpenRelay], *, failing: Sequence[Family] = (), token: bytes = b""
) -> Message:
    """Play the shell; only the last socket brings the answer."""
    for number, each in enumerate(opening):
        if each.family in failing:
            effects = client.core.relay_failed(each.allocation_id, each.family, client.clock.now)
        else:
            relayed = RELAYED[each.family]._replace(port=50_000 + each.allocation_id)
            effects = client.core.relay_opened(each.allocation_id, relayed, client.clock.now, token=token)
        assert bool(effects) == (number == len(opening) - 1)
    return answer_of(effects)


def relayed_in(answer: Message) -> list[Family]:
    values = answer.get_all(AttributeType.XOR_RELAYED_ADDRESS)
    return [decode_xor_address(value, answer.transaction_id).family for value in values]


@pytest.mark.parametrize("family", list(Family))
def test_a_client_may_choose_the_family(client: TurnClient, family: Family) -> None:
    """TURN19: and gets IPv4 when it does not."""
    answer = finish(client, begin(client, [REQUESTED[family]]))
    assert relayed_in(answer) == [family]


def test_without_a_choice_it_is_ipv4(client: TurnClient) -> None:
    """TURN19."""
    assert relayed_in(finish(client, begin(client, []))) == [Family.IPV4]


def test_a_client_may_have_both_families(client: TurnClient) -> None:
    """TURN19: and talk to peers of either."""
    opening = begin(client, [ADDITIONAL])
    assert [each.family for each in opening] == [Family.IPV4, Family.IPV6]
    answer = finish(client, opening)
    assert relayed_in(answer) == [Family.IPV4, Family.IPV6]
    assert answer.get(AttributeType.ADDRESS_ERROR_CODE) is None
    assert succeeded(client.create_permission(PEER, PEER_IPV6))
    for peer in (PEER, PEER_IPV6):
        sent = client.send_indication(peer, b"out")
        assert sent == [SendToPeer(opening[0].allocation_id, peer, b"out")]


@pytest.mark.parametrize("missing", list(Family))
def test_one_of_both_families_is_enough(client: TurnClient, missing: Family) -> None:
    """TURN19: the answer says which is missing, and why."""
    answer = finish(client, begin(client, [ADDITIONAL]), failing=[missing])
    assert succeeded(answer)
    assert relayed_in(answer) == [family for family in Family if family is not missing]
    assert answer.get(AttributeType.ADDRESS_ERROR_CODE) == bytes([missing, 0, 5, 8])
    answer = client.create_permission(PEER if missing is Family.IPV4 else PEER_IPV6)
    assert error_of(answer) == 443


def test_a_server_of_one_family_says_so(clock: Clock) -> None:
    """TURN19."""
    client = TurnClient(make_core(), clock)
    answer = finish(client, begin(client, [ADDITIONAL]))
    assert relayed_in(answer) == [Family.IPV4]
    assert answer.get(AttributeType.ADDRESS_ERROR_CODE) == bytes([Family.IPV6, 0, 4, 40])


def test_without_either_family_there_is_nothing(client: TurnClient) -> None:
    """TURN19, TURN18."""
    answer = finish(client, begin(client, [ADDITIONAL]), failing=list(Family))
    assert error_of(answer) == 508
    assert client.core.allocation_count == 0


@pytest.mark.parametrize(
    "attributes",
    [
        [ADDITIONAL, REQUESTED[Family.IPV6]],
        [ADDITIONAL, PAIR_OF_PORTS],
        [(AttributeType.ADDITIONAL_ADDRESS_FAMILY, b"\1\0\0\0")],
        [(AttributeType.ADDITIONAL_ADDRESS_FAMILY, b"\2")],
        [(AttributeType.RESERVATION_TOKEN, TOKEN), ADDITIONAL],
    ],
)
def test_what_does_not_go_together_is_a_bad_request(client: TurnClient, attributes: Attributes) -> None:
    """TURN19, TURN21."""
    assert error_of(client.call(Method.ALLOCATE, [UDP_TRANSPORT, *attributes])) == 400
    assert client.core.allocation_count == 0


def test_one_of_both_families_may_be_given_back(client: TurnClient) -> None:
    """TURN20: with its channels; the other one stays."""
    allocation_id = begin(client, [ADDITIONAL])[0].allocation_id
    client.core.relay_opened(allocation_id, RELAYED[Family.IPV4], client.clock.now)
    client.core.relay_opened(allocation_id, RELAYED[Family.IPV6], client.clock.now)
    client.channel_bind(0x4001, PEER)
    client.channel_bind(0x4002, PEER_IPV6)
    ends = (AttributeType.LIFETIME, encode_lifetime(0))
    effects = client.receive(client.encode(Method.REFRESH, [REQUESTED[Family.IPV6], ends]))
    assert succeeded(answer_of(effects))
    unbound = [effect for effect in effects if isinstance(effect, UnbindChannel)]
    assert [effect.channel.number for effect in unbound] == [0x4002]
    assert effects[-1] == CloseRelay(allocation_id, Family.IPV6)
    assert client.send_indication(PEER_IPV6, b"out") == dropped(DropReason.NO_PERMISSION)
    late = encode_channel_data(0x4002, b"out", padded=False)
    assert client.receive(late) == dropped(DropReason.NO_CHANNEL)
    sent = client.receive(encode_channel_data(0x4001, b"out", padded=False))
    assert sent == [SendToPeer(allocation_id, PEER, b"out")]
    assert error_of(client.call(Method.REFRESH, [REQUESTED[Family.IPV6]])) == 443
    effects = client.receive(client.encode(Method.REFRESH, [REQUESTED[Family.IPV4], ends]))
    assert effects[-1] == CloseRelay(allocation_id)
    assert client.core.allocation_count == 0


def test_a_pair_of_ports(core: StunServer, clock: Clock) -> None:
    """TURN21: the next port is kept for the same user's next allocation, once."""
    client = TurnClient(core, clock)
    (opening,) = begin(client, [PAIR_OF_PORTS])
    assert opening == OpenRelay(opening.allocation_id, Family.IPV4, even_port=True, reserve_next=True)
    answer = finish(client, [opening], token=TOKEN)
    assert answer.get(AttributeType.RESERVATION_TOKEN) == TOKEN
    token = (AttributeType.RESERVATION_TOKEN, TOKEN)
    thief = TurnClient(core, clock, user="thief", client=client.client._replace(port=4009))
    assert error_of(thief.call(Method.ALLOCATE, [UDP_TRANSPORT, token])) == 508
    second = TurnClient(core, clock, client=client.client._replace(port=4001))
    (taking,) = begin(second, [token])
    assert taking == OpenRelay(taking.allocation_id, Family.IPV4, even_port=False, token=TOKEN)
    assert succeeded(finish(second, [taking]))
    third = TurnClient(core, clock, client=client.client._replace(port=4002))
    assert error_of(third.call(Method.ALLOCATE, [UDP_TRANSPORT, token])) == 508


def test_a_reserved_port_is_given_up_after_thirty_seconds(client: TurnClient) -> None:
    """TURN21."""
    finish(client, begin(client, [PAIR_OF_PORTS]), token=TOKEN)
    client.clock.advance(30)
    assert client.core.next_deadline() == client.clock.now
    assert client.core.expire(client.clock.now) == [CloseReserved(TOKEN)]
    late = TurnClient(client.core, client.clock, client=client.client._replace(port=4001))
    token = (AttributeType.RESERVATION_TOKEN, TOKEN)
    assert error_of(late.call(Method.ALLOCATE, [UDP_TRANSPORT, token])) == 508


def test_reserved_ports_are_bounded(clock: Clock) -> None:
    """TURN21: those being opened count, and those that failed do not."""
    core = make_core(limits=Limits(reservations_max=1))
    clients = [TurnClient(core, clock, client=Address("198.51.100.7", port)) for port in (1, 2, 3)]
    (opening,) = begin(clients[0], [PAIR_OF_PORTS])
    assert error_of(clients[1].call(Method.ALLOCATE, [UDP_TRANSPORT, PAIR_OF_PORTS])) == 508
    assert error_of(finish(clients[0], [opening], failing=[Family.IPV4])) == 508
    assert succeeded(finish(clients[1], begin(clients[1], [PAIR_OF_PORTS]), token=TOKEN))
    assert error_of(clients[2].call(Method.ALLOCATE, [UDP_TRANSPORT, PAIR_OF_PORTS])) == 508
    clock.advance(30)
    assert core.expire(clock.now) == [CloseReserved(TOKEN)]
    (forgotten,) = begin(clients[2], [PAIR_OF_PORTS])
    clock.advance(600)
    core.expire(clock.now)
    late = core.relay_opened(forgotten.allocation_id, RELAYED[Family.IPV4], clock.now, token=b"87654321")
    assert late == [CloseRelay(forgotten.allocation_id), CloseReserved(b"87654321")]
    assert begin(TurnClient(core, clock), [PAIR_OF_PORTS])


def test_a_repeated_answer_is_the_same_with_its_token(client: TurnClient) -> None:
    """TURN8, TURN21."""
    client.login()
    request = client.encode(Method.ALLOCATE, [UDP_TRANSPORT, PAIR_OF_PORTS])
    (opening,) = client.receive(request)
    assert isinstance(opening, OpenRelay)
    answer = finish(client, [opening], token=TOKEN)
    (again,) = client.receive(request)
    assert isinstance(again, SendToClient)
    assert answer_of([again]) == answer
