"""What the client hands to programs: people, conversations, messages."""

from __future__ import annotations

from dataclasses import dataclass
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
    link_pb2,
    log_pb2,
    peers_pb2,
    reactions_pb2,
    transfers_pb2,
)

for _file in (calls_pb2, chat_pb2, contacts_pb2, identity_pb2, peers_pb2, reactions_pb2, transfers_pb2):
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


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a conversation, and how far their marks stand (event numbers)."""

    person: Person
    owner: bool
    delivered: int
    read: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """Two people, or a group. `log` is its id."""

    log: str
    group: bool
    title: str  # a group's title, or the other person's name
    members: tuple[Member, ...]
    head: int  # the newest event's number
    unread: int

    @classmethod
    def of(cls, conversation: chat_pb2.Conversation, me: str) -> Conversation:
        """Return a conversation as `me` sees it."""
        members = tuple(
            Member(
                Person.of(member.profile),
                member.role == chat_pb2.ROLE_OWNER,
                member.delivered,
                member.read,
            )
            for member in conversation.members
        )
        others = [member.person.name for member in members if member.person.user != me]
        title = conversation.title or ", ".join(others) or "Just you"
        return cls(
            conversation.log,
            conversation.group,
            title,
            members,
            conversation.head,
            conversation.unread,
        )

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
