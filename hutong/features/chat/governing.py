"""What a group is called, how it looks and what it has decided; who is an admin, who is muted."""

from __future__ import annotations

from hutong.features.chat import model, roles, store
from hutong.features.chat.api import Room
from hutong.features.chat.roles import Act
from hutong.features.chat.rooms import Rooms, group_of, member_of
from hutong.features.contacts.api import Contacts
from hutong.features.files.api import Files
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

CHANGES = Rate("change_group", burst=60, every_s=1)


class Governing:
    """The part of the `Chat` service that changes groups, but not who is in them.

    What is so already is no change: nothing is appended.
    """

    def __init__(self, platform: Platform, rooms: Rooms) -> None:
        self._platform = platform
        self._rooms = rooms
        self._contacts = platform.use(Contacts)
        self._files = platform.use(Files)

    # ---- the group ----

    def rename(self, caller: Caller, request: pb.RenameRequest) -> Pending[pb.RenameReply]:
        """Give a group another title."""
        title = model.title(request.title)
        user, log = caller.user, request.log
        self._platform.limits.spend(CHANGES, user)

        def rename(tx: Transaction) -> pb.RenameReply:
            self._allowed(tx, log, user, Act.WRITE)
            row = store.get_conversation(tx, log)
            if row is not None and row.title != title:
                store.change_conversation(tx, log, title=title)
                tx.append(log, pb.ConversationRenamed(title=title), author=user)
            return pb.RenameReply()

        return caller.write(self._platform.writer, pb.RenameReply, rename)

    def set_picture(self, caller: Caller, request: pb.SetPictureRequest) -> Pending[pb.SetPictureReply]:
        """Give a group another picture, or none. Its members may read the blob, as long as it is shown."""
        user, log, blob = caller.user, request.log, request.blob
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.SetPictureReply:
            self._allowed(tx, log, user, Act.WRITE)
            row = store.get_conversation(tx, log)
            if row is not None and row.picture != blob:
                if blob:
                    self._files.share(tx, user, blob, log)
                if row.picture:
                    self._files.withdraw(tx, row.picture, log)
                store.change_conversation(tx, log, picture=blob)
                tx.append(log, pb.PictureChanged(blob=blob, none=not blob), author=user)
            return pb.SetPictureReply()

        return caller.write(self._platform.writer, pb.SetPictureReply, change)

    def change_group(self, caller: Caller, request: pb.ChangeGroupRequest) -> Pending[pb.ChangeGroupReply]:
        """Set what a group has decided, and its announcement."""
        if not request.HasField("settings"):
            raise InvalidArgument("There are no settings in this request.", reason="no_settings")
        settings = model.settings(request.settings)
        user, log = caller.user, request.log
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.ChangeGroupReply:
            room = self._allowed(tx, log, user, Act.MANAGE)
            if room.settings != settings:
                store.change_conversation(tx, log, **settings._asdict())
                tx.append(log, pb.GroupChanged(settings=settings.to_proto()), author=user)
                tx.invalidate(self._rooms, log)
            return pb.ChangeGroupReply()

        return caller.write(self._platform.writer, pb.ChangeGroupReply, change)

    def set_disappearing(
        self, caller: Caller, request: pb.SetDisappearingRequest
    ) -> Pending[pb.SetDisappearingReply]:
        """Set after how long what is said from here on is erased. In a group it takes an admin."""
        model.check_disappearing(request.seconds)
        user, log, seconds = caller.user, request.log, request.seconds
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.SetDisappearingReply:
            room = member_of(self._rooms.load(tx, log), user)
            if room.group:
                room = self._allowed(tx, log, user, Act.MANAGE)
            else:
                self._check_contact(tx, room, user)
            if room.disappear_s != seconds:
                store.change_conversation(tx, log, disappear_s=seconds)
                tx.append(log, pb.DisappearingChanged(seconds=seconds, never=not seconds), author=user)
                tx.invalidate(self._rooms, log)
            return pb.SetDisappearingReply()

        return caller.write(self._platform.writer, pb.SetDisappearingReply, change)

    # ---- its members ----

    def set_role(self, caller: Caller, request: pb.SetRoleRequest) -> Pending[pb.SetRoleReply]:
        """Make somebody an admin, a member again, or the owner in the caller's place."""
        if request.role not in pb.Role.values():
            raise InvalidArgument("This role is not known here.", reason="unknown_role")
        user, log, target, role = caller.user, request.log, request.user, request.role
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.SetRoleReply:
            room = self._target(tx, log, user, target)
            if room.role(target) == role:
                self._allowed(tx, log, user, Act.MANAGE)
                return pb.SetRoleReply()
            if target == room.owner == user:
                raise FailedPrecondition("Hand the group over first.", reason="owner_stays")
            self._allowed(tx, log, user, _TO_BECOME[role], target)
            # Whoever hands the group over becomes an admin.
            more = role == pb.ROLE_ADMIN or (role == pb.ROLE_OWNER and target not in room.admins)
            if more and len(room.admins) >= model.ADMINS_MAX:
                raise ResourceExhausted(
                    f"A group has at most {model.ADMINS_MAX} admins.", reason="too_many_admins"
                )
            if role == pb.ROLE_OWNER:
                store.change_member(tx, log, user, role=pb.ROLE_ADMIN)
            store.change_member(tx, log, target, role=role)
            tx.append(log, pb.RoleChanged(user=target, role=role), author=user)
            tx.invalidate(self._rooms, log)
            return pb.SetRoleReply()

        return caller.write(self._platform.writer, pb.SetRoleReply, change)

    def mute_member(self, caller: Caller, request: pb.MuteMemberRequest) -> Pending[pb.MuteMemberReply]:
        """Keep a member from writing for a while, or no longer."""
        user, log, target, until_ms = caller.user, request.log, request.user, request.until_ms
        self._platform.limits.spend(CHANGES, user)

        def mute(tx: Transaction) -> pb.MuteMemberReply:
            room = self._target(tx, log, user, target)
            self._allowed(tx, log, user, Act.MUTE, target)
            model.check_muting(until_ms, tx.now_ms)
            if room.muted_until_ms.get(target, 0) != until_ms:
                store.change_member(tx, log, target, muted_until_ms=until_ms)
                tx.append(log, pb.MemberMuted(user=target, until_ms=until_ms), author=user)
                tx.invalidate(self._rooms, log)
            return pb.MuteMemberReply()

        return caller.write(self._platform.writer, pb.MuteMemberReply, mute)

    def set_nickname(self, caller: Caller, request: pb.SetNicknameRequest) -> Pending[pb.SetNicknameReply]:
        """Choose what one is called in a group."""
        nickname = model.nickname(request.nickname)
        user, log = caller.user, request.log
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.SetNicknameReply:
            self._allowed(tx, log, user, Act.NICKNAME)
            if store.get_member(tx, log, user).nickname != nickname:
                store.change_member(tx, log, user, nickname=nickname)
                tx.append(log, pb.NicknameChanged(user=user, nickname=nickname), author=user)
            return pb.SetNicknameReply()

        return caller.write(self._platform.writer, pb.SetNicknameReply, change)

    # ---- steps ----

    def _allowed(self, tx: Transaction, log: str, user: str, act: Act, target: str = "") -> Room:
        room = group_of(self._rooms.load(tx, log), user)
        roles.check(room, user, act, tx.now_ms, target)
        self._rooms.pace(room)
        return room

    def _target(self, tx: Transaction, log: str, user: str, target: str) -> Room:
        room = group_of(self._rooms.load(tx, log), user)
        if target not in room.members:
            raise NotFound("This person is not in the group.", reason="no_such_member")
        return room

    def _check_contact(self, tx: Transaction, room: Room, user: str) -> None:
        other = room.other(user)
        if other != user and not self._contacts.may_message(tx, user, other):
            raise PermissionDenied("You can only write to your contacts.", reason="not_contacts")


_TO_BECOME = {pb.ROLE_OWNER: Act.HAND_OVER, pb.ROLE_ADMIN: Act.APPOINT, pb.ROLE_MEMBER: Act.DISMISS}
