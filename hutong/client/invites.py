"""Links into groups: `client.invites`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.directory import Directory
from hutong.client.models import Conversation, Person
from hutong.schema import invites_pb2 as pb

# Alone, or at the end of a link.
_TOKEN = re.compile(r"(?:https?://\S+/#/join/)?([a-z2-7]{16})")


@dataclass(frozen=True, slots=True)
class Invite:
    """A link into a group. Times are Unix, in milliseconds; `uses_max` 0 is any number."""

    token: str
    log: str
    by: str
    created_at_ms: int
    expires_at_ms: int
    uses_max: int
    uses: int

    @classmethod
    def of(cls, invite: pb.Invite) -> Invite:
        """Return what the server says."""
        return cls(
            invite.token,
            invite.log,
            invite.by,
            invite.created_at_ms,
            invite.expires_at_ms,
            invite.uses_max,
            invite.uses,
        )

    def link(self, public_url: str) -> str:
        """Return the link for people, on a server with this address."""
        return f"{public_url.rstrip('/')}/#/join/{self.token}"


@dataclass(frozen=True, slots=True)
class Door:
    """Where a link leads. `log` and `picture` are '' as long as one is not a member."""

    log: str
    title: str
    picture: str
    members: int
    approval: bool  # one would have to wait for an admin
    asked: bool  # one waits already


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody who waits to be let in."""

    person: Person
    greeting: str
    at_ms: int


def token_of(text: str) -> str:
    """Return the token of a link, or of a token; '' for anything else."""
    found = _TOKEN.fullmatch(text.strip())
    return found.group(1) if found else ""


class Invites:
    """Make links, come in by them, let people in. All raise `RpcError`."""

    def __init__(self, connection: Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory

    async def make(self, group: Conversation | str, *, expires_s: int = 0, uses_max: int = 0) -> Invite:
        """Make a link that lasts so long (0: a week), for so many people (0: any number)."""
        request = pb.MakeRequest(log=_log_of(group), expires_s=expires_s, uses_max=uses_max)
        return Invite.of((await self._connection.call(methods.MAKE_INVITE, request)).invite)

    async def list(self, group: Conversation | str) -> Sequence[Invite]:
        """Return the links that are good: all of them to the owner and admins, to others their own."""
        request = pb.ListRequest(log=_log_of(group))
        reply = await self._connection.call(methods.LIST_INVITES, request)
        return [Invite.of(each) for each in reply.invites]

    async def revoke(self, invite: Invite | str) -> None:
        """Take a link back."""
        await self._connection.call(methods.REVOKE_INVITE, pb.RevokeRequest(token=_token(invite)))

    async def look(self, invite: Invite | str) -> Door:
        """Return where a link leads, without going in. Raises `NotFound`."""
        reply = await self._connection.call(methods.LOOK_AT_INVITE, pb.LookRequest(token=_token(invite)))
        return Door(reply.log, reply.title, reply.picture, reply.members, reply.approval, reply.asked)

    async def join(self, invite: Invite | str, greeting: str = "") -> Conversation | None:
        """Come in by a link; None when one has to wait to be let in."""
        request = pb.JoinByRequest(token=_token(invite), greeting=greeting)
        reply = await self._connection.call(methods.JOIN, request)
        return None if reply.waiting else self._directory.learn(reply.conversation)

    async def requests(self, group: Conversation | str) -> Sequence[JoinRequest]:
        """Return who waits, to the owner and admins."""
        request = pb.RequestsRequest(log=_log_of(group))
        reply = await self._connection.call(methods.LIST_JOIN_REQUESTS, request)
        return [JoinRequest(Person.of(each.profile), each.greeting, each.at_ms) for each in reply.requests]

    async def answer(self, group: Conversation | str, person: Person, *, accept: bool) -> None:
        """Let somebody in who waits, or not."""
        request = pb.AnswerRequest(log=_log_of(group), user=person.user, accept=accept)
        await self._connection.call(methods.ANSWER_JOIN_REQUEST, request)


def _log_of(group: Conversation | str) -> str:
    return group if isinstance(group, str) else group.log


def _token(invite: Invite | str) -> str:
    return invite.token if isinstance(invite, Invite) else token_of(invite) or invite
