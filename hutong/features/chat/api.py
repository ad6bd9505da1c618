"""What other features may ask of chat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from google.protobuf.message import Message

from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition
from hutong.platform.log import Appended, Stored
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2

# Above this many people nobody lists them all, and marks and typing are not told to everybody.
LARGE_ABOVE = 50


class Settings(NamedTuple):
    """What a group has decided, in the order of the table's columns."""

    inviting: int = chat_pb2.INVITING_MEMBERS
    approval: bool = False
    history: bool = False
    admins_write: bool = False
    announcement: str = ""

    def to_proto(self) -> chat_pb2.GroupSettings:
        """Return the form that travels."""
        # The stubs take the enum's own values only, a column holds any number.
        settings = chat_pb2.GroupSettings(
            approval=self.approval,
            history=self.history,
            admins_write=self.admins_write,
            announcement=self.announcement,
        )
        settings.inviting = chat_pb2.INVITING_ADMINS if self.inviting else chat_pb2.INVITING_MEMBERS
        return settings


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation as permission checks see it."""

    log: str
    group: bool
    members: frozenset[str]
    owner: str = ""
    admins: frozenset[str] = frozenset()
    muted_until_ms: Mapping[str, int] = field(default_factory=dict)  # of those who ever were
    settings: Settings = field(default_factory=Settings)
    disappear_s: int = 0

    @property
    def large(self) -> bool:
        """Whether there are too many people to tell each of them everything."""
        return len(self.members) > LARGE_ABOVE

    @property
    def stewards(self) -> frozenset[str]:
        """The owner and the admins of a group."""
        return self.admins | {self.owner} if self.owner else self.admins

    def role(self, user: str) -> chat_pb2.Role:
        """Return a member's role."""
        if user == self.owner:
            return chat_pb2.ROLE_OWNER
        return chat_pb2.ROLE_ADMIN if user in self.admins else chat_pb2.ROLE_MEMBER

    @property
    def saved(self) -> bool:
        """Whether this is somebody's conversation with oneself."""
        return not self.group and len(self.members) == 1

    def other(self, user: str) -> str:
        """Return the other person of a conversation of two. Raises `FailedPrecondition` without one."""
        for member in self.members:
            if member != user:
                return member
        raise FailedPrecondition("There is nobody else here.", reason="not_direct")


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it stands: in its newest wording."""

    log: str
    seq: int
    author: str
    at_ms: int
    content: chat_pb2.Content
    disappears_ms: int


@dataclass(frozen=True, slots=True)
class Face:
    """What a group shows to somebody at its door."""

    title: str
    picture: str
    members: int
    approval: bool
    stewards: frozenset[str]  # whom to ask


Erased = Callable[[Transaction, str, int], object]


class Chat(Protocol):
    """Who is in which conversation, and what is said there."""

    def room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation. Raises `NotFound` unless the user is a member."""

    def writable_room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation for writing.

        Raises `NotFound`, `PermissionDenied` (blocked, muted, only admins write), `ResourceExhausted` (too
        much happens in the group).
        """

    def check(self, content: chat_pb2.Content) -> list[str]:
        """Return the blobs of what a person wants to say. Raises `InvalidArgument`, `PermissionDenied`."""

    def blobs(self, content: chat_pb2.Content) -> list[str]:
        """Return the blobs of what was checked before."""

    def append(self, tx: Transaction, user: str, log: str, content: chat_pb2.Content) -> Appended:
        """Append a message that was checked, with all that hangs on it. Raises like `writable_room`.

        Its blobs must be readable to the user (`NotFound`), people it mentions members.
        """

    def said(self, tx: Transaction, log: str, user: str, seq: int) -> Stored:
        """Return the event of something that was said to a member who may see it. Its body may be erased.

        Raises `NotFound`.
        """

    def message(self, tx: Transaction, log: str, user: str, seq: int) -> Said:
        """Return a message to a member who may see it. Raises `NotFound`, `FailedPrecondition` (recalled)."""

    def on_erased(self, listener: Erased) -> None:
        """Call `listener(tx, log, seq)` in the transaction that erases a message."""

    def check_previews(self, check: Callable[[chat_pb2.Preview], bool]) -> None:
        """Let `check` tell previews that this server made. Without it messages have none."""


Joined = Callable[[Transaction, str, Sequence[str]], object]


class Membership(Protocol):
    """The doors of groups."""

    def inviter(self, executor: Executor, log: str, user: str) -> Room:
        """Return the group to a member who may bring people in. Raises `NotFound`, `PermissionDenied`."""

    def steward(self, executor: Executor, log: str, user: str) -> Room:
        """Return the group to its owner or an admin. Raises `NotFound`, `PermissionDenied`."""

    def face(self, executor: Executor, log: str) -> Face:
        """Return what a group shows to those outside. Raises `NotFound`."""

    def is_member(self, executor: Executor, log: str, user: str) -> bool:
        """Tell whether the user is in the conversation."""

    def was_removed(self, executor: Executor, log: str, user: str) -> bool:
        """Tell whether the user was removed from the group, and not let in again since."""

    def admit(self, tx: Transaction, log: str, user: str, by: str) -> None:
        """Make the user a member. Raises `ResourceExhausted` when the group, or the user's list, is full."""

    def conversation(self, tx: Transaction, log: str, user: str) -> chat_pb2.Conversation:
        """Return the conversation as `Chat.Get` answers it to a member."""

    def on_joined(self, listener: Joined) -> None:
        """Call `listener(tx, log, users)` in the transaction that makes them members of a group."""

    def on_parted(self, listener: Joined) -> None:
        """Call `listener(tx, log, users)` in the transaction in which they leave a group, or are removed."""


class Change(NamedTuple):
    """What later events made of an earlier one, as one event that says the same."""

    seq: int  # of the earlier one
    author: str
    body: Message
    at_ms: int = 0


Teller = Callable[[Executor, str, int, int], Iterable[Change]]


class Standings(Protocol):
    """How messages stand now: for those who read a stretch of a log without what came after it."""

    def tell(self, teller: Teller) -> None:
        """Ask `teller(executor, log, first, last)` what became of the events from seq `first` to `last`."""


class Place(NamedTuple):
    """A conversation as one member sees it."""

    group: bool
    title: str
    joined: int
    delivered: int
    read: int


class Unread(Protocol):
    """What members have not read: for those who tell people who are away."""

    def people(self, executor: Executor, logs: Sequence[str]) -> dict[str, list[str]]:
        """Return who is in these conversations, by log."""

    def place(self, executor: Executor, log: str, user: str) -> Place | None:
        """Return a conversation as a member sees it, or None for somebody else."""

    def logs(self, executor: Executor, user: str, since_ms: int) -> list[str]:
        """Return a user's conversations whose newest event is not read, and not older than `since_ms`."""

    def newest(
        self, executor: Executor, log: str, user: str, after: int, since_ms: int, limit: int
    ) -> list[Stored]:
        """Return what others said that came after `after` and not before `since_ms`, newest first."""

    def count(self, executor: Executor, user: str, but: Iterable[str], maximum: int) -> int:
        """Return how much a user has not read in all conversations but some; at most `maximum`."""


class Traces(Protocol):
    """What one person has left in conversations."""

    def logs(self, executor: Executor, user: str) -> list[str]:
        """Return the conversations a user is in."""

    def companions(self, executor: Executor, user: str, limit: int) -> list[tuple[str, str]]:
        """Return who else is in a user's groups, once for each nickname, '' among them."""

    def title(self, executor: Executor, log: str, user: str) -> tuple[str, list[str]]:
        """Return a conversation's title, or '' and some of the other people in it."""

    def wrote_in(self, executor: Executor, user: str) -> list[str]:
        """Return the conversations in which a user said something that still stands; a long look."""

    def recall_own(self, tx: Transaction, log: str, user: str, limit: int) -> bool:
        """Take back some of what a user said in a conversation; return whether more is left."""
