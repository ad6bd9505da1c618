"""Who is where: opening a conversation with a contact, and coming into and out of groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hutong.features.chat import api as chat_api
from hutong.features.chat import model, roles, store
from hutong.features.chat.api import Face, Joined, Room
from hutong.features.chat.overview import Overview
from hutong.features.chat.roles import Act
from hutong.features.chat.rooms import Rooms, group_of, read_room
from hutong.features.contacts.api import Contacts
from hutong.features.identity.api import Identity
from hutong.platform.database import Executor
from hutong.platform.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

OPENS = Rate("open_conversation", burst=60, every_s=5)
MOVES = Rate("move_members", burst=60, every_s=1)
# A reply of `List` has to fit into a carrier message.
CONVERSATIONS_MAX = 2_000
# Profiles of this many fit into an event, however long.
PROFILES_AT_ONCE = 100
# Of those who were removed from one group this many are remembered.
REMOVED_MAX = 1_000
RECENT = 20


class Groups:
    """The part of the `Chat` service that changes memberships; and `api.Membership`."""

    def __init__(self, platform: Platform, rooms: Rooms, overview: Overview) -> None:
        self._platform = platform
        self._rooms = rooms
        self._overview = overview
        self._identity = platform.use(Identity)
        self._identity.on_deleted(self._leave_all)
        self._contacts = platform.use(Contacts)
        self._listeners: list[Joined] = []
        self._parted: list[Joined] = []
        platform.provide(chat_api.Membership, self)

    def open(self, caller: Caller, request: pb.OpenRequest) -> Pending[pb.OpenReply]:
        """Return the conversation with a contact or with oneself, created when there is none."""
        user, other = caller.user, request.user
        self._platform.limits.spend(OPENS, user)

        def find_or_create(tx: Transaction) -> pb.OpenReply:
            log = store.direct_log(tx, user, other)
            if log is None:
                users = list(dict.fromkeys([user, other]))  # with oneself: saved messages
                self._check_contacts(tx, user, users[1:])
                log = self._create(tx, user, users, title="", is_group=False)
                store.put_direct(tx, user, other, log)
            return pb.OpenReply(conversation=self.conversation(tx, log, user))

        return caller.write(self._platform.writer, pb.OpenReply, find_or_create)

    def create_group(self, caller: Caller, request: pb.CreateGroupRequest) -> Pending[pb.CreateGroupReply]:
        """Start a group, with contacts of the caller or alone."""
        title = model.title(request.title)
        user = caller.user
        others = _distinct(request.users, user)
        self._platform.limits.spend(OPENS, user)

        def create(tx: Transaction) -> pb.CreateGroupReply:
            self._check_contacts(tx, user, others)
            log = self._create(tx, user, [user, *others], title=title, is_group=True)
            return pb.CreateGroupReply(conversation=self.conversation(tx, log, user))

        return caller.write(self._platform.writer, pb.CreateGroupReply, create)

    def add_members(self, caller: Caller, request: pb.AddMembersRequest) -> Pending[pb.AddMembersReply]:
        """Add contacts of the caller to a group. Those who are in it already are left alone."""
        user, log = caller.user, request.log
        others = _somebody(_distinct(request.users, user))
        self._platform.limits.spend(MOVES, user)

        def add(tx: Transaction) -> pb.AddMembersReply:
            room = self.inviter(tx, log, user)
            self._rooms.pace(room)
            fresh = [each for each in others if each not in room.members]
            if not fresh:
                return pb.AddMembersReply()
            self._check_space(tx, room, fresh)
            self._check_contacts(tx, user, fresh)
            if user not in room.stewards and store.were_removed(tx, log, fresh):
                raise PermissionDenied("An admin has removed this person.", reason="was_removed")
            for some in _in_parts(fresh):
                profiles = self._identity.profiles(tx, some)
                body = pb.MembersAdded(members=[profiles[each] for each in some])
                self._enter(tx, room, some, tx.append(log, body, author=user).seq, by=user)
            return pb.AddMembersReply()

        return caller.write(self._platform.writer, pb.AddMembersReply, add)

    def remove_members(
        self, caller: Caller, request: pb.RemoveMembersRequest
    ) -> Pending[pb.RemoveMembersReply]:
        """Remove people from a group. Those who are not in it are left alone."""
        user, log = caller.user, request.log
        others = _somebody(_distinct(request.users))
        self._platform.limits.spend(MOVES, user)

        def remove(tx: Transaction) -> pb.RemoveMembersReply:
            room = group_of(self._rooms.load(tx, log), user)
            gone = [each for each in others if each in room.members]
            for each in gone or others[:1]:
                roles.check(room, user, Act.REMOVE, tx.now_ms, each)
            if gone:
                self._rooms.pace(room)
                tx.append(log, pb.MemberRemoved(users=gone), author=user)
                store.put_removed(tx, log, gone, tx.now_ms, REMOVED_MAX)
                self._part(tx, log, gone, by=user)
            return pb.RemoveMembersReply()

        return caller.write(self._platform.writer, pb.RemoveMembersReply, remove)

    def leave(self, caller: Caller, request: pb.LeaveRequest) -> Pending[pb.LeaveReply]:
        """Leave a group. When the owner leaves, the longest-standing admin owns it, or else member."""
        user, log = caller.user, request.log

        def leave(tx: Transaction) -> pb.LeaveReply:
            self._leave(tx, group_of(self._rooms.load(tx, log), user), user)
            return pb.LeaveReply()

        return caller.write(self._platform.writer, pb.LeaveReply, leave)

    # ---- api.Membership ----

    def inviter(self, executor: Executor, log: str, user: str) -> Room:
        """Return the group to a member who may bring people in."""
        return self._allowed(executor, log, user, Act.INVITE)

    def steward(self, executor: Executor, log: str, user: str) -> Room:
        """Return the group to its owner or an admin."""
        return self._allowed(executor, log, user, Act.MANAGE)

    def face(self, executor: Executor, log: str) -> Face:
        """Return what a group shows to those outside."""
        row = store.get_conversation(executor, log)
        members = store.member_count(executor, log)
        if row is None or not row.is_group or not members:
            raise NotFound("There is no such group.", reason="no_such_log")
        rows = store.leading_members(executor, log)
        stewards = frozenset(each.user for each in rows)
        return Face(row.title, row.picture, members, row.approval, stewards)

    def is_member(self, executor: Executor, log: str, user: str) -> bool:
        """Tell whether the user is in the conversation."""
        return store.is_member(executor, log, user)

    def was_removed(self, executor: Executor, log: str, user: str) -> bool:
        """Tell whether the user was removed from the group, and not let in again since."""
        return bool(store.were_removed(executor, log, [user]))

    def admit(self, tx: Transaction, log: str, user: str, by: str) -> None:
        """Make the user a member, whom `by` let in."""
        room = self._rooms.load(tx, log)
        if user in room.members:
            return
        self._check_space(tx, room, [user])
        self._rooms.pace(room)
        body = pb.MemberJoined(member=self._identity.profiles(tx, [user])[user], by=by)
        self._enter(tx, room, [user], tx.append(log, body, author=user).seq, by=by)

    def conversation(self, tx: Transaction, log: str, user: str) -> pb.Conversation:
        """Return the conversation as `Get` answers it to a member."""
        tx.write_events()
        return self._overview.describe(tx, user, log, RECENT)

    def on_joined(self, listener: Joined) -> None:
        """Call `listener` in the transaction that makes people members of a group."""
        self._listeners.append(listener)

    def on_parted(self, listener: Joined) -> None:
        """Call `listener` in the transaction in which people leave a group, or are removed."""
        self._parted.append(listener)

    # ---- steps ----

    def _create(self, tx: Transaction, user: str, users: list[str], *, title: str, is_group: bool) -> str:
        self._check_room_for_one_more(tx, users)
        log = f"chat:{self._platform.random.new_id()}"
        store.put_conversation(tx, log, is_group=is_group, title=title, now_ms=tx.now_ms)
        owner = user if is_group else ""
        for number, some in enumerate(_in_parts(users)):
            profiles = self._identity.profiles(tx, some)
            people = [profiles[each] for each in some]
            created = pb.ConversationCreated(group=is_group, title=title, members=people)
            body = pb.MembersAdded(members=people) if number else created
            since = tx.append(log, body, author=user).seq
            store.put_members(tx, log, some, joined=1, since=since, owner=owner)
        for each in users:
            tx.append(f"inbox:{each}", pb.ConversationJoined(log=log), author=user)
        return log

    def _enter(self, tx: Transaction, room: Room, users: Sequence[str], since: int, by: str) -> None:
        """Make people members with the event `since`, and tell them."""
        joined = 1 if room.settings.history else since
        store.put_members(tx, room.log, users, joined=joined, since=since)
        store.forget_removed(tx, room.log, users)
        tx.invalidate(self._rooms, room.log)
        for each in users:
            tx.append(f"inbox:{each}", pb.ConversationJoined(log=room.log), author=by)
        for listener in self._listeners:
            listener(tx, room.log, users)

    def _leave(self, tx: Transaction, room: Room, user: str) -> None:
        heirs = self._heirs(tx, room) if user == room.owner else []
        heir = next((each for each in heirs if each != user), "")
        if heir:
            store.change_member(tx, room.log, user, role=pb.ROLE_ADMIN)
            store.change_member(tx, room.log, heir, role=pb.ROLE_OWNER)
            tx.append(room.log, pb.RoleChanged(user=heir, role=pb.ROLE_OWNER), author=user)
        tx.append(room.log, pb.MemberLeft(user=user), author=user)
        self._part(tx, room.log, [user], by=user)

    def _leave_all(self, tx: Transaction, user: str) -> None:
        """Leave every group: the account ends. Conversations of two stay with the other person."""
        for row in store.conversations_of(tx, user):
            if row.is_group:
                self._leave(tx, self._rooms.load(tx, row.log), user)

    def _part(self, tx: Transaction, log: str, users: Sequence[str], by: str) -> None:
        """End memberships, after the event that says so (LOG11)."""
        store.delete_members(tx, log, users)
        tx.invalidate(self._rooms, log)
        for each in users:
            tx.append(f"inbox:{each}", pb.ConversationGone(log=log), author=by)
            tx.unfollow(log, each)
        for listener in self._parted:
            listener(tx, log, users)

    def _heirs(self, tx: Transaction, room: Room) -> list[str]:
        """Return who owns the group next: admins first, then the others, the oldest first.

        Programs last: a hook's account cannot govern anything.
        """
        users = [row.user for row in store.members(tx, room.log)]
        profiles = self._identity.profiles(tx, users)
        return sorted(users, key=lambda user: (profiles[user].bot, user not in room.admins))

    def _allowed(self, executor: Executor, log: str, user: str, act: Act) -> Room:
        inside = isinstance(executor, Transaction)
        room = group_of(self._rooms.load(executor, log) if inside else read_room(executor, log), user)
        now_ms = executor.now_ms if isinstance(executor, Transaction) else self._platform.clock.now_ms()
        roles.check(room, user, act, now_ms)
        return room

    def _check_contacts(self, tx: Transaction, user: str, others: Iterable[str]) -> None:
        for other in others:
            if not self._contacts.may_message(tx, user, other):
                raise PermissionDenied("You can only write to your contacts.", reason="not_contacts")

    def _check_space(self, tx: Transaction, room: Room, fresh: Sequence[str]) -> None:
        if len(room.members) + len(fresh) > model.MEMBERS_MAX:
            raise ResourceExhausted(f"A group has at most {model.MEMBERS_MAX} members.", reason="group_full")
        self._check_room_for_one_more(tx, fresh)

    def _check_room_for_one_more(self, tx: Transaction, users: Iterable[str]) -> None:
        if store.fullest(tx, users) >= CONVERSATIONS_MAX:
            raise ResourceExhausted("Too many conversations.", reason="too_many_conversations")


def _distinct(users: Iterable[str], caller: str = "") -> list[str]:
    """Return the others, each once, in the given order. Raises `InvalidArgument` beyond the bound."""
    others = list(dict.fromkeys(user for user in users if user != caller))
    if len(others) >= model.MEMBERS_MAX:
        raise InvalidArgument(f"A group has at most {model.MEMBERS_MAX} members.", reason="too_many_users")
    return others


def _somebody(users: list[str]) -> list[str]:
    """Return them. Raises `InvalidArgument` when there is nobody."""
    if not users:
        raise InvalidArgument("Choose at least one person.", reason="nobody")
    return users


def _in_parts(users: Sequence[str]) -> list[Sequence[str]]:
    return [users[start : start + PROFILES_AT_ONCE] for start in range(0, len(users), PROFILES_AT_ONCE)]
