"""Groups: `client.groups`. Who is in them, and what they have decided."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.directory import Directory
from hutong.client.models import Conversation, GroupSettings, Member, Message, Person, Role, Sent
from hutong.schema import chat_pb2 as pb

_PAGE = 200

Group = Conversation | str


class Groups:
    """What one may do in groups, by one's role. All raise `RpcError`.

    A group is named by its conversation or its id.
    """

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory

    # ---- who is in it ----

    async def create(self, title: str, people: Iterable[Person] = ()) -> Conversation:
        """Start a group, with contacts or alone."""
        request = pb.CreateGroupRequest(title=title, users=[each.user for each in people])
        reply = await self._connection.call(methods.CREATE_GROUP, request)
        return self._directory.learn(reply.conversation)

    async def add(self, group: Group, people: Iterable[Person]) -> None:
        """Add contacts."""
        request = pb.AddMembersRequest(log=_log_of(group), users=[each.user for each in people])
        await self._connection.call(methods.ADD_MEMBERS, request)

    async def remove(self, group: Group, people: Iterable[Person]) -> None:
        """Remove people; links do not let them in again, an admin does."""
        request = pb.RemoveMembersRequest(log=_log_of(group), users=[each.user for each in people])
        await self._connection.call(methods.REMOVE_MEMBERS, request)

    async def leave(self, group: Group) -> None:
        """Leave; when the owner does, the longest-standing admin or else member owns it."""
        await self._connection.call(methods.LEAVE, pb.LeaveRequest(log=_log_of(group)))

    async def members(self, group: Group) -> AsyncIterator[Member]:
        """Yield all members, a page at a time, in the order of their ids."""
        after = ""
        while True:
            request = pb.MembersRequest(log=_log_of(group), after=after, limit=_PAGE)
            reply = await self._connection.call(methods.MEMBERS, request)
            for member in reply.members:
                yield Member.of(member)
            if len(reply.members) < _PAGE:
                return
            after = reply.members[-1].profile.user

    async def readers(self, message: Message | Sent) -> tuple[list[Person], int]:
        """Return some of those who have read a message of one's own, and how many they are."""
        request = pb.ReadersRequest(log=message.log, seq=message.seq)
        reply = await self._connection.call(methods.READERS, request)
        return [await self._directory.person(user) for user in reply.users], reply.total

    # ---- who may do what ----

    async def set_role(self, group: Group, person: Person, role: Role) -> None:
        """Make somebody an admin, a member again, or the owner in one's own place."""
        request = pb.SetRoleRequest(log=_log_of(group), user=person.user, role=role.value)
        await self._connection.call(methods.SET_ROLE, request)

    async def mute(self, group: Group, person: Person, until_ms: int) -> None:
        """Keep a member from writing until a time (Unix, at most ten years ahead); 0 ends it."""
        request = pb.MuteMemberRequest(log=_log_of(group), user=person.user, until_ms=until_ms)
        await self._connection.call(methods.MUTE_MEMBER, request)

    async def set_nickname(self, group: Group, nickname: str) -> None:
        """Choose what one is called here; '' is one's own name."""
        request = pb.SetNicknameRequest(log=_log_of(group), nickname=nickname)
        await self._connection.call(methods.SET_NICKNAME, request)

    # ---- what it is ----

    async def rename(self, group: Group, title: str) -> None:
        """Give it another title."""
        await self._connection.call(methods.RENAME, pb.RenameRequest(log=_log_of(group), title=title))

    async def set_picture(self, group: Group, blob: str) -> None:
        """Give it a picture one may read; '' takes it away."""
        request = pb.SetPictureRequest(log=_log_of(group), blob=blob)
        await self._connection.call(methods.SET_PICTURE, request)

    async def decide(self, group: Group, settings: GroupSettings) -> None:
        """Set all of its settings, the announcement among them.

        To change one: `decide(group, dataclasses.replace(group.settings, approval=True))`.
        """
        request = pb.ChangeGroupRequest(log=_log_of(group), settings=settings.to_proto())
        await self._connection.call(methods.CHANGE_GROUP, request)

    async def set_disappearing(self, conversation: Group, seconds: int) -> None:
        """Let what is said from here on be erased after so long: a minute to a year, or 0 for never.

        In conversations of two as well.
        """
        request = pb.SetDisappearingRequest(log=_log_of(conversation), seconds=seconds)
        await self._connection.call(methods.SET_DISAPPEARING, request)


def _log_of(group: Group) -> str:
    return group if isinstance(group, str) else group.log
