from __future__ import annotations

import asyncio

import pytest

from hutong.features.chat.messages import SENDS, TYPINGS
from hutong.platform.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.schema import chat_pb2 as pb
from hutong.schema import contacts_pb2, log_pb2
from hutong.testing import Client, TestServer, refused


def text(log: str, words: str = "hello") -> pb.SendRequest:
    return pb.SendRequest(log=log, content=pb.Content(text=words))


async def get(client: Client, log: str) -> pb.Conversation:
    reply: pb.GetReply = await client.call("Chat.Get", pb.GetRequest(log=log, recent=50))
    return reply.conversation


def texts(conversation: pb.Conversation) -> list[str]:
    bodies = [pb.MessageSent.FromString(event.body) for event in conversation.recent if event.kind == 401]
    return [body.content.text for body in bodies]


async def test_signed_out_nothing_is_answered(server: TestServer) -> None:
    for method in server.core.platform.sessions.methods.values():
        if method.name.startswith("Chat."):
            with refused(Unauthenticated, "signed_out"):
                await Client(server).call(method.name, method.request_class())


async def test_a_message_reaches_the_other_person_and_ones_own_devices(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    phone = await Client(server).log_in("alice")
    for client in (alice, bobby, phone):
        await client.follow(log, after=1)
    key = server.new_key()
    reply = await alice.call("Chat.Send", text(log), key=key)
    assert (reply.seq, reply.at_ms) == (2, server.clock.now_ms())
    for client in (alice, bobby, phone):
        (event,) = client.events
        assert (event.log, event.seq, event.author) == (log, 2, alice.user)
        assert event.key == (b"" if client is bobby else key)
        assert client.bodies(pb.MessageSent)[0].content.text == "hello"


@pytest.mark.parametrize("method", ["Get", "Send", "Recall", "Mark", "Type", "AddMembers", "Leave", "Rename"])
async def test_strangers_find_no_conversation(server: TestServer, method: str) -> None:
    """LOG10: one that is there looks like one that is not."""
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    log = await server.conversation(alice, bobby)
    await alice.call("Chat.Send", text(log))
    for name in (log, "chat:nothing", "", "inbox:" + alice.user):
        requests = {
            "Send": text(name),
            "Recall": pb.RecallRequest(log=name, seq=2),
            "AddMembers": pb.AddMembersRequest(log=name, users=[carol.user, bobby.user]),
            "Rename": pb.RenameRequest(log=name, title="Mine"),
        }
        request_class = server.method(f"Chat.{method}").request_class
        plain = pb.GetRequest(log=name).SerializeToString()  # in all of them, `log` is field 1
        request = requests.get(method) or request_class.FromString(plain)
        with refused(NotFound, "no_such_log"):
            await carol.call(f"Chat.{method}", request)
    follow = await carol.follow(log)
    assert follow.pages[0].denied
    assert not follow.pages[0].events
    with refused(NotFound, "no_such_log"):
        await carol.call("Log.Read", log_pb2.ReadRequest(log=log))
    assert texts(await get(alice, log)) == ["hello"]


async def test_a_retry_is_one_message(server: TestServer) -> None:
    """LOG4, CONN13"""
    alice, bobby = await server.friends("alice", "bobby")
    log, key = await server.conversation(alice, bobby), server.new_key()
    first = await alice.call("Chat.Send", text(log), key=key)
    server.clock.advance(60)
    alice.disconnect()
    alice.connect()
    await alice.resume()
    assert await alice.call("Chat.Send", text(log), key=key) == first
    assert texts(await get(bobby, log)) == ["hello"]
    with refused(AlreadyExists, "key_reused"):
        await alice.call("Chat.Send", text(log, "something else"), key=key)
    await bobby.call("Chat.Send", text(log, "mine"), key=key)  # keys are each person's own
    assert texts(await get(bobby, log)) == ["hello", "mine"]


async def test_a_retry_is_answered_even_when_one_may_not_write_any_more(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log, key = await server.conversation(alice, bobby), server.new_key()
    first = await alice.call("Chat.Send", text(log), key=key)
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    assert await alice.call("Chat.Send", text(log), key=key) == first
    with refused(PermissionDenied, "not_contacts"):
        await alice.call("Chat.Send", text(log))


async def test_messages_sent_together_keep_their_order(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    method = server.method("Chat.Send")
    replies = [
        alice.request(method, text(log, str(number)).SerializeToString(), server.new_key())
        for number in range(50)
    ]
    await asyncio.gather(*replies)
    assert texts(await get(bobby, log)) == [str(number) for number in range(50)]


async def test_bad_messages_are_not_stored(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    with refused(InvalidArgument, "empty"):
        await alice.call("Chat.Send", text(log, " "))
    with refused(NotFound, "no_such_blob"):
        await alice.call(
            "Chat.Send",
            pb.SendRequest(log=log, content=pb.Content(file=pb.File(blob="0" * 64, name="x"))),
        )
    assert (await get(alice, log)).head == 1


async def test_blocked_people_write_to_nobody(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await alice.call("Chat.Send", text(log))
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    for person in (alice, bobby):
        with refused(PermissionDenied, "not_contacts"):
            await person.call("Chat.Send", text(log, "again"))
        with refused(PermissionDenied, "not_contacts"):
            await person.call("Chat.Type", pb.TypeRequest(log=log, typing=True))
    assert not bobby.bodies(pb.Typing)
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=False))
    await alice.call("Chat.Send", text(log, "again"))
    await alice.call("Contacts.Remove", contacts_pb2.RemoveRequest(user=bobby.user))
    for person in (alice, bobby):
        with refused(PermissionDenied, "not_contacts"):
            await person.call("Chat.Send", text(log, "and again"))
        assert texts(await get(person, log)) == ["hello", "again"]


async def test_a_flood_is_refused_and_a_conversation_is_not(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    for number in range(SENDS.burst):
        await alice.call("Chat.Send", text(log, str(number)))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Chat.Send", text(log, "too many"))
    await bobby.call("Chat.Send", text(log, "others are not affected"))
    server.clock.advance(SENDS.every_s)
    await alice.call("Chat.Send", text(log, "later"))


# ---- recalling ----


async def test_a_recalled_message_leaves_its_place(server: TestServer) -> None:
    """LOG12"""
    alice, bobby = await server.friends("alice", "bobby")
    log, send_key, recall_key = await server.conversation(alice, bobby), server.new_key(), server.new_key()
    sent = await alice.call("Chat.Send", text(log), key=send_key)
    await bobby.follow(log, after=sent.seq)
    recall = pb.RecallRequest(log=log, seq=sent.seq)
    await alice.call("Chat.Recall", recall, key=recall_key)
    await alice.call("Chat.Recall", recall, key=recall_key)  # its reply was lost
    assert [each.seq for each in bobby.bodies(pb.MessageRecalled)] == [sent.seq]
    message = next(event for event in (await get(bobby, log)).recent if event.seq == sent.seq)
    assert (message.body, message.author, message.kind) == (b"", alice.user, 401)
    with refused(FailedPrecondition, "recalled"):
        await alice.call("Chat.Recall", recall)
    # A late retry of the message must not bring it back.
    assert await alice.call("Chat.Send", text(log), key=send_key) == sent
    assert (await get(bobby, log)).head == 3


async def test_who_may_recall_what_and_how_long(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    sent = await alice.call("Chat.Send", text(log))
    with refused(PermissionDenied, "not_yours"):
        await bobby.call("Chat.Recall", pb.RecallRequest(log=log, seq=sent.seq))
    with refused(PermissionDenied, "not_yours"):
        await alice.call("Chat.Recall", pb.RecallRequest(log=log, seq=1))  # no message
    for seq in (0, 99):
        with refused(NotFound, "no_such_event"):
            await alice.call("Chat.Recall", pb.RecallRequest(log=log, seq=seq))
    limit_s = server.core.platform.settings.recall_within_s
    server.clock.advance(limit_s)
    in_time = await alice.call("Chat.Send", text(log, "later"))
    await alice.call("Chat.Recall", pb.RecallRequest(log=log, seq=sent.seq))
    server.clock.advance(limit_s + 0.001)
    with refused(FailedPrecondition, "too_late"):
        await alice.call("Chat.Recall", pb.RecallRequest(log=log, seq=in_time.seq))
    assert texts(await get(bobby, log)) == ["", "later"]


async def test_what_one_saved_can_be_deleted_at_any_time(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = (await alice.call("Chat.Open", pb.OpenRequest(user=alice.user))).conversation.log
    sent = await alice.call("Chat.Send", text(log, "a note"))
    server.clock.advance(server.core.platform.settings.recall_within_s + 1)
    await alice.call("Chat.Recall", pb.RecallRequest(log=log, seq=sent.seq))
    assert texts(await get(alice, log)) == [""]


async def test_a_recalled_message_is_not_unread(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    sent = await alice.call("Chat.Send", text(log))
    assert (await get(bobby, log)).unread == 1
    assert (await get(alice, log)).unread == 0
    await alice.call("Chat.Recall", pb.RecallRequest(log=log, seq=sent.seq))
    assert (await get(bobby, log)).unread == 0


# ---- marks and typing ----


def mine(conversation: pb.Conversation, client: Client) -> tuple[int, int]:
    member = next(each for each in conversation.members if each.profile.user == client.user)
    return member.delivered, member.read


async def test_marks_only_rise(server: TestServer) -> None:
    """LOG17"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    for number in range(4):
        await alice.call("Chat.Send", text(log, str(number)))
    marks = [(3, 0, (3, 0)), (2, 1, (3, 1)), (0, 4, (4, 4)), (3, 2, (4, 4)), (5, 0, (5, 4)), (0, 5, (5, 5))]
    for delivered, read, expected in marks:
        await bobby.call("Chat.Mark", pb.MarkRequest(log=log, delivered=delivered, read=read))
        assert mine(await get(alice, log), bobby) == expected
    assert (await get(bobby, log)).unread == 0
    moved = [(each.delivered, each.read) for each in alice.bodies(pb.MarkMoved)]
    assert moved == [(3, 0), (3, 1), (4, 4), (5, 4), (5, 5)]
    assert [each.read for each in bobby.bodies(pb.MarkMoved)] == [0, 1, 4, 4, 5]  # for bobby's other devices


async def test_marks_stay_within_the_log(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    for request in (pb.MarkRequest(log=log, read=2), pb.MarkRequest(log=log, delivered=2)):
        with refused(InvalidArgument, "beyond_head"):
            await bobby.call("Chat.Mark", request)
    assert mine(await get(alice, log), bobby) == (0, 0)


async def test_unread_counts_what_others_said(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    assert (await get(bobby, log)).unread == 0  # that a conversation was opened is no message
    for _ in range(3):
        await alice.call("Chat.Send", text(log))
    await bobby.call("Chat.Send", text(log))
    assert ((await get(alice, log)).unread, (await get(bobby, log)).unread) == (1, 3)
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=3))
    assert (await get(bobby, log)).unread == 1


async def test_typing_reaches_only_the_others(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await alice.call("Chat.Type", pb.TypeRequest(log=log, typing=True))
    await bobby.until(lambda: bobby.bodies(pb.Typing))
    assert bobby.bodies(pb.Typing) == [pb.Typing(log=log, user=alice.user, typing=True)]
    assert not alice.bodies(pb.Typing)
    for _ in range(TYPINGS.burst - 1):
        await alice.call("Chat.Type", pb.TypeRequest(log=log))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Chat.Type", pb.TypeRequest(log=log))
