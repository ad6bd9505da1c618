from __future__ import annotations

import sqlalchemy as sa

from hutong.features.reactions import store
from hutong.features.reactions.service import EMOJI_PER_PERSON_MAX, REACTS
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.schema import chat_pb2, contacts_pb2
from hutong.schema import reactions_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def say(client: Client, log: str) -> int:
    request = chat_pb2.SendRequest(log=log, content=chat_pb2.Content(text="hello"))
    return int((await client.call("Chat.Send", request)).seq)


def react(log: str, seq: int, emoji: str = "👍", *, on: bool = True) -> pb.ReactRequest:
    return pb.ReactRequest(log=log, seq=seq, emoji=emoji, on=on)


async def test_a_reaction_reaches_everybody(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log)
    for client in (alice, bobby):
        await client.follow(log, after=seq)
    await bobby.call("Reactions.React", react(log, seq))
    await alice.call("Reactions.React", react(log, seq))  # also to one's own message
    for client in (alice, bobby):
        assert client.bodies(pb.Reacted) == [pb.Reacted(seq=seq, emoji="👍", on=True)] * 2
        assert [event.author for event in client.events] == [bobby.user, alice.user]


async def test_only_what_changes_something_is_an_event(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq, key = await say(alice, log), server.new_key()
    await bobby.follow(log, after=seq)
    await bobby.call("Reactions.React", react(log, seq, on=False))
    await bobby.call("Reactions.React", react(log, seq), key=key)
    await bobby.call("Reactions.React", react(log, seq), key=key)
    await bobby.call("Reactions.React", react(log, seq))
    await bobby.call("Reactions.React", react(log, seq, "❤️"))
    await bobby.call("Reactions.React", react(log, seq, on=False))
    await bobby.call("Reactions.React", react(log, seq, on=False))
    await bobby.call("Reactions.React", react(log, seq))
    said = [(each.emoji, each.on) for each in bobby.bodies(pb.Reacted)]
    assert said == [("👍", True), ("❤️", True), ("👍", False), ("👍", True)]


async def test_reactions_are_not_unread(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await bobby.call("Reactions.React", react(log, await say(bobby, log)))
    conversation = (await alice.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation
    assert conversation.unread == 1


async def test_who_may_react_to_what(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log)
    with refused(Unauthenticated, "signed_out"):
        await Client(server).call("Reactions.React", react(log, seq))
    with refused(NotFound, "no_such_log"):
        await carol.call("Reactions.React", react(log, seq))
    with refused(NotFound, "no_such_log"):
        await alice.call("Reactions.React", react(alice.inbox, 1))
    for nothing in (0, 1, 99):  # 1 says that the conversation was created
        with refused(NotFound, "no_such_event"):
            await bobby.call("Reactions.React", react(log, nothing))
    with refused(InvalidArgument, "not_an_emoji"):
        await bobby.call("Reactions.React", react(log, seq, "no"))
    await alice.call("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await bobby.call("Reactions.React", react(log, seq))
    assert (await alice.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation.head == seq


async def test_a_recalled_message_takes_no_reactions(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log)
    await bobby.call("Reactions.React", react(log, seq))
    await alice.call("Chat.Recall", chat_pb2.RecallRequest(log=log, seq=seq))
    with refused(FailedPrecondition, "recalled"):
        await bobby.call("Reactions.React", react(log, seq, "🎉"))
    table = sa.select(sa.func.count()).select_from(store.reaction)
    assert await server.core.platform.read(lambda read: read.execute(table).scalar_one()) == 0


async def test_who_joined_later_does_not_react_to_what_was_before(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    request = chat_pb2.CreateGroupRequest(title="Team", users=[bobby.user])
    log = (await alice.call("Chat.CreateGroup", request)).conversation.log
    seq = await say(alice, log)
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    with refused(NotFound, "no_such_event"):
        await carol.call("Reactions.React", react(log, seq))
    await carol.call("Reactions.React", react(log, await say(alice, log)))


async def test_a_person_puts_a_bounded_number_on_a_message(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log)
    smileys = [chr(0x1F600 + number) for number in range(EMOJI_PER_PERSON_MAX)]
    for emoji in smileys:
        await bobby.call("Reactions.React", react(log, seq, emoji))
    with refused(ResourceExhausted, "too_many_reactions"):
        await bobby.call("Reactions.React", react(log, seq))
    await alice.call("Reactions.React", react(log, seq))
    await bobby.call("Reactions.React", react(log, seq, smileys[0], on=False))
    await bobby.call("Reactions.React", react(log, seq))


async def test_reacting_has_a_pace(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log)
    for number in range(REACTS.burst):
        await bobby.call("Reactions.React", react(log, seq, on=number % 2 == 0))
    with refused(ResourceExhausted, "rate_limited"):
        await bobby.call("Reactions.React", react(log, seq))
    server.clock.advance(REACTS.every_s)
    await bobby.call("Reactions.React", react(log, seq))
