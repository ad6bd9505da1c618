from __future__ import annotations

import datetime

import pytest

from hutong.features.preferences import model, service
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.schema import log_pb2
from hutong.schema import preferences_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def everything(client: Client) -> pb.GetReply:
    reply: pb.GetReply = await client.call("Preferences.Get", pb.GetRequest())
    return reply


async def inbox_head(client: Client) -> int:
    reply = await client.call("Log.Read", log_pb2.ReadRequest(log=client.inbox, limit=1))
    return int(reply.page.head)


async def set_conversation(client: Client, **fields: object) -> None:
    request = pb.SetConversationRequest(conversation=pb.Conversation(**fields))  # type: ignore[arg-type]
    await client.call("Preferences.SetConversation", request)


async def draft(client: Client, log: str, text: str, reply_to: int = 0) -> int:
    request = pb.SetDraftRequest(draft=pb.Draft(log=log, text=text, reply_to=reply_to))
    return int((await client.call("Preferences.SetDraft", request)).at_ms)


async def test_what_one_device_sets_reaches_the_others_and_those_that_come_later(server: TestServer) -> None:
    """PREF1"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    other = await Client(server).log_in("alice")
    await other.follow(other.inbox)
    account = pb.Account(
        last_seen=pb.AUDIENCE_NOBODY, quiet=pb.Quiet(from_min=1320, to_min=420, zone="Asia/Shanghai")
    )
    await alice.call("Preferences.SetAccount", pb.SetAccountRequest(account=account))
    await set_conversation(alice, log=log, pinned_at_ms=5, muted_until_ms=-1, mentions=True)
    await other.until(lambda: len(other.bodies(pb.ConversationChanged)) == 1)
    assert other.bodies(pb.AccountChanged) == [pb.AccountChanged(account=account)]
    conversation = pb.Conversation(log=log, pinned_at_ms=5, muted_until_ms=-1, mentions=True)
    assert other.bodies(pb.ConversationChanged) == [pb.ConversationChanged(conversation=conversation)]
    assert await everything(other) == pb.GetReply(account=account, conversations=[conversation])
    assert await everything(bobby) == pb.GetReply(account=pb.Account())


async def test_setting_what_is_set_is_no_event_and_the_default_is_not_kept(server: TestServer) -> None:
    """PREF1"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await set_conversation(alice, log=log, unread=True)
    head = await inbox_head(alice)
    await set_conversation(alice, log=log, unread=True)
    assert await inbox_head(alice) == head
    await set_conversation(alice, log=log)
    assert await inbox_head(alice) == head + 1
    assert not (await everything(alice)).conversations


async def test_drafts_follow_to_other_devices_in_the_order_they_were_written(server: TestServer) -> None:
    """PREF5"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    other = await Client(server).log_in("alice")
    first = await draft(alice, log, "Dear")
    second = await draft(alice, log, "Dear Bo", reply_to=1)
    assert second > first
    assert await draft(alice, log, "Dear Bo", reply_to=1) == second
    assert await draft(alice, log, "") > second
    await other.until(lambda: len(other.bodies(pb.DraftChanged)) == 3)
    assert [each.draft.text for each in other.bodies(pb.DraftChanged)] == ["Dear", "Dear Bo", ""]
    assert not alice.bodies(pb.DraftChanged)
    assert [each.text for each in (await everything(other)).drafts] == [""]


async def test_bad_input_changes_nothing(server: TestServer) -> None:
    """PREF2"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await server.conversation(alice, bobby)
    for conversation in (pb.Conversation(log=log), pb.Conversation(log="chat:none"), pb.Conversation()):
        with refused(NotFound, "no_such_log"):
            await carol.call(
                "Preferences.SetConversation", pb.SetConversationRequest(conversation=conversation)
            )
    with refused(NotFound, "no_such_log"):
        await draft(carol, log, "Let me in")
    with refused(InvalidArgument, "too_long"):
        await draft(alice, log, "x" * 8_001)
    with refused(InvalidArgument, "bad_time"):
        await set_conversation(alice, log=log, muted_until_ms=-2)
    for account, reason in (
        (pb.Account(quiet=pb.Quiet(from_min=1440)), "bad_minutes"),
        (pb.Account(quiet=pb.Quiet(zone="Mars/Olympus")), "unknown_zone"),
        (pb.Account(quiet=pb.Quiet(zone="../../etc/passwd")), "unknown_zone"),
        (pb.Account(quiet=pb.Quiet(zone="Asia")), "unknown_zone"),
        (pb.Account(language="tlh"), "unknown_language"),
        (pb.Account(last_seen=7), "unknown_audience"),  # type: ignore[arg-type]
    ):
        with refused(InvalidArgument, reason):
            await alice.call("Preferences.SetAccount", pb.SetAccountRequest(account=account))
    assert await everything(alice) == pb.GetReply(account=pb.Account())


async def test_drafts_have_a_bound(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """PREF5"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    first, second = [await server.conversation(alice, each) for each in (bobby, carol)]
    long = "龙" * 8_000
    monkeypatch.setattr(service, "DRAFTS_BYTES_MAX", 2 * len(long.encode()))
    await draft(alice, first, long)
    with refused(ResourceExhausted, "too_many_drafts"):
        await draft(alice, second, long)
    await draft(alice, first, "")
    await draft(alice, second, long)


@pytest.mark.parametrize(
    ("hour_utc", "quiet", "expected"),
    [
        (20, pb.Quiet(from_min=22 * 60, to_min=7 * 60, zone="Asia/Shanghai"), True),  # 4 in the morning
        (4, pb.Quiet(from_min=22 * 60, to_min=7 * 60, zone="Asia/Shanghai"), False),  # noon
        (13, pb.Quiet(from_min=12 * 60, to_min=14 * 60), True),
        (14, pb.Quiet(from_min=12 * 60, to_min=14 * 60), False),
        (3, pb.Quiet(from_min=0, to_min=0), False),
    ],
)
def test_quiet_hours_are_local(hour_utc: int, quiet: pb.Quiet, expected: bool) -> None:
    """PREF4"""
    now = datetime.datetime(2026, 11, 21, hour_utc, tzinfo=datetime.UTC)
    assert model.is_quiet(pb.Account(quiet=quiet), int(now.timestamp() * 1000)) is expected


def test_muted_until_and_for_good() -> None:
    """PREF3"""
    assert model.is_muted(pb.Conversation(muted_until_ms=-1), at_ms=10)
    assert model.is_muted(pb.Conversation(muted_until_ms=11), at_ms=10)
    assert not model.is_muted(pb.Conversation(muted_until_ms=10), at_ms=10)
    assert not model.is_muted(pb.Conversation(), at_ms=10)
