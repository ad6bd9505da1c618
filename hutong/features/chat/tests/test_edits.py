from __future__ import annotations

from hutong.features.chat.edits import EDITS_MAX
from hutong.features.chat.messages import SENDS
from hutong.features.chat.tests.saying import edit, file, get, group, recall, say, sent
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from hutong.schema import chat_pb2 as pb
from hutong.schema import contacts_pb2
from hutong.testing import Client, TestServer, refused


async def wordings(client: Client, log: str, seq: int) -> list[str]:
    reply = await client.call("Chat.History", pb.HistoryRequest(log=log, seq=seq))
    return [each.content.text for each in reply.wordings]


async def test_other_words_reach_everybody_and_the_old_ones_are_kept(server: TestServer) -> None:
    """MSG6"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    question = await say(bobby, log)
    seq = await say(alice, log, pb.Content(text="helo", reply_to=question))
    await bobby.follow(log, after=seq)
    times = [server.clock.now_ms()]
    for text in ("hello", "hello!"):
        server.clock.advance(10)
        times.append(server.clock.now_ms())
        await edit(alice, log, seq, text)
    seen = [(each.seq, each.content.text, each.content.reply_to) for each in bobby.bodies(pb.MessageEdited)]
    assert seen == [(seq, "hello", question), (seq, "hello!", question)]  # what it answers stays
    reply = await bobby.call("Chat.History", pb.HistoryRequest(log=log, seq=seq))
    assert [(each.content.text, each.at_ms) for each in reply.wordings] == list(
        zip(["helo", "hello", "hello!"], times, strict=True)
    )
    assert (await sent(bobby, log, seq)).content.text == "helo"  # LOG1: an event does not change
    assert (await get(bobby, log)).unread == 1


async def test_the_same_words_and_a_retry_change_nothing(server: TestServer) -> None:
    """MSG6"""
    alice, bobby = await server.friends("alice", "bobby")
    log, key = await server.conversation(alice, bobby), server.new_key()
    seq = await say(alice, log, "one")
    request = pb.EditRequest(log=log, seq=seq, content=pb.Content(text="two"))
    await alice.call("Chat.Edit", request, key=key)
    await alice.call("Chat.Edit", request, key=key)
    await edit(alice, log, seq, "two")
    assert await wordings(alice, log, seq) == ["one", "two"]
    assert (await get(alice, log)).head == seq + 1


async def test_what_may_be_edited_by_whom(server: TestServer) -> None:
    """MSG6"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    (david,) = await server.people("david")
    log = await server.conversation(alice, bobby)
    seq, shown = await say(alice, log), await say(alice, log, await file(alice, b"x"))
    with refused(PermissionDenied, "not_yours"):
        await edit(bobby, log, seq, "mine")
    with refused(PermissionDenied, "not_yours"):
        await edit(alice, log, 1, "created")
    with refused(NotFound, "no_such_log"):
        await edit(david, log, seq, "x")
    for nothing in (0, 99):
        with refused(NotFound, "no_such_event"):
            await edit(alice, log, nothing, "x")
    with refused(FailedPrecondition, "not_text"):
        await edit(alice, log, shown, "a text now")
    with refused(FailedPrecondition, "not_text"):
        await edit(alice, log, seq, pb.Content(location=pb.Location()))
    with refused(InvalidArgument, "empty"):
        await edit(alice, log, seq, " ")
    team = await group(alice, bobby, carol)
    theirs = await say(bobby, team)
    until = server.clock.now_ms() + 1000
    await alice.call("Chat.MuteMember", pb.MuteMemberRequest(log=team, user=bobby.user, until_ms=until))
    with refused(PermissionDenied, "muted"):
        await edit(bobby, team, theirs, "read this")
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await edit(alice, log, seq, "read this")
    assert await wordings(bobby, log, seq) == ["hello"]


async def test_who_may_read_old_words(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    seq = await say(alice, log)
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    for nothing in (seq, 1, 0, 99):
        with refused(NotFound, "no_such_event"):
            await wordings(carol, log, nothing)
    (david,) = await server.people("david")
    with refused(NotFound, "no_such_log"):
        await wordings(david, log, seq)


async def test_editing_ends(server: TestServer) -> None:
    """MSG6"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    limit_s = server.core.platform.settings.edit_within_s
    seq = await say(alice, log)
    server.clock.advance(limit_s)
    await edit(alice, log, seq, "in time")
    server.clock.advance(0.001)
    with refused(FailedPrecondition, "too_late"):
        await edit(alice, log, seq, "too late")
    seq = await say(alice, log)
    for number in range(EDITS_MAX):
        await edit(alice, log, seq, str(number))
        server.clock.advance(SENDS.every_s)
    with refused(ResourceExhausted, "too_many_edits"):
        await edit(alice, log, seq, "more")


async def test_long_histories_fit_into_a_reply(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log, "first")
    for number in range(EDITS_MAX):
        await edit(alice, log, seq, f"{number:02}" + "界" * 7_998)
    texts = await wordings(bobby, log, seq)
    assert (texts[0], texts[-1][:2]) == ("first", f"{EDITS_MAX - 1:02}")
    assert 10 < len(texts) < EDITS_MAX


async def test_a_recall_erases_every_wording(server: TestServer) -> None:
    """MSG8"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq, other = await say(alice, log, "secret one"), await say(alice, log, "stays")
    await edit(alice, log, seq, "secret two")
    await edit(alice, log, seq, "secret three")
    await edit(alice, log, other, "stays too")
    await recall(alice, log, seq)
    events = (await get(bobby, log)).recent
    assert not any(b"secret" in event.body for event in events)
    assert [event.kind for event in events if not event.body] == [401, 407, 407]
    with refused(FailedPrecondition, "recalled"):
        await wordings(bobby, log, seq)
    with refused(FailedPrecondition, "recalled"):
        await edit(alice, log, seq, "back again")
    assert await wordings(bobby, log, other) == ["stays", "stays too"]
