"""LOG15 for every kind of event there is: the old state plus the event is a fresh state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from hutong.features.files.tests.uploading import picture, upload
from hutong.platform.clock import ManualClock
from hutong.platform.events import kind_of, register
from hutong.platform.feature import discover
from hutong.schema import (
    calls_pb2,
    contacts_pb2,
    direct_pb2,
    identity_pb2,
    invites_pb2,
    peers_pb2,
    pins_pb2,
    polls_pb2,
    preferences_pb2,
    presence_pb2,
    quicksend_pb2,
    reactions_pb2,
    scheduled_pb2,
    stickers_pb2,
    transfers_pb2,
)
from hutong.schema import chat_pb2 as pb
from hutong.testing import Client, TestServer
from tests.client.device import Device
from tests.platform.scene import cheap_passwords

# Passing things, which nobody keeps (LOG17). Whatever is not named here has to have a case.
NOTICES = {
    calls_pb2.CallChanged,
    direct_pb2.Met,
    direct_pb2.Parted,
    pb.MarkMoved,
    pb.Typing,
    peers_pb2.Said,
    preferences_pb2.DraftChanged,
    presence_pb2.PresenceChanged,
    quicksend_pb2.Stirred,
    transfers_pb2.TransferAccepted,
}


class Scene(NamedTuple):
    server: TestServer
    clock: ManualClock
    owner: Client
    member: Client
    other: Client
    outsider: Client
    log: str  # a group of the first three
    direct: str  # of owner and member

    async def say(self, client: Client, content: pb.Content | None = None) -> int:
        content = content or pb.Content(text="hello")
        return int((await client.call("Chat.Send", pb.SendRequest(log=self.log, content=content))).seq)

    async def poll(self) -> int:
        poll = pb.Poll(question="Tea?", options=["yes", "no"], multiple=True)
        return await self.say(self.owner, pb.Content(poll=poll))


Case = Callable[[Scene], Awaitable[object]]
CASES: dict[type[Message], Case] = {}


def case(kind: type[Message]) -> Callable[[Case], Case]:
    """Say how an event of a kind comes about."""

    def keep(make: Case) -> Case:
        CASES[kind] = make
        return make

    return keep


@case(pb.MessageSent)
async def _sent(scene: Scene) -> None:
    mentions = [pb.Mention(user=user, length=3) for user in ("", scene.member.user)]
    seq = await scene.say(scene.owner, pb.Content(text="@all", mentions=mentions))
    await scene.say(scene.member, pb.Content(text="yes", reply_to=seq))
    await scene.member.call("Chat.Mark", pb.MarkRequest(log=scene.log, read=seq))


@case(pb.MessageRecalled)
async def _recalled(scene: Scene) -> None:
    mentioning = pb.Content(text="@all", mentions=[pb.Mention(length=3)])
    seq = await scene.say(scene.owner, mentioning)
    await scene.owner.call("Pins.Pin", pins_pb2.PinRequest(log=scene.log, seq=seq, on=True))
    await _react(scene, seq)
    await _edit(scene, seq)
    await scene.owner.call("Chat.Recall", pb.RecallRequest(log=scene.log, seq=seq))
    poll = await scene.poll()
    await scene.member.call("Polls.Vote", polls_pb2.VoteRequest(log=scene.log, seq=poll, options=[0]))
    await scene.owner.call("Chat.Recall", pb.RecallRequest(log=scene.log, seq=poll))


@case(pb.MessageEdited)
async def _edited(scene: Scene) -> None:
    await _edit(scene, await scene.say(scene.owner))


async def _edit(scene: Scene, seq: int) -> None:
    mentions = [pb.Mention(user=scene.member.user, length=3)]
    for content in (pb.Content(text="@you", mentions=mentions), pb.Content(text="other words")):
        scene.clock.advance(1)
        await scene.owner.call("Chat.Edit", pb.EditRequest(log=scene.log, seq=seq, content=content))


@case(pb.MessagesDisappeared)
async def _disappeared(scene: Scene) -> None:
    await _disappearing(scene)
    seq = await scene.say(scene.member)
    await scene.owner.call("Pins.Pin", pins_pb2.PinRequest(log=scene.log, seq=seq, on=True))
    await _edit(scene, await scene.say(scene.owner))
    scene.clock.advance(60)
    await scene.owner.until(lambda: scene.owner.bodies(pb.MessagesDisappeared))


@case(pb.DisappearingChanged)
async def _disappearing(scene: Scene) -> None:
    request = pb.SetDisappearingRequest(log=scene.log, seconds=60)
    await scene.owner.call("Chat.SetDisappearing", request)


@case(reactions_pb2.Reacted)
async def _reacted(scene: Scene) -> None:
    await _react(scene, await scene.say(scene.owner))


async def _react(scene: Scene, seq: int) -> None:
    for client, emoji, on in (
        (scene.owner, "👍", True),
        (scene.member, "👍", True),
        (scene.member, "❤️", True),
        (scene.member, "👍", False),
    ):
        request = reactions_pb2.ReactRequest(log=scene.log, seq=seq, emoji=emoji, on=on)
        await client.call("Reactions.React", request)


@case(polls_pb2.Voted)
async def _voted(scene: Scene) -> None:
    await _vote(scene)


async def _vote(scene: Scene) -> int:
    seq = await scene.poll()
    for client, options in (
        (scene.member, [1]),
        (scene.owner, [0, 1]),
        (scene.member, [0]),
        (scene.owner, []),
    ):
        request = polls_pb2.VoteRequest(log=scene.log, seq=seq, options=options)
        await client.call("Polls.Vote", request)
    return seq


@case(polls_pb2.PollClosed)
async def _closed(scene: Scene) -> None:
    request = polls_pb2.CloseRequest(log=scene.log, seq=await _vote(scene))
    await scene.owner.call("Polls.Close", request)


@case(pins_pb2.Pinned)
async def _pinned(scene: Scene) -> None:
    seqs = [await scene.say(scene.member) for _ in range(3)]
    for seq, on in ((seqs[1], True), (seqs[0], True), (seqs[2], True), (seqs[0], False), (seqs[0], True)):
        await scene.owner.call("Pins.Pin", pins_pb2.PinRequest(log=scene.log, seq=seq, on=on))


@case(pb.ConversationCreated)
@case(pb.ConversationJoined)
async def _created(scene: Scene) -> None:
    request = pb.CreateGroupRequest(title="Another", users=[scene.member.user])
    await scene.owner.call("Chat.CreateGroup", request)
    await scene.member.call("Chat.Open", pb.OpenRequest(user=scene.member.user))


@case(pb.MembersAdded)
async def _added(scene: Scene) -> None:
    request = pb.AddMembersRequest(log=scene.log, users=[scene.outsider.user])
    await scene.member.call("Chat.AddMembers", request)
    await scene.say(scene.owner)


@case(pb.MemberLeft)
@case(pb.ConversationGone)
async def _left(scene: Scene) -> None:
    await scene.owner.call("Chat.Leave", pb.LeaveRequest(log=scene.log))


@case(pb.MemberRemoved)
async def _removed(scene: Scene) -> None:
    request = pb.RemoveMembersRequest(log=scene.log, users=[scene.other.user])
    await scene.owner.call("Chat.RemoveMembers", request)


@case(pb.MemberJoined)
async def _joined(scene: Scene) -> None:
    made = await scene.owner.call("Invites.Make", invites_pb2.MakeRequest(log=scene.log))
    await scene.outsider.call("Invites.Join", invites_pb2.JoinByRequest(token=made.invite.token))


@case(pb.ConversationRenamed)
async def _renamed(scene: Scene) -> None:
    await scene.member.call("Chat.Rename", pb.RenameRequest(log=scene.log, title="Choir"))


@case(pb.PictureChanged)
async def _pictured(scene: Scene) -> None:
    blob = (await upload(scene.owner, picture(8, 8))).blob
    await scene.owner.call("Chat.SetPicture", pb.SetPictureRequest(log=scene.log, blob=blob))


@case(pb.RoleChanged)
async def _role(scene: Scene) -> None:
    for role in (pb.ROLE_ADMIN, pb.ROLE_OWNER):
        request = pb.SetRoleRequest(log=scene.log, user=scene.member.user, role=role)
        await scene.owner.call("Chat.SetRole", request)


@case(pb.MemberMuted)
async def _muted(scene: Scene) -> None:
    until_ms = scene.clock.now_ms() + 60_000
    request = pb.MuteMemberRequest(log=scene.log, user=scene.member.user, until_ms=until_ms)
    await scene.owner.call("Chat.MuteMember", request)


@case(pb.NicknameChanged)
async def _nickname(scene: Scene) -> None:
    await scene.member.call("Chat.SetNickname", pb.SetNicknameRequest(log=scene.log, nickname="Bo"))


@case(pb.GroupChanged)
async def _changed(scene: Scene) -> None:
    settings = pb.GroupSettings(approval=True, admins_write=True, announcement="Tomorrow at ten.")
    await scene.owner.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=scene.log, settings=settings))


@case(calls_pb2.CallRecorded)
async def _called(scene: Scene) -> None:
    for caller in (scene.owner, scene.member):
        call = (await caller.call("Calls.Start", calls_pb2.StartRequest(log=scene.direct))).call
        await caller.call("Calls.HangUp", calls_pb2.HangUpRequest(call=call.call))


@case(transfers_pb2.TransferOffered)
@case(transfers_pb2.TransferEnded)
async def _transferred(scene: Scene) -> None:
    offer = transfers_pb2.OfferRequest(log=scene.direct, name="a.pdf", size_bytes=4)
    transfer = (await scene.owner.call("Transfers.Offer", offer)).transfer
    await scene.member.call("Transfers.Decline", transfers_pb2.DeclineRequest(transfer=transfer))
    await scene.owner.call("Transfers.Offer", offer)


@case(contacts_pb2.ContactChanged)
async def _known(scene: Scene) -> None:
    (stranger,) = await scene.server.people("stranger")
    for asker in (stranger, scene.other):
        answerer = scene.owner if asker is stranger else stranger
        ask = contacts_pb2.AskRequest(user=answerer.user, greeting="It is me")
        await asker.call("Contacts.Ask", ask)
        answer = contacts_pb2.AnswerRequest(user=asker.user, accept=asker is stranger)
        await answerer.call("Contacts.Answer", answer)
    await scene.member.call("Contacts.Block", contacts_pb2.BlockRequest(user=stranger.user, blocked=True))
    await scene.other.call("Contacts.Remove", contacts_pb2.RemoveRequest(user=scene.outsider.user))


@case(identity_pb2.ProfileChanged)
async def _renamed_person(scene: Scene) -> None:
    request = identity_pb2.UpdateProfileRequest(name="Somebody Else", about="New here")
    await scene.member.call("Identity.UpdateProfile", request)


@case(identity_pb2.DeviceAdded)
@case(identity_pb2.DeviceRevoked)
async def _devices(scene: Scene) -> None:
    for number in range(2):
        device = await Client(scene.server, device_name=f"Phone {number}").log_in(scene.member.profile.handle)
    request = identity_pb2.RevokeDeviceRequest(device=device.device)
    await scene.member.call("Identity.RevokeDevice", request)


@case(invites_pb2.JoinAsked)
@case(invites_pb2.JoinAnswered)
async def _asked(scene: Scene) -> None:
    settings = pb.GroupSettings(approval=True)
    await scene.owner.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=scene.log, settings=settings))
    made = await scene.owner.call("Invites.Make", invites_pb2.MakeRequest(log=scene.log))
    visitors = [scene.outsider, *await scene.server.people("visitor", "caller")]
    for each in visitors:
        join = invites_pb2.JoinByRequest(token=made.invite.token, greeting="May I?")
        await each.call("Invites.Join", join)
    for each, accept in zip(visitors[:2], (True, False), strict=True):
        answer = invites_pb2.AnswerRequest(log=scene.log, user=each.user, accept=accept)
        await scene.owner.call("Invites.Answer", answer)


@case(preferences_pb2.AccountChanged)
async def _account(scene: Scene) -> None:
    for account in (preferences_pb2.Account(language="zh"), preferences_pb2.Account(push_off=True)):
        request = preferences_pb2.SetAccountRequest(account=account)
        await scene.member.call("Preferences.SetAccount", request)


@case(preferences_pb2.ConversationChanged)
async def _set_conversation(scene: Scene) -> None:
    quiet = preferences_pb2.Conversation(log=scene.log, muted_until_ms=-1)
    for client, value in (
        (scene.owner, quiet),
        (scene.member, quiet),
        (scene.member, preferences_pb2.Conversation(log=scene.log)),
    ):
        request = preferences_pb2.SetConversationRequest(conversation=value)
        await client.call("Preferences.SetConversation", request)


@case(scheduled_pb2.ScheduledChanged)
async def _scheduled(scene: Scene) -> None:
    """One that waits, one that changed, one that was sent, one that could not be."""

    async def later(client: Client, seconds: int) -> str:
        at_ms = scene.clock.now_ms() + seconds * 1000
        content = pb.Content(text="later")
        request = scheduled_pb2.ScheduleRequest(log=scene.log, content=content, at_ms=at_ms)
        return str((await client.call("ScheduledMessages.Schedule", request)).scheduled.id)

    await later(scene.owner, 3600)
    at_ms = scene.clock.now_ms() + 7_200_000
    change = scheduled_pb2.ChangeRequest(
        id=await later(scene.owner, 60), content=pb.Content(text="other words"), at_ms=at_ms
    )
    await scene.owner.call("ScheduledMessages.Change", change)
    await later(scene.owner, 60)
    await later(scene.other, 60)
    remove = pb.RemoveMembersRequest(log=scene.log, users=[scene.other.user])
    await scene.owner.call("Chat.RemoveMembers", remove)
    scene.clock.advance(60)
    for client, number in ((scene.owner, 5), (scene.other, 2)):
        await client.until(partial(_heard, client, number))


def _heard(client: Client, number: int) -> bool:
    return len(client.bodies(scheduled_pb2.ScheduledChanged)) == number


@case(stickers_pb2.PacksChanged)
async def _packs(scene: Scene) -> None:
    for size, client in enumerate((scene.owner, scene.member), 8):
        pack = (await client.call("Stickers.Create", stickers_pb2.CreateRequest(title="Cats"))).pack.id
        blob = (await upload(client, picture(size, size))).blob
        await client.call("Stickers.Add", stickers_pb2.AddRequest(pack=pack, blob=blob, emoji="🐱"))
        await scene.other.call("Stickers.Keep", stickers_pb2.KeepRequest(pack=pack, on=True))
    await scene.member.call("Stickers.Remove", stickers_pb2.RemoveRequest(pack=pack))


def kinds() -> dict[int, str]:
    """Return every kind of event or notice that a feature has, by the schemas."""
    found: dict[int, str] = {}
    for feature in discover():
        register(feature.schema)
        for name, descriptor in feature.schema.message_types_by_name.items():
            try:
                found[kind_of(GetMessageClass(descriptor))] = f"{feature.name}.{name}"
            except KeyError:  # neither
                continue
    return found


def test_no_kind_is_without_a_case() -> None:
    covered = {kind_of(each) for each in CASES} | {kind_of(each) for each in NOTICES}
    assert not NOTICES & set(CASES)
    assert {name for kind, name in kinds().items() if kind not in covered} == set()


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    cheap_passwords(monkeypatch)
    async with TestServer.run(tmp_path) as server:
        owner, member, other, outsider = await server.friends("owner", "member", "other", "outsider")
        create = pb.CreateGroupRequest(title="Team", users=[member.user, other.user])
        log = (await owner.call("Chat.CreateGroup", create)).conversation.log
        direct = await server.conversation(owner, member)
        yield Scene(server, server.clock, owner, member, other, outsider, log, direct)


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
async def test_the_old_state_plus_the_event_is_a_fresh_state(scene: Scene, kind: type[Message]) -> None:
    devices = [Device(each) for each in (scene.owner, scene.member, scene.other, scene.outsider)]
    for device in devices:
        await device.start()
    await CASES[kind](scene)
    for device in devices:
        await device.take()
    for device in devices:
        await device.check()
    assert any(kind_of(kind) in device.seen for device in devices) or kind is pb.ConversationCreated
