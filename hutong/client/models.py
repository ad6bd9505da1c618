"""What the client hands to programs: people, conversations, messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Body

from hutong.client.bodies import BodyError, Carrying, body_of
from hutong.platform import events
from hutong.schema import (
    calls_pb2,
    chat_pb2,
    contacts_pb2,
    identity_pb2,
    invites_pb2,
    link_pb2,
    log_pb2,
    peers_pb2,
    pins_pb2,
    polls_pb2,
    reactions_pb2,
    scheduled_pb2,
    transfers_pb2,
)

for _file in (
    calls_pb2,
    chat_pb2,
    contacts_pb2,
    identity_pb2,
    invites_pb2,
    peers_pb2,
    pins_pb2,
    polls_pb2,
    reactions_pb2,
    scheduled_pb2,
    transfers_pb2,
):
    events.register(_file.DESCRIPTOR)

MESSAGE_SENT = events.kind_of(chat_pb2.MessageSent)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    user: str
    handle: str
    name: str
    about: str = ""

    @classmethod
    def of(cls, profile: identity_pb2.Profile) -> Person:
        """Return the person of a profile."""
        return cls(profile.user, profile.handle, profile.name, profile.about)


class Role(Enum):
    """What somebody is in a group."""

    MEMBER = chat_pb2.ROLE_MEMBER
    OWNER = chat_pb2.ROLE_OWNER
    ADMIN = chat_pb2.ROLE_ADMIN


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a conversation, and how far their marks stand (event numbers).

    In groups of more than 50 people only one's own marks are told.
    """

    person: Person
    role: Role
    delivered: int
    read: int
    nickname: str = ""
    muted_until_ms: int = 0

    @classmethod
    def of(cls, member: chat_pb2.Member) -> Member:
        """Return what the server says of a member; an unknown role gives no rights."""
        known = member.role in chat_pb2.Role.values()
        return cls(
            Person.of(member.profile),
            Role(member.role) if known else Role.MEMBER,
            member.delivered,
            member.read,
            member.nickname,
            member.muted_until_ms,
        )


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What a group has decided."""

    admins_invite: bool = False  # only the owner and admins bring people in
    approval: bool = False  # who comes by a link waits for an admin
    history: bool = False  # newcomers see what was said before
    admins_write: bool = False  # only the owner and admins may write
    announcement: str = ""

    @classmethod
    def of(cls, settings: chat_pb2.GroupSettings) -> GroupSettings:
        """Return the settings as they travelled."""
        admins_invite = settings.inviting == chat_pb2.INVITING_ADMINS
        return cls(
            admins_invite, settings.approval, settings.history, settings.admins_write, settings.announcement
        )

    def to_proto(self) -> chat_pb2.GroupSettings:
        """Return the form that travels."""
        return chat_pb2.GroupSettings(
            inviting=chat_pb2.INVITING_ADMINS if self.admins_invite else chat_pb2.INVITING_MEMBERS,
            approval=self.approval,
            history=self.history,
            admins_write=self.admins_write,
            announcement=self.announcement,
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """Two people, a group, or notes to oneself. `log` is its id.

    `members` are all of them up to 50, else oneself, the owner and the admins: see `client.groups.members`.
    """

    log: str
    group: bool
    title: str  # a group's title, or the other person's name
    members: tuple[Member, ...]
    head: int  # the newest event's number
    unread: int  # at most 1,000
    member_count: int = 0
    picture: str = ""  # a blob
    joined: int = 1  # one sees events with this number and above
    settings: GroupSettings = field(default_factory=GroupSettings)
    disappear_s: int = 0  # what is said is erased so long after; 0 never
    saved: bool = False  # notes to oneself

    @classmethod
    def of(cls, conversation: chat_pb2.Conversation, me: str) -> Conversation:
        """Return a conversation as `me` sees it."""
        members = tuple(map(Member.of, conversation.members))
        others = [member.person.name for member in members if member.person.user != me]
        return cls(
            conversation.log,
            conversation.group,
            conversation.title or ", ".join(others) or "Just you",
            members,
            conversation.head,
            conversation.unread,
            conversation.member_count,
            conversation.picture,
            conversation.joined,
            GroupSettings.of(conversation.settings),
            conversation.disappear_s,
            conversation.saved,
        )

    def member(self, user: str) -> Member | None:
        """Return a member, if they are among `members`."""
        return next((each for each in self.members if each.person.user == user), None)

    def other(self, me: str) -> Person | None:
        """Return the other person of a conversation of two."""
        if self.group:
            return None
        return next((each.person for each in self.members if each.person.user != me), None)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a log, opened. `body` is None when it was erased, or of a kind not known here."""

    log: str
    seq: int
    kind: int
    author: str
    at_ms: int
    key: bytes
    body: Any | None

    @classmethod
    def of(cls, event: log_pb2.Event) -> Event:
        """Open an event."""
        body = _opened(event.kind, event) if event.body else None
        return cls(event.log, event.seq, event.kind, event.author, event.at_ms, event.key, body)


@dataclass(frozen=True, slots=True)
class Message:
    """Something somebody said."""

    conversation: Conversation
    seq: int
    at_ms: int
    author: Person
    content: chat_pb2.Content
    mine: bool

    @property
    def log(self) -> str:
        """The conversation's id."""
        return self.conversation.log

    @property
    def text(self) -> str:
        """The text, or '' when it is a picture or a file."""
        return self.content.text

    @property
    def kind(self) -> str:
        """What it is, as the schema's `Content` calls it: text, picture, voice, poll ...; '' if not known."""
        return self.content.WhichOneof("kind") or ""

    @property
    def reply_to(self) -> int:
        """The number of the message it answers, 0 for none."""
        return self.content.reply_to


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has it, durably: its number in the conversation, and when."""

    log: str
    seq: int
    at_ms: int


def notice_body(notice: link_pb2.Notice) -> Body | None:
    """Open a notice; None for a kind this version does not know (CONN17)."""
    return _opened(notice.kind, notice)


def _opened(kind: int, carrying: Carrying) -> Body | None:
    kind_class = events.class_of(kind)
    if kind_class is None:
        return None
    try:
        return kind_class.FromString(body_of(carrying))
    except (BodyError, DecodeError):
        return None
