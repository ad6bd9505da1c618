"""NAT behaviour discovery, the server's side: docs/protocol/stun.md, STUN9 to STUN11."""

import pytest

from hutong.protocols.stun import Address, Discovery, SendToClient, StunServer, Transport
from hutong.protocols.stun.address import decode_address
from hutong.protocols.stun.attributes import AttributeType, encode_change_request
from hutong.protocols.stun.message import Method, parse_message

from .turn_client import (
    LISTENER,
    UDP_TRANSPORT,
    Attributes,
    Clock,
    TurnClient,
    answer_of,
    error_of,
    make_core,
)

OTHER = Address("192.0.2.2", 3479)
DISCOVERY = Discovery(LISTENER, OTHER)


@pytest.fixture
def core() -> StunServer:
    return make_core(discovery=DISCOVERY)


def ask(client: TurnClient, attributes: Attributes = ()) -> SendToClient:
    (effect,) = client.receive(client.encode(Method.BINDING, attributes, signed=False))
    assert isinstance(effect, SendToClient)
    return effect


def address_in(effect: SendToClient, kind: AttributeType) -> Address:
    value = parse_message(effect.data).get(kind)
    assert value is not None
    return decode_address(value)


@pytest.mark.parametrize("at", DISCOVERY.addresses)
@pytest.mark.parametrize("change_host", [False, True])
@pytest.mark.parametrize("change_port", [False, True])
def test_answers_come_from_where_they_are_asked_to(
    core: StunServer, clock: Clock, at: Address, change_host: bool, change_port: bool
) -> None:
    """STUN9, STUN10."""
    client = TurnClient(core, clock, server=at)
    change = encode_change_request(address=change_host, port=change_port)
    effect = ask(client, [(AttributeType.CHANGE_REQUEST, change)])
    origin = effect.five_tuple.server
    assert origin == address_in(effect, AttributeType.RESPONSE_ORIGIN)
    assert origin in DISCOVERY.addresses
    assert (origin.host != at.host) == change_host
    assert (origin.port != at.port) == change_port
    other = address_in(effect, AttributeType.OTHER_ADDRESS)
    assert other in DISCOVERY.addresses
    assert other.host != at.host
    assert other.port != at.port
    assert effect.five_tuple.client == client.client


def test_an_answer_may_go_to_another_port(client: TurnClient) -> None:
    """STUN10."""
    effect = ask(client, [(AttributeType.RESPONSE_PORT, b"\x12\x34\0\0")])
    assert effect.five_tuple.client == client.client._replace(port=0x1234)
    assert effect.five_tuple.server == LISTENER


def test_padding_comes_back_and_no_more_than_was_sent(client: TurnClient) -> None:
    """STUN11, TURN3."""
    request = client.encode(Method.BINDING, [(AttributeType.PADDING, bytes(1400))], signed=False)
    (effect,) = client.receive(request)
    assert isinstance(effect, SendToClient)
    padding = parse_message(effect.data).get(AttributeType.PADDING)
    assert padding is not None
    assert len(padding) > 1300
    assert len(effect.data) <= len(request)


@pytest.mark.parametrize(
    "attributes",
    [
        [(AttributeType.PADDING, b""), (AttributeType.RESPONSE_PORT, b"\x12\x34\0\0")],
        [(AttributeType.RESPONSE_PORT, b"\0\0\0\0")],
        [(AttributeType.RESPONSE_PORT, b"\1")],
        [(AttributeType.CHANGE_REQUEST, b"\0")],
    ],
)
def test_what_cannot_be_asked_is_a_bad_request(client: TurnClient, attributes: Attributes) -> None:
    """STUN10, STUN11."""
    assert error_of(parse_message(ask(client, attributes).data)) == 400


@pytest.mark.parametrize(
    "extra",
    [
        (AttributeType.CHANGE_REQUEST, encode_change_request(address=True, port=True)),
        (AttributeType.RESPONSE_PORT, b"\x12\x34\0\0"),
        (AttributeType.PADDING, bytes(8)),
    ],
)
def test_without_a_second_address_it_is_not_understood(
    clock: Clock, extra: tuple[AttributeType, bytes]
) -> None:
    """STUN9: nor in any request but Binding."""
    plain = TurnClient(make_core(), clock)
    answer = parse_message(ask(plain, [extra]).data)
    assert error_of(answer) == 420
    assert answer.get(AttributeType.UNKNOWN_ATTRIBUTES) == int(extra[0]).to_bytes(2)
    discovering = TurnClient(make_core(discovery=DISCOVERY), clock)
    assert error_of(discovering.call(Method.ALLOCATE, [UDP_TRANSPORT, extra])) == 420


def test_over_tcp_an_answer_stays_on_its_connection(core: StunServer, clock: Clock) -> None:
    """STUN9."""
    client = TurnClient(core, clock, transport=Transport.TCP)
    assert answer_of([ask(client)]).get(AttributeType.OTHER_ADDRESS) is None
    change = encode_change_request(address=False, port=True)
    effect = ask(client, [(AttributeType.CHANGE_REQUEST, change)])
    assert error_of(parse_message(effect.data)) == 400
    assert effect.five_tuple == client.five_tuple


@pytest.mark.parametrize(
    "other", [LISTENER, LISTENER._replace(port=3479), OTHER._replace(port=3478), Address("2600::1", 3479)]
)
def test_one_address_is_not_two(other: Address) -> None:
    with pytest.raises(ValueError, match="two addresses"):
        Discovery(LISTENER, other)
