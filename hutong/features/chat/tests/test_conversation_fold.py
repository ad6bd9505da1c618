"""LOG15 for conversations: what a device folds from events is what `Chat.Get` says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hutong.platform.events import class_of, unread_kinds
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2, log_pb2
from hutong.testing import TestServer


@dataclass
class Fold:
    """A conversation as one member's device sees it, from the events and notices alone."""

    user: str
    title: str = ""
    group: bool = False
    head: int = 0
    members: dict[str, tuple[int, bool]] = field(default_factory=dict)  # joined, owner
    profiles: dict[str, identity_pb2.Profile] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    gone: bool = False

    def apply(self, event: log_pb2.Event) -> None:
        kind = class_of(event.kind)
        assert kind is not None
        body = kind.FromString(event.body)
        if event.log.startswith("inbox:"):
            if isinstance(body, identity_pb2.ProfileChanged) and body.profile.user in self.profiles:
                self.profiles[body.profile.user] = body.profile
            return
        assert event.seq > self.head
        self.head = event.seq
        if event.kind in unread_kinds() and event.author != self.user and event.body:
            self.unread.add(event.seq)
        match body:
            case pb.ConversationCreated():
                self.title, self.group = body.title, body.group
                self._add(body.members, event.seq, event.author if body.group else "")
            case pb.MembersAdded():
                self._add(body.members, event.seq, "")
            case pb.MemberLeft():
                _, owned = self.members.pop(body.user)
                self.gone = body.user == self.user
                if owned and self.members:
                    heir = min(self.members, key=lambda user: (self.members[user][0], user))
                    self.members[heir] = (self.members[heir][0], True)
            case pb.ConversationRenamed():
                self.title = body.title
            case pb.MessageRecalled():
                self.unread.discard(body.seq)

    def _add(self, people: Iterable[identity_pb2.Profile], joined: int, owner: str) -> None:
        for person in people:
            self.members[person.user] = (joined, person.user == owner)
            self.profiles[person.user] = person
            self.marks[person.user] = (joined - 1, joined - 1)

    def notice(self, moved: pb.MarkMoved) -> None:
        self.marks[moved.user] = (moved.delivered, moved.read)
        if moved.user == self.user:
            self.unread = {seq for seq in self.unread if seq > moved.read}

    def view(self) -> tuple[object, ...]:
        people = sorted(
            (self.profiles[user].SerializeToString(), owner, *self.marks[user])
            for user, (_, owner) in self.members.items()
        )
        return self.title, self.group, self.head, len(self.unread), people


def fresh(conversation: pb.Conversation) -> tuple[object, ...]:
    people = sorted(
        (each.profile.SerializeToString(), each.role == pb.ROLE_OWNER, each.delivered, each.read)
        for each in conversation.members
    )
    return conversation.title, conversation.group, conversation.head, conversation.unread, people


async def test_old_state_plus_events_is_the_fresh_state(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    people = (alice, bobby, carol)
    for person in people:
        await person.follow(person.inbox, after=100)
    request = pb.CreateGroupRequest(title="Team", users=[bobby.user, carol.user])
    log = (await alice.call("Chat.CreateGroup", request)).conversation.log
    folds = {person.user: Fold(person.user) for person in people}
    for person in people:
        for event in (await person.follow(log)).pages[0].events:
            folds[person.user].apply(event)
        person.events.clear()

    async def check(step: str) -> None:
        for person in people:
            fold = folds[person.user]
            for event in person.events:
                if event.log in {log, person.inbox}:
                    fold.apply(event)
            for notice in person.notices:
                if isinstance(notice, pb.MarkMoved):
                    fold.notice(notice)
            person.events.clear()
            person.notices.clear()
            if not fold.gone:
                seen = await person.call("Chat.Get", pb.GetRequest(log=log))
                assert fold.view() == fresh(seen.conversation), f"{person.profile.handle}, {step}"

    def text(words: str) -> pb.SendRequest:
        return pb.SendRequest(log=log, content=pb.Content(text=words))

    steps = [
        (alice, "Chat.Send", text("one")),
        (bobby, "Chat.Send", text("two")),
        (carol, "Chat.Mark", pb.MarkRequest(log=log, delivered=3, read=2)),
        (alice, "Chat.Recall", pb.RecallRequest(log=log, seq=2)),
        (bobby, "Chat.Recall", pb.RecallRequest(log=log, seq=3)),
        (bobby, "Chat.Rename", pb.RenameRequest(log=log, title="Friends")),
        (carol, "Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name="Caroline")),
        (alice, "Chat.Send", text("three")),
        (bobby, "Chat.Mark", pb.MarkRequest(log=log, read=7)),
        (alice, "Chat.Leave", pb.LeaveRequest(log=log)),
        (carol, "Chat.Send", text("four")),
        (bobby, "Chat.AddMembers", pb.AddMembersRequest(log=log, users=[alice.user])),
        (bobby, "Chat.Send", text("five")),
    ]
    await check("created")
    for person, method, step in steps:
        await person.call(method, step)
        await check(f"after {method} of {person.profile.handle}")
    # Whoever came back has not seen the time between, and asks for the state then.
    mine = (await alice.call("Chat.Get", pb.GetRequest(log=log))).conversation
    theirs = (await bobby.call("Chat.Get", pb.GetRequest(log=log))).conversation
    assert (mine.title, mine.members, mine.head) == (theirs.title, theirs.members, theirs.head)
    assert (mine.joined, mine.unread) == (theirs.head - 1, 1)
