"""What an event of its log makes of a conversation (LOG15): the same that the server would answer now.

Pure. None means that the events do not say it, and the server has to be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hutong.client.models import Conversation, Event, GroupSettings, Member, Person, Role
from hutong.platform.events import unread_kinds
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2

# Above this many people the server lists only oneself, the owner and the admins.
LISTED_MAX = 50
# The server counts no further.
_UNREAD_MAX = 1_000


def folded(conversation: Conversation, event: Event, me: str) -> Conversation | None:
    """Return the conversation after an event; one that it holds already changes nothing."""
    if event.seq <= conversation.head:
        return conversation
    if event.seq > conversation.head + 1:
        return None
    after = replace(conversation, head=event.seq)
    if event.kind in unread_kinds():
        # One that is erased counts too: the event that erased it comes later, and takes it away again.
        return after if event.author == me else replace(after, unread=min(after.unread + 1, _UNREAD_MAX))
    change = _CHANGES.get(type(event.body))
    return after if change is None else change(after, event.body, event, me)


def marked(conversation: Conversation, mark: pb.MarkMoved, me: str) -> Conversation | None:
    """Return the conversation after a member's marks moved (LOG17)."""
    member = conversation.member(mark.user)
    if member is None:
        return conversation
    raised = replace(
        member, delivered=max(member.delivered, mark.delivered), read=max(member.read, mark.read)
    )
    after = _with(conversation, raised)
    if mark.user != me or raised.read == member.read:
        return after
    # How many of the unread ones lie behind the mark is not known, unless all do.
    return replace(after, unread=0) if raised.read >= after.head or not after.unread else None


# ---- who is in it ----


def _added(conversation: Conversation, body: pb.MembersAdded, event: Event, me: str) -> Conversation | None:
    return _enter(conversation, body.members, event.seq, me)


def _joined(conversation: Conversation, body: pb.MemberJoined, event: Event, me: str) -> Conversation | None:
    return _enter(conversation, [body.member], event.seq, me)


def _enter(
    conversation: Conversation, profiles: Iterable[identity_pb2.Profile], seq: int, me: str
) -> Conversation | None:
    people = sorted(map(Person.of, profiles), key=lambda person: person.user)
    if any(person.user == me for person in people):
        return None  # we were away in between
    count = conversation.member_count + len(people)
    members = conversation.members
    if conversation.member_count <= LISTED_MAX:
        members += tuple(Member(person, Role.MEMBER, seq - 1, seq - 1) for person in people)
    return _listed(replace(conversation, members=members, member_count=count), me)


def _left(conversation: Conversation, body: pb.MemberLeft, _event: Event, me: str) -> Conversation | None:
    return _without(conversation, [body.user], me)


def _removed(
    conversation: Conversation, body: pb.MemberRemoved, _event: Event, me: str
) -> Conversation | None:
    return _without(conversation, body.users, me)


def _without(conversation: Conversation, users: Iterable[str], me: str) -> Conversation | None:
    gone = set(users)
    count = conversation.member_count - len(gone)
    if me in gone or count <= LISTED_MAX < conversation.member_count:
        return None  # now the server lists them all
    members = tuple(each for each in conversation.members if each.person.user not in gone)
    return replace(conversation, members=members, member_count=count)


def _listed(conversation: Conversation, me: str) -> Conversation:
    """Leave out whom the server leaves out, and the marks it does not tell."""
    if conversation.member_count <= LISTED_MAX:
        return conversation
    members = tuple(
        each if each.person.user == me else replace(each, delivered=0, read=0)
        for each in conversation.members
        if each.person.user == me or each.role is not Role.MEMBER
    )
    return replace(conversation, members=members)


# ---- what they are ----


def _role(conversation: Conversation, body: pb.RoleChanged, _event: Event, me: str) -> Conversation | None:
    if body.role not in pb.Role.values():
        return conversation
    role = Role(body.role)
    member = conversation.member(body.user)
    if member is None:
        return None  # one of many became somebody whom the server lists
    if role is Role.OWNER:
        for each in conversation.members:
            if each.role is Role.OWNER:
                conversation = _with(conversation, replace(each, role=Role.ADMIN))
    return _listed(_with(conversation, replace(member, role=role)), me)


def _muted(conversation: Conversation, body: pb.MemberMuted, _event: Event, _me: str) -> Conversation:
    member = conversation.member(body.user)
    return (
        conversation if member is None else _with(conversation, replace(member, muted_until_ms=body.until_ms))
    )


def _nickname(conversation: Conversation, body: pb.NicknameChanged, _event: Event, _me: str) -> Conversation:
    member = conversation.member(body.user)
    return conversation if member is None else _with(conversation, replace(member, nickname=body.nickname))


def _with(conversation: Conversation, changed: Member) -> Conversation:
    """Put a member in the place of what was known of the same person."""
    members = tuple(
        changed if each.person.user == changed.person.user else each for each in conversation.members
    )
    return replace(conversation, members=members)


# ---- what it is ----


def _renamed(
    conversation: Conversation, body: pb.ConversationRenamed, _event: Event, _me: str
) -> Conversation:
    return replace(conversation, title=body.title)


def _pictured(conversation: Conversation, body: pb.PictureChanged, _event: Event, _me: str) -> Conversation:
    return replace(conversation, picture=body.blob)


def _decided(conversation: Conversation, body: pb.GroupChanged, _event: Event, _me: str) -> Conversation:
    return replace(conversation, settings=GroupSettings.of(body.settings))


def _disappearing(
    conversation: Conversation, body: pb.DisappearingChanged, _event: Event, _me: str
) -> Conversation:
    return replace(conversation, disappear_s=body.seconds)


# ---- what is unread ----


def _recalled(
    conversation: Conversation, body: pb.MessageRecalled, event: Event, me: str
) -> Conversation | None:
    """Only its author takes a message back, and nothing of one's own is unread."""
    mine = conversation.member(me)
    if event.author == me or not conversation.unread:
        return conversation
    if mine is None or conversation.unread >= _UNREAD_MAX:
        return None
    return conversation if body.seq <= mine.read else replace(conversation, unread=conversation.unread - 1)


def _disappeared(
    conversation: Conversation, body: pb.MessagesDisappeared, _event: Event, me: str
) -> Conversation | None:
    """Whose messages they were is not said."""
    mine = conversation.member(me)
    read = mine.read if mine is not None else 0
    return conversation if not conversation.unread or max(body.seqs, default=0) <= read else None


_CHANGES: dict[type, Callable[[Conversation, Any, Event, str], Conversation | None]] = {
    pb.ConversationRenamed: _renamed,
    pb.DisappearingChanged: _disappearing,
    pb.GroupChanged: _decided,
    pb.MemberJoined: _joined,
    pb.MemberLeft: _left,
    pb.MemberMuted: _muted,
    pb.MemberRemoved: _removed,
    pb.MembersAdded: _added,
    pb.MessageRecalled: _recalled,
    pb.MessagesDisappeared: _disappeared,
    pb.NicknameChanged: _nickname,
    pb.PictureChanged: _pictured,
    pb.RoleChanged: _role,
}
