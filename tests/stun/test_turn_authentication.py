"""Who may use the relay: docs/protocol/stun.md, TURN1 to TURN6."""

import pytest

from hutong.protocols.stun import Limits, SendToClient, StunServer
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.message import Integrity, MessageClass, Method, encode_message

from .turn_client import (
    UDP_TRANSPORT,
    Clock,
    TurnClient,
    answer_of,
    error_of,
    make_core,
    succeeded,
)

TURN_REQUESTS = [
    Method.ALLOCATE,
    Method.REFRESH,
    Method.CREATE_PERMISSION,
    Method.CHANNEL_BIND,
]


@pytest.mark.parametrize("method", TURN_REQUESTS)
def test_every_request_needs_a_login(client: TurnClient, method: Method) -> None:
    """TURN1."""
    answer = answer_of(client.receive(client.encode(method, [UDP_TRANSPORT], signed=False)))
    assert error_of(answer) == 401
    assert answer.get(AttributeType.REALM) == b"hutong"
    assert answer.get(AttributeType.NONCE)
    assert answer.get(AttributeType.MESSAGE_INTEGRITY) is None
    assert client.core.allocation_count == 0


@pytest.mark.parametrize("missing", [AttributeType.USERNAME, AttributeType.REALM, AttributeType.NONCE])
def test_an_incomplete_login_is_a_bad_request(client: TurnClient, missing: AttributeType) -> None:
    """TURN1."""
    client.login()
    login = [
        (AttributeType.USERNAME, client.username),
        (AttributeType.REALM, client.realm),
        (AttributeType.NONCE, client.nonce),
    ]
    request = encode_message(
        Method.ALLOCATE,
        MessageClass.REQUEST,
        client.transaction_id(),
        [UDP_TRANSPORT, *[pair for pair in login if pair[0] is not missing]],
        integrity=(Integrity.SHA1, client.key),
    )
    answer = answer_of(client.receive(request))
    assert error_of(answer) == 400
    assert answer.get(AttributeType.MESSAGE_INTEGRITY) is None


@pytest.mark.parametrize("wrong", ["key", "username", "realm"])
def test_a_wrong_login_is_refused(client: TurnClient, wrong: str) -> None:
    """TURN1."""
    client.login()
    if wrong == "key":
        client.key = b"another key 1234"
    elif wrong == "username":
        client.username = b"1:" + client.username
    else:
        client.realm = b"elsewhere"
    answer = answer_of(client.receive(client.encode(Method.ALLOCATE, [UDP_TRANSPORT])))
    assert error_of(answer) == 401
    assert client.core.allocation_count == 0


def test_a_changed_request_is_refused(client: TurnClient) -> None:
    """TURN1: the integrity covers the attributes."""
    client.login()
    request = bytearray(client.encode(Method.ALLOCATE, [UDP_TRANSPORT]))
    request[24] = 6
    assert error_of(answer_of(client.receive(bytes(request)))) == 401


@pytest.mark.parametrize("integrity", list(Integrity))
def test_answers_are_signed_as_the_requests_were(
    core: StunServer, clock: Clock, integrity: Integrity
) -> None:
    """STUN7."""
    client = TurnClient(core, clock, integrity=integrity)
    answer = client.allocate().answer
    assert succeeded(answer)
    assert answer.integrity_holds(integrity, client.key)
    refused = client.call(Method.CREATE_PERMISSION)
    assert error_of(refused) == 400
    assert refused.integrity_holds(integrity, client.key)


def test_a_nonce_expires(core: StunServer, clock: Clock) -> None:
    """TURN2: the answer to a stale nonce brings a fresh one."""
    client = TurnClient(core, clock, credential_lifetime_s=10_000)
    client.allocate()
    clock.advance(590)
    assert succeeded(answer_of(client.refresh(3600)))
    clock.advance(3100)
    answer = answer_of(client.refresh(3600))
    assert error_of(answer) == 438
    fresh = answer.get(AttributeType.NONCE)
    assert fresh
    client.nonce = fresh
    assert succeeded(answer_of(client.refresh(3600)))


def test_a_nonce_serves_only_the_client_it_was_given_to(core: StunServer, clock: Clock) -> None:
    """TURN2: a request overheard on the way is worth nothing from another address."""
    victim = TurnClient(core, clock)
    victim.login()
    overheard = victim.encode(Method.ALLOCATE, [UDP_TRANSPORT])
    thief = TurnClient(core, clock, client=victim.client._replace(port=4001))
    assert error_of(answer_of(thief.receive(overheard))) == 438


def test_a_challenge_is_small(client: TurnClient) -> None:
    """TURN3: no more than 32 bytes above the smallest Allocate request."""
    request = client.encode(Method.ALLOCATE, [UDP_TRANSPORT], signed=False)
    (effect,) = client.receive(request)
    assert isinstance(effect, SendToClient)
    assert len(effect.data) <= len(request) + 32
    answer = answer_of([effect])
    assert answer.get(AttributeType.SOFTWARE) is None


def test_an_expired_credential_makes_no_allocation(core: StunServer, clock: Clock) -> None:
    """TURN5."""
    client = TurnClient(core, clock, credential_lifetime_s=60)
    client.login()
    clock.advance(59)
    assert succeeded(client.allocate().answer)
    clock.advance(1)
    late = TurnClient(core, clock, client=client.client._replace(port=4001))
    late.username, late.key = client.username, client.key
    assert error_of(late.call(Method.ALLOCATE, [UDP_TRANSPORT])) == 401


def test_a_live_allocation_outlives_its_credential_for_a_while(clock: Clock) -> None:
    """TURN6: a call must not break because it lasts longer than the credential."""
    core = make_core(limits=Limits(expired_grace_s=1000))
    client = TurnClient(core, clock, credential_lifetime_s=60)
    client.allocate()
    clock.advance(500)
    assert succeeded(answer_of(client.refresh(3600)))
    clock.advance(559)
    assert succeeded(answer_of(client.refresh(3600)))
    clock.advance(1)
    assert error_of(answer_of(client.refresh(3600))) == 401


def test_the_grace_is_for_the_allocations_own_user(clock: Clock) -> None:
    """TURN6."""
    core = make_core()
    owner = TurnClient(core, clock, user="owner")
    owner.allocate()
    other = TurnClient(core, clock, user="other", credential_lifetime_s=1)
    clock.advance(1)
    assert error_of(other.call(Method.REFRESH)) == 401
