from __future__ import annotations

from hutong.features.chat.tests.saying import edit, get, group, recall, say, to
from hutong.platform.errors import InvalidArgument, PermissionDenied
from hutong.schema import chat_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def mentioned(client: Client, log: str) -> tuple[int, int]:
    """Return how many unread messages mention somebody, and the first: `Get` and `List` say the same."""
    one = await get(client, log)
    listed = (await client.call("Chat.List", pb.ListRequest())).conversations
    (same,) = [each for each in listed if each.log == log]
    assert (same.mentioned, same.first_mention) == (one.mentioned, one.first_mention)
    return one.mentioned, one.first_mention


async def test_who_is_mentioned_is_counted_until_it_is_read(server: TestServer) -> None:
    """MSG5"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    first = await say(alice, log, to(bobby.user))
    second = await say(carol, log, to(bobby.user))
    both = pb.Content(
        text="@you @all", mentions=[pb.Mention(user=each, length=4) for each in (bobby.user, "")]
    )
    third = await say(alice, log, both)
    assert [await mentioned(each, log) for each in (alice, bobby, carol)] == [(0, 0), (3, first), (1, third)]
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=first))
    assert await mentioned(bobby, log) == (2, second)
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=third))
    assert await mentioned(bobby, log) == (0, 0)
    await say(bobby, log, to(bobby.user))  # oneself
    assert await mentioned(bobby, log) == (0, 0)


async def test_edits_and_recalls_change_who_is_mentioned(server: TestServer) -> None:
    """MSG5"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    seq = await say(alice, log, to(bobby.user))
    await edit(alice, log, seq, to(carol.user))
    assert [await mentioned(each, log) for each in (bobby, carol)] == [(0, 0), (1, seq)]
    await edit(alice, log, seq, "nobody")
    assert await mentioned(carol, log) == (0, 0)
    await edit(alice, log, seq, to(""))
    assert [await mentioned(each, log) for each in (bobby, carol)] == [(1, seq), (1, seq)]
    await recall(alice, log, seq)
    assert [await mentioned(each, log) for each in (bobby, carol)] == [(0, 0), (0, 0)]


async def test_who_may_mention_whom(server: TestServer) -> None:
    """MSG5"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    (david,) = await server.people("david")
    log = await group(alice, bobby)
    direct = await server.conversation(alice, bobby)
    for user in (carol.user, david.user, "nobody"):
        with refused(InvalidArgument, "bad_mention"):
            await say(alice, log, to(user))
    with refused(PermissionDenied, "admins_only"):
        await say(bobby, log, to(""))
    seq = await say(bobby, log)
    with refused(PermissionDenied, "admins_only"):
        await edit(bobby, log, seq, to(""))
    with refused(InvalidArgument, "bad_mention"):
        await edit(bobby, log, seq, to(carol.user))
    await say(alice, direct, to(bobby.user))
    assert await mentioned(bobby, direct) == (1, 2)
    assert await mentioned(alice, log) == (0, 0)
    with refused(InvalidArgument, "bad_mention"):  # there is nobody beside the two
        await say(alice, direct, to(""))


async def test_newcomers_are_not_mentioned_by_what_was_before(server: TestServer) -> None:
    """MSG5"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    await say(alice, log, to(""))
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    assert await mentioned(carol, log) == (0, 0)
    seq = await say(alice, log, to(""))
    assert await mentioned(carol, log) == (1, seq)
