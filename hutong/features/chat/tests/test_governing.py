"""What a group is called, looks like and has decided; admins, mutes, nicknames."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from hutong.features.chat import governing, model
from hutong.features.chat.rooms import GROUP_EVENTS
from hutong.features.chat.tests.grouping import get, group, head, roles_in, send
from hutong.features.files.tests.uploading import read, upload
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


async def appoint(owner: Client, log: str, *people: Client) -> None:
    for each in people:
        await owner.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=each.user, role=pb.ROLE_ADMIN))


async def test_what_is_so_already_is_no_event(server: TestServer) -> None:
    """GRP4"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    until_ms = server.clock.now_ms() + 1
    settings = pb.GroupSettings(announcement="Bring cake")
    changes: list[tuple[str, Message]] = [
        ("Rename", pb.RenameRequest(log=log, title="Friends")),
        ("ChangeGroup", pb.ChangeGroupRequest(log=log, settings=settings)),
        ("SetDisappearing", pb.SetDisappearingRequest(log=log, seconds=60)),
        ("SetRole", pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_ADMIN)),
        ("MuteMember", pb.MuteMemberRequest(log=log, user=bobby.user, until_ms=until_ms)),
        ("SetNickname", pb.SetNicknameRequest(log=log, nickname="Al")),
    ]
    for method, request in changes:
        before = await head(alice, log)
        await alice.call(f"Chat.{method}", request)
        assert await head(alice, log) == before + 1, method
        await alice.call(f"Chat.{method}", request)
        assert await head(alice, log) == before + 1, method


async def test_a_request_asked_again_gets_the_first_answer(server: TestServer) -> None:
    """CONN13"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    key, hand_over = server.new_key(), pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_OWNER)
    first = await alice.call("Chat.SetRole", hand_over, key=key)
    after = await head(alice, log)
    assert (
        await alice.call("Chat.SetRole", hand_over, key=key) == first
    )  # though it is not theirs to give now
    assert await head(alice, log) == after
    with refused(PermissionDenied, "owner_only"):
        await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_MEMBER))


# ---- the group ----


async def test_the_settings_of_a_group(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    await bobby.follow(log, after=100)
    assert (await get(bobby, log)).settings == pb.GroupSettings()
    settings = pb.GroupSettings(
        inviting=pb.INVITING_ADMINS,
        approval=True,
        history=True,
        admins_write=True,
        announcement=" 明天 \n\t9:00 ",
    )
    await alice.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log, settings=settings))
    settings.announcement = "明天 \n\t9:00"
    assert [each.settings for each in bobby.bodies(pb.GroupChanged)] == [settings]
    assert (await get(bobby, log)).settings == settings
    with refused(PermissionDenied, "admins_only"):
        await bobby.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log, settings=pb.GroupSettings()))
    with refused(PermissionDenied, "admins_only"):
        await bobby.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    writing: list[tuple[str, Message]] = [
        ("Send", pb.SendRequest(log=log, content=pb.Content(text="hello"))),
        ("Type", pb.TypeRequest(log=log, typing=True)),
        ("Rename", pb.RenameRequest(log=log, title="Ours")),
        ("SetPicture", pb.SetPictureRequest(log=log)),
    ]
    for method, request in writing:
        with refused(PermissionDenied, "admins_write"):
            await bobby.call(f"Chat.{method}", request)
    await appoint(alice, log, bobby)
    for method, request in writing:
        await bobby.call(f"Chat.{method}", request)


@pytest.mark.parametrize(
    ("announcement", "reason"),
    [("x" * 2001, "too_long"), ("a\x00b", "bad_characters"), ("\u202eb", "bad_characters")],
)
async def test_bad_announcements(server: TestServer, announcement: str, reason: str) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    settings = pb.GroupSettings(announcement=announcement)
    with refused(InvalidArgument, reason):
        await alice.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log, settings=settings))
    settings = pb.GroupSettings(announcement="x" * 2000)
    await alice.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log, settings=settings))


async def test_settings_are_all_given_and_known(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    with refused(InvalidArgument, "no_settings"):
        await alice.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log))
    unknown = pb.ChangeGroupRequest.FromString(
        pb.ChangeGroupRequest(log=log).SerializeToString() + b"\x12\x02\x08\x07"  # inviting: 7
    )
    with refused(InvalidArgument, "unknown_setting"):
        await alice.call("Chat.ChangeGroup", unknown)
    assert await head(alice, log) == 1


async def test_the_picture_of_a_group(server: TestServer) -> None:
    """GRP8"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    first, second = [(await upload(alice, data)).blob for data in (b"a picture", b"another")]
    with refused(NotFound, "no_such_blob"):  # bobby may not read it, so he may not show it
        await bobby.call("Chat.SetPicture", pb.SetPictureRequest(log=log, blob=first))
    await alice.call("Chat.SetPicture", pb.SetPictureRequest(log=log, blob=first))
    assert (await get(bobby, log)).picture == first
    assert await read(bobby, first) == b"a picture"
    with refused(NotFound, "no_such_blob"):
        await read(carol, first)
    await alice.call("Chat.SetPicture", pb.SetPictureRequest(log=log, blob=second))
    with refused(NotFound, "no_such_blob"):  # nobody shows it any more
        await read(bobby, first)
    assert await read(bobby, second) == b"another"
    await bobby.call("Chat.SetPicture", pb.SetPictureRequest(log=log))
    seen = await get(alice, log)
    assert seen.picture == ""
    # An event with an empty body is an erased one (LOG12).
    assert pb.PictureChanged.FromString(seen.recent[-1].body) == pb.PictureChanged(none=True)
    with refused(NotFound, "no_such_blob"):
        await read(bobby, second)


async def test_a_picture_that_was_also_sent_stays_readable(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    blob = (await upload(alice, b"a picture")).blob
    content = pb.Content(file=pb.File(blob=blob, name="a.png"))
    await alice.call("Chat.Send", pb.SendRequest(log=log, content=content))
    await alice.call("Chat.SetPicture", pb.SetPictureRequest(log=log, blob=blob))
    await alice.call("Chat.SetPicture", pb.SetPictureRequest(log=log))
    assert await read(bobby, blob) == b"a picture"


@pytest.mark.parametrize("seconds", [1, 59, 365 * 24 * 3600 + 1, 2**32 - 1])
async def test_bad_times_to_disappear(server: TestServer, seconds: int) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    with refused(InvalidArgument, "bad_time"):
        await alice.call("Chat.SetDisappearing", pb.SetDisappearingRequest(log=log, seconds=seconds))


async def test_who_lets_messages_disappear(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log, pair = await group(alice, bobby), await server.conversation(alice, bobby)
    await bobby.follow(log, pair, after=100)
    with refused(PermissionDenied, "admins_only"):
        await bobby.call("Chat.SetDisappearing", pb.SetDisappearingRequest(log=log, seconds=60))
    for each in (log, pair):
        await alice.call("Chat.SetDisappearing", pb.SetDisappearingRequest(log=each, seconds=3600))
        assert (await get(bobby, each)).disappear_s == 3600
    assert [each.seconds for each in bobby.bodies(pb.DisappearingChanged)] == [3600, 3600]
    await bobby.call("Chat.SetDisappearing", pb.SetDisappearingRequest(log=pair, seconds=0))
    seen = await get(alice, pair)
    assert seen.disappear_s == 0
    assert pb.DisappearingChanged.FromString(seen.recent[-1].body) == pb.DisappearingChanged(never=True)
    with refused(NotFound, "no_such_log"):
        await carol.call("Chat.SetDisappearing", pb.SetDisappearingRequest(log=pair, seconds=60))
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await alice.call("Chat.SetDisappearing", pb.SetDisappearingRequest(log=pair, seconds=60))


# ---- its members ----


async def test_handing_a_group_over(server: TestServer) -> None:
    """GRP3"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    await carol.follow(log, after=100)
    for role in (pb.ROLE_ADMIN, pb.ROLE_MEMBER):
        with refused(FailedPrecondition, "owner_stays"):
            await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=alice.user, role=role))
    await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_OWNER))
    assert roles_in(await get(carol, log)) == {
        "alice": pb.ROLE_ADMIN,
        "bobby": pb.ROLE_OWNER,
        "carol": pb.ROLE_MEMBER,
    }
    assert carol.bodies(pb.RoleChanged) == [pb.RoleChanged(user=bobby.user, role=pb.ROLE_OWNER)]
    await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=alice.user, role=pb.ROLE_MEMBER))
    assert roles_in(await get(carol, log))["alice"] == pb.ROLE_MEMBER


async def test_roles_that_are_refused(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await group(alice, bobby, carol)
    with refused(NotFound, "no_such_member"):
        await appoint(alice, log, david)
    with refused(PermissionDenied, "owner_only"):
        await appoint(bobby, log, carol)
    unknown = pb.SetRoleRequest.FromString(
        pb.SetRoleRequest(log=log, user=bobby.user).SerializeToString() + b"\x18\x07"
    )
    with refused(InvalidArgument, "unknown_role"):
        await alice.call("Chat.SetRole", unknown)
    monkeypatch.setattr(model, "ADMINS_MAX", 1)
    await appoint(alice, log, bobby)
    with refused(ResourceExhausted, "too_many_admins"):
        await appoint(alice, log, carol)
    pair = await server.conversation(alice, bobby)
    with refused(FailedPrecondition, "not_a_group"):
        await appoint(alice, pair, bobby)


async def test_muting(server: TestServer) -> None:
    """GRP2"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    await carol.follow(log, after=100)
    said, regretted = await send(bobby, log), await send(bobby, log)
    until_ms = server.clock.now_ms() + 60_000
    mute = pb.MuteMemberRequest(log=log, user=bobby.user, until_ms=until_ms)
    with refused(PermissionDenied, "admins_only"):
        await carol.call("Chat.MuteMember", mute)
    await alice.call("Chat.MuteMember", mute)
    assert carol.bodies(pb.MemberMuted) == [pb.MemberMuted(user=bobby.user, until_ms=until_ms)]
    member = next(each for each in (await get(carol, log)).members if each.profile.user == bobby.user)
    assert member.muted_until_ms == until_ms
    muted: list[tuple[str, Message]] = [
        ("Chat.Send", pb.SendRequest(log=log, content=pb.Content(text="hello"))),
        ("Chat.Edit", pb.EditRequest(log=log, seq=said, content=pb.Content(text="what I meant"))),
        ("Chat.Type", pb.TypeRequest(log=log, typing=True)),
        ("Chat.SetNickname", pb.SetNicknameRequest(log=log, nickname="I say it here")),
        ("Chat.Rename", pb.RenameRequest(log=log, title="Or here")),
    ]
    for method, request in muted:
        with refused(PermissionDenied, "muted"):
            await bobby.call(method, request)
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=1))  # reading goes on
    await bobby.call("Chat.Recall", pb.RecallRequest(log=log, seq=regretted))
    server.clock.advance(60)
    for method, request in muted:
        await bobby.call(method, request)
    await alice.call(
        "Chat.MuteMember", pb.MuteMemberRequest(log=log, user=bobby.user, until_ms=until_ms + 60_000)
    )
    await alice.call("Chat.MuteMember", pb.MuteMemberRequest(log=log, user=bobby.user))
    await send(bobby, log, "again")


async def test_times_nobody_can_be_muted_for(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    now_ms = server.clock.now_ms()
    for until_ms in (-1, 1, now_ms, now_ms + model.MUTE_S_MAX * 1000 + 1, 2**63 - 1):
        request = pb.MuteMemberRequest(log=log, user=bobby.user, until_ms=until_ms)
        with refused(InvalidArgument, "bad_time"):
            await alice.call("Chat.MuteMember", request)
    with refused(NotFound, "no_such_member"):
        await alice.call("Chat.MuteMember", pb.MuteMemberRequest(log=log, user="nobody", until_ms=now_ms + 1))
    assert await head(alice, log) == 1


async def test_nicknames(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    await alice.follow(log, after=100)
    await bobby.call("Chat.SetNickname", pb.SetNicknameRequest(log=log, nickname=" 小波 "))
    assert alice.bodies(pb.NicknameChanged) == [pb.NicknameChanged(user=bobby.user, nickname="小波")]
    names = {each.profile.handle: each.nickname for each in (await get(alice, log)).members}
    assert names == {"alice": "", "bobby": "小波"}
    for nickname, reason in (("x" * 33, "bad_length"), ("a\nb", "bad_characters")):
        with refused(InvalidArgument, reason):
            await bobby.call("Chat.SetNickname", pb.SetNicknameRequest(log=log, nickname=nickname))
    await bobby.call("Chat.SetNickname", pb.SetNicknameRequest(log=log))
    assert not any(each.nickname for each in (await get(alice, log)).members)


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("SetPicture", pb.SetPictureRequest()),
        ("ChangeGroup", pb.ChangeGroupRequest(settings=pb.GroupSettings())),
        ("RemoveMembers", pb.RemoveMembersRequest(users=["nobody"])),
        ("SetRole", pb.SetRoleRequest(user="nobody", role=pb.ROLE_ADMIN)),
        ("MuteMember", pb.MuteMemberRequest(user="nobody")),
        ("SetNickname", pb.SetNicknameRequest(nickname="x")),
    ],
)
async def test_only_groups_are_governed_and_only_by_members(
    server: TestServer, method: str, request_: Message
) -> None:
    """GRP1"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    for log, client, kind, reason in (
        (await server.conversation(alice, bobby), alice, FailedPrecondition, "not_a_group"),
        (await group(alice, bobby), carol, NotFound, "no_such_log"),
        ("chat:nowhere00000", alice, NotFound, "no_such_log"),
    ):
        asked = type(request_).FromString(
            request_.SerializeToString() + pb.LeaveRequest(log=log).SerializeToString()
        )
        with refused(kind, reason):
            await client.call(f"Chat.{method}", asked)


# ---- how often ----


async def test_changes_take_time(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    for number in range(governing.CHANGES.burst):
        await alice.call("Chat.SetNickname", pb.SetNicknameRequest(log=log, nickname=str(number)))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Chat.SetNickname", pb.SetNicknameRequest(log=log, nickname="again"))


async def test_a_group_has_a_pace(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all members together; conversations of two, and other groups, go on."""
    monkeypatch.setattr("hutong.features.chat.rooms.GROUP_EVENTS", type(GROUP_EVENTS)("few", 3, 10))
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log, other, pair = await group(alice, bobby), await group(alice), await server.conversation(alice, bobby)
    key = server.new_key()
    request = pb.SendRequest(log=log, content=pb.Content(text="hello"))
    first = await alice.call("Chat.Send", request, key=key)
    await bobby.call("Chat.Send", request)
    await bobby.call("Chat.SetNickname", pb.SetNicknameRequest(log=log, nickname="Bo"))
    for person in (alice, bobby):
        try:
            await person.call("Chat.Send", request)
        except ResourceExhausted as error:
            assert (error.reason, error.retry_after_ms) == ("group_busy", 10_001)  # noqa: PT017
        else:
            pytest.fail("not refused")
    assert await alice.call("Chat.Send", request, key=key) == first  # a retry is no event
    with refused(NotFound, "no_such_log"):  # strangers learn nothing, and use nothing up
        await carol.call("Chat.Send", request)
    await send(alice, other)
    for _ in range(4):
        await send(alice, pair)
    server.clock.advance(10)
    await send(alice, log)


async def test_handing_over_makes_no_admin_too_many(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GRP1, GRP3: whoever hands over becomes one"""
    monkeypatch.setattr(model, "ADMINS_MAX", 1)
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    await appoint(alice, log, bobby)
    before = await head(alice, log)
    with refused(ResourceExhausted, "too_many_admins"):
        request = pb.SetRoleRequest(log=log, user=carol.user, role=pb.ROLE_OWNER)
        await alice.call("Chat.SetRole", request)
    assert await head(alice, log) == before
    await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_OWNER))
    roles = roles_in(await get(alice, log))
    assert roles == {"alice": pb.ROLE_ADMIN, "bobby": pb.ROLE_OWNER, "carol": pb.ROLE_MEMBER}
