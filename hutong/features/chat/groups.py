"""Who is where: opening a conversation with a contact, and small groups."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from hutong.features.chat import model, store
from hutong.features.chat.api import Room
from hutong.features.chat.overview import Overview
from hutong.features.chat.rooms import Rooms, member_of
from hutong.features.contacts.api import Contacts
from hutong.features.identity.api import Identity
from hutong.platform.errors import FailedPrecondition, InvalidArgument, PermissionDenied, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

OPENS = Rate("open_conversation", burst=60, every_s=5)
# A reply of `List` has to fit into a carrier message.
CONVERSATIONS_MAX = 2_000
RECENT = 20


class Groups:
    """The part of the `Chat` service that changes memberships."""

    def __init__(self, platform: Platform, rooms: Rooms, overview: Overview) -> None:
        self._platform = platform
        self._rooms = rooms
        self._overview = overview
        self._identity = platform.use(Identity)
        self._contacts = platform.use(Contacts)

    def open(self, caller: Caller, request: pb.OpenRequest) -> Pending[pb.OpenReply]:
        """Return the conversation with a contact, created when there is none."""
        user, other = caller.user, request.user
        self._platform.limits.spend(OPENS, user)

        def find_or_create(tx: Transaction) -> pb.OpenReply:
            log = store.direct_log(tx, user, other)
            if log is None:
                self._check_contacts(tx, user, [other])
                log = self._create(tx, user, [user, other], title="", is_group=False)
                store.put_direct(tx, user, other, log)
            return pb.OpenReply(conversation=self._describe(tx, user, log))

        return caller.write(self._platform.writer, pb.OpenReply, find_or_create)

    def create_group(self, caller: Caller, request: pb.CreateGroupRequest) -> Pending[pb.CreateGroupReply]:
        """Start a group with contacts of the caller."""
        title = model.title(request.title)
        user = caller.user
        others = _distinct(request.users, user)
        self._platform.limits.spend(OPENS, user)

        def create(tx: Transaction) -> pb.CreateGroupReply:
            self._check_contacts(tx, user, others)
            log = self._create(tx, user, [user, *others], title=title, is_group=True)
            return pb.CreateGroupReply(conversation=self._describe(tx, user, log))

        return caller.write(self._platform.writer, pb.CreateGroupReply, create)

    def add_members(self, caller: Caller, request: pb.AddMembersRequest) -> Pending[pb.AddMembersReply]:
        """Add contacts of the caller to a group. Those who are in it already are left alone."""
        user, log = caller.user, request.log
        others = _distinct(request.users, user)

        def add(tx: Transaction) -> pb.AddMembersReply:
            room = self._group(tx, log, user)
            fresh = [each for each in others if each not in room.members]
            if not fresh:
                return pb.AddMembersReply()
            if len(room.members) + len(fresh) > model.MEMBERS_MAX:
                raise ResourceExhausted(
                    f"A group has at most {model.MEMBERS_MAX} members.", reason="group_full"
                )
            self._check_contacts(tx, user, fresh)
            self._check_room_for_one_more(tx, fresh)
            profiles = self._identity.profiles(tx, fresh)
            added = tx.append(log, pb.MembersAdded(members=[profiles[each] for each in fresh]), author=user)
            store.put_members(tx, log, fresh, joined=added.seq)
            tx.invalidate(self._rooms, log)
            for each in fresh:
                tx.append(f"inbox:{each}", pb.ConversationJoined(log=log), author=user)
            return pb.AddMembersReply()

        return caller.write(self._platform.writer, pb.AddMembersReply, add)

    def leave(self, caller: Caller, request: pb.LeaveRequest) -> Pending[pb.LeaveReply]:
        """Leave a group. When the owner leaves, the longest-standing member owns it."""
        user, log = caller.user, request.log

        def leave(tx: Transaction) -> pb.LeaveReply:
            self._group(tx, log, user)
            rows = store.members(tx, log)
            mine = next(row for row in rows if row.user == user)
            in_log = store.member.c.log == log
            tx.execute(sa.delete(store.member).where(in_log, store.member.c.user == user))
            heirs = [row.user for row in rows if row.user != user]
            if mine.owner and heirs:
                heir = store.member.c.user == heirs[0]
                tx.execute(sa.update(store.member).where(in_log, heir).values(owner=True))
            tx.append(log, pb.MemberLeft(user=user), author=user)
            tx.append(f"inbox:{user}", pb.ConversationGone(log=log), author=user)
            tx.unfollow(log, user)
            tx.invalidate(self._rooms, log)
            return pb.LeaveReply()

        return caller.write(self._platform.writer, pb.LeaveReply, leave)

    def rename(self, caller: Caller, request: pb.RenameRequest) -> Pending[pb.RenameReply]:
        """Give a group another title."""
        title = model.title(request.title)
        user, log = caller.user, request.log

        def rename(tx: Transaction) -> pb.RenameReply:
            self._group(tx, log, user)
            tx.execute(
                sa.update(store.conversation).where(store.conversation.c.log == log).values(title=title)
            )
            tx.append(log, pb.ConversationRenamed(title=title), author=user)
            return pb.RenameReply()

        return caller.write(self._platform.writer, pb.RenameReply, rename)

    # ---- steps ----

    def _create(self, tx: Transaction, user: str, users: list[str], *, title: str, is_group: bool) -> str:
        self._check_room_for_one_more(tx, users)
        log = f"chat:{self._platform.random.new_id()}"
        profiles = self._identity.profiles(tx, users)
        store.put_conversation(tx, log, is_group=is_group, title=title, now_ms=tx.now_ms)
        store.put_members(tx, log, users, joined=1, owner=user if is_group else "")
        members = [profiles[each] for each in users]
        tx.append(log, pb.ConversationCreated(group=is_group, title=title, members=members), author=user)
        for each in users:
            tx.append(f"inbox:{each}", pb.ConversationJoined(log=log), author=user)
        return log

    def _describe(self, tx: Transaction, user: str, log: str) -> pb.Conversation:
        tx.write_events()
        return self._overview.describe(tx, user, log, RECENT)

    def _group(self, tx: Transaction, log: str, user: str) -> Room:
        room = member_of(self._rooms.load(tx, log), user)
        if not room.group:
            raise FailedPrecondition("This is a conversation of two people.", reason="not_a_group")
        return room

    def _check_contacts(self, tx: Transaction, user: str, others: Iterable[str]) -> None:
        for other in others:
            if not self._contacts.may_message(tx, user, other):
                raise PermissionDenied("You can only write to your contacts.", reason="not_contacts")

    def _check_room_for_one_more(self, tx: Transaction, users: Iterable[str]) -> None:
        for user in users:
            if store.count_of(tx, user) >= CONVERSATIONS_MAX:
                raise ResourceExhausted("Too many conversations.", reason="too_many_conversations")


def _distinct(users: Iterable[str], caller: str) -> list[str]:
    """Return the others, each once, in the given order. Raises `InvalidArgument` beyond the bound."""
    others = list(dict.fromkeys(user for user in users if user != caller))
    if not others:
        raise InvalidArgument("Choose at least one person.", reason="nobody")
    if len(others) >= model.MEMBERS_MAX:
        raise InvalidArgument(f"A group has at most {model.MEMBERS_MAX} members.", reason="too_many_users")
    return others
