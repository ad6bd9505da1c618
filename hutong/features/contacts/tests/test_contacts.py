from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa

from hutong.features.contacts import service, store
from hutong.features.identity import store as identity_store
from hutong.features.identity.api import Identity
from hutong.platform.connection import MESSAGE_BYTES_MAX
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.platform.events import class_of
from hutong.platform.writer import Transaction
from hutong.schema import contacts_pb2 as pb
from hutong.schema import identity_pb2
from hutong.testing import Client, TestServer, refused


async def contacts(client: Client) -> dict[str, pb.Contact]:
    reply = await client.call("Contacts.List", pb.ListRequest())
    return {contact.profile.user: contact for contact in reply.contacts}


async def relation(client: Client, other: Client) -> pb.Relation:
    found = (await contacts(client)).get(other.user)
    return found.relation if found else pb.RELATION_NONE


async def test_signed_out_nothing_is_answered(server: TestServer) -> None:
    for name in ("Find", "List", "Ask", "Answer", "Remove", "Block"):
        with refused(Unauthenticated, "signed_out"):
            request = server.method(f"Contacts.{name}").request_class()
            await Client(server).call(f"Contacts.{name}", request)


async def test_finding_by_handle(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    found = await alice.call("Contacts.Find", pb.FindRequest(handle=" @Bobby "))
    assert found.contact == pb.Contact(profile=bobby.profile)
    myself = await alice.call("Contacts.Find", pb.FindRequest(handle="alice"))
    assert myself.contact.relation == pb.RELATION_SELF
    with refused(NotFound, "no_such_handle"):
        await alice.call("Contacts.Find", pb.FindRequest(handle="nobody"))


async def test_harvesting_handles_is_slow(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    for number in range(service.FINDS.burst):
        with refused(NotFound, "no_such_handle"):
            await alice.call("Contacts.Find", pb.FindRequest(handle=f"guess{number}"))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Contacts.Find", pb.FindRequest(handle="alice"))
    server.clock.advance(service.FINDS.every_s)
    await alice.call("Contacts.Find", pb.FindRequest(handle="alice"))


async def test_becoming_contacts(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    await bobby.follow(bobby.inbox)
    asked = await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user, greeting=" Alice from work "))
    assert asked.contact.relation == pb.RELATION_REQUESTED
    (heard,) = bobby.bodies(pb.ContactChanged)
    assert heard.contact.profile == alice.profile
    assert (heard.contact.relation, heard.contact.greeting) == (pb.RELATION_ASKED, "Alice from work")
    server.clock.advance(5)
    answer = await bobby.call("Contacts.Answer", pb.AnswerRequest(user=alice.user, accept=True))
    assert answer.contact.relation == pb.RELATION_CONTACT
    assert answer.contact.since_ms == server.clock.now_ms()
    assert await relation(alice, bobby) == pb.RELATION_CONTACT
    assert await relation(bobby, alice) == pb.RELATION_CONTACT


async def test_a_retry_asks_once(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    await bobby.follow(bobby.inbox)
    key, request = server.new_key(), pb.AskRequest(user=bobby.user)
    first = await alice.call("Contacts.Ask", request, key=key)
    await bobby.call("Contacts.Answer", pb.AnswerRequest(user=alice.user, accept=True))
    assert await alice.call("Contacts.Ask", request, key=key) == first
    kinds = [each.contact.relation for each in bobby.bodies(pb.ContactChanged)]
    assert kinds == [pb.RELATION_ASKED, pb.RELATION_CONTACT]


@pytest.mark.parametrize("method", ["Ask", "Answer", "Remove", "Block"])
async def test_nobody_relates_to_oneself_or_to_nobody(server: TestServer, method: str) -> None:
    (alice,) = await server.people("alice")
    request_class = server.method(f"Contacts.{method}").request_class
    with refused(InvalidArgument, "self"):
        await alice.call(f"Contacts.{method}", request_class(user=alice.user))
    with refused(NotFound, "no_such_user"):
        await alice.call(f"Contacts.{method}", request_class(user="nobody"))
    assert not await contacts(alice)


async def test_nobody_answers_what_was_not_asked(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user))
    for accept in (True, False):
        with refused(FailedPrecondition, "not_asked"):
            await alice.call("Contacts.Answer", pb.AnswerRequest(user=bobby.user, accept=accept))
    assert await relation(bobby, alice) == pb.RELATION_ASKED


async def test_greetings_are_short(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    with refused(InvalidArgument, "bad_length"):
        await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user, greeting="x" * 141))
    assert not await contacts(bobby)


async def test_a_refused_person_is_not_told(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user))
    await alice.follow(alice.inbox, after=100)
    await bobby.call("Contacts.Answer", pb.AnswerRequest(user=alice.user, accept=False))
    assert await relation(alice, bobby) == pb.RELATION_REQUESTED
    assert not await contacts(bobby)
    assert not alice.bodies(pb.ContactChanged)


async def test_removing_ends_it_for_both(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    await alice.call("Contacts.Remove", pb.RemoveRequest(user=bobby.user))
    assert not await contacts(alice)
    assert not await contacts(bobby)


async def test_who_knew_an_account_that_ends_is_told_what_it_is_now(server: TestServer) -> None:
    """Or their devices would show its name and picture for as long as they keep them."""
    alice, bobby = await server.friends("alice", "bobby")
    await bobby.follow(bobby.inbox)
    identity = server.core.platform.use(Identity)
    await server.core.platform.writer.work(lambda tx: identity.delete(tx, alice.user))
    await bobby.until(lambda: bobby.bodies(pb.ContactChanged))
    contact = bobby.bodies(pb.ContactChanged)[-1].contact
    assert (contact.profile.user, contact.relation) == (alice.user, pb.RELATION_NONE)
    assert contact.profile.deleted
    assert "Alice" not in str(contact)


async def test_a_blocked_person_is_not_heard_and_not_told(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    blocked = await bobby.call("Contacts.Block", pb.BlockRequest(user=alice.user, blocked=True))
    assert blocked.contact.blocked
    await bobby.follow(bobby.inbox, after=100)
    found = await alice.call("Contacts.Find", pb.FindRequest(handle="bobby"))
    assert not found.contact.blocked
    await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user))
    assert not bobby.bodies(pb.ContactChanged)
    assert (await contacts(bobby))[alice.user].relation == pb.RELATION_NONE
    await bobby.call("Contacts.Block", pb.BlockRequest(user=alice.user, blocked=False))
    assert not await contacts(bobby)
    await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user))
    assert await relation(bobby, alice) == pb.RELATION_ASKED


async def test_changing_ones_mind_is_bounded(server: TestServer) -> None:
    """Each time is an event that stays."""
    alice, bobby = await server.friends("alice", "bobby")
    for number in range(service.CHANGES.burst):
        block = pb.BlockRequest(user=bobby.user, blocked=number % 2 == 0)
        await alice.call("Contacts.Block", block)
    for name, request in (
        ("Block", pb.BlockRequest(user=bobby.user, blocked=True)),
        ("Remove", pb.RemoveRequest(user=bobby.user)),
        ("Answer", pb.AnswerRequest(user=bobby.user)),
    ):
        with refused(ResourceExhausted, "rate_limited"):
            await alice.call(f"Contacts.{name}", request)
    assert await relation(alice, bobby) == pb.RELATION_CONTACT


async def test_asking_is_slow_for_those_who_ask_everybody(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    for _ in range(service.ASKS.burst):
        await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Contacts.Ask", pb.AskRequest(user=bobby.user))


def fill(user: str, count: int, tx: Transaction) -> None:
    """Give a user contacts whose profiles are as long as they can be."""
    people = [
        {
            "user": f"u{number:011}",
            "handle": f"{number:032}",
            "name": "名" * 64,
            "about": "言" * 280,
            "picture": "f" * 64,
            "password_hash": "",
            "admin": False,
            "language": "",
            "created_at_ms": 0,
        }
        for number in range(count)
    ]
    tx.execute(sa.insert(identity_store.account), people)
    rows = [
        store.Row(user, each["user"], pb.RELATION_ASKED, greeting="您" * 140, since_ms=1)._asdict()
        for each in people
        if isinstance(each["user"], str)
    ]
    tx.execute(sa.insert(store.relation), rows)


async def test_a_full_list_still_fits_into_a_reply(server: TestServer) -> None:
    """Strangers with long names must not be able to break somebody's list."""
    alice, bobby = await server.people("alice", "bobby")
    await server.core.platform.writer.work(partial(fill, alice.user, service.ROWS_MAX))
    reply = await alice.call("Contacts.List", pb.ListRequest())
    assert len(reply.contacts) == service.ROWS_MAX
    assert reply.ByteSize() < MESSAGE_BYTES_MAX - 1024
    for asker, asked in ((alice, bobby), (bobby, alice)):
        with refused(ResourceExhausted, "too_many_contacts"):
            await asker.call("Contacts.Ask", pb.AskRequest(user=asked.user))


async def test_old_state_plus_events_is_the_fresh_state(server: TestServer) -> None:
    """LOG15, for everything that can happen between two people."""
    alice, bobby = await server.people("alice", "bobby")
    for person in (alice, bobby):
        await person.follow(person.inbox)

    def folded(person: Client) -> dict[str, pb.Contact]:
        state: dict[str, pb.Contact] = {}
        for event in person.events:
            if class_of(event.kind) is pb.ContactChanged:
                contact = pb.ContactChanged.FromString(event.body).contact
                state[contact.profile.user] = contact
                if contact.relation == pb.RELATION_NONE and not contact.blocked:
                    del state[contact.profile.user]
            if class_of(event.kind) is identity_pb2.ProfileChanged:
                profile = identity_pb2.ProfileChanged.FromString(event.body).profile
                if profile.user in state:
                    state[profile.user].profile.CopyFrom(profile)
        return state

    a, b = alice.user, bobby.user
    steps = [
        (alice, "Contacts.Ask", pb.AskRequest(user=b, greeting="hi")),
        (bobby, "Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name="Robert")),
        (bobby, "Contacts.Answer", pb.AnswerRequest(user=a, accept=False)),
        (alice, "Contacts.Ask", pb.AskRequest(user=b, greeting="hi again")),
        (alice, "Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name="Alicia")),
        (bobby, "Contacts.Answer", pb.AnswerRequest(user=a, accept=True)),
        (alice, "Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name="Alice", about="hello")),
        (bobby, "Contacts.Block", pb.BlockRequest(user=a, blocked=True)),
        (alice, "Contacts.Remove", pb.RemoveRequest(user=b)),
        (alice, "Contacts.Ask", pb.AskRequest(user=b)),
        (alice, "Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name="Alice 2")),
        (bobby, "Contacts.Block", pb.BlockRequest(user=a, blocked=False)),
        (bobby, "Contacts.Ask", pb.AskRequest(user=a)),
        (alice, "Contacts.Answer", pb.AnswerRequest(user=b, accept=True)),
        (bobby, "Contacts.Remove", pb.RemoveRequest(user=a)),
    ]
    for person, method, request in steps:
        await person.call(method, request)
        for each in (alice, bobby):
            assert folded(each) == await contacts(each), f"after {method} of {person.profile.handle}"
