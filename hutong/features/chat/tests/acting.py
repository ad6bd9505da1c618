"""What people may try to do in a group, drawn from a seeded random: well-meant and not, allowed and not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from google.protobuf.message import Message

from hutong.features.chat import store
from hutong.features.chat.tests.grouping import group
from hutong.platform.errors import Internal, RpcError
from hutong.platform.log import read_head
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2, invites_pb2
from hutong.testing import Client, TestServer

NOBODY = "nobody000000"


@dataclass
class Acting:
    """People, a group of some of them, and what happens there. `acts` counts what was done, by method."""

    server: TestServer
    people: Sequence[Client]
    log: str
    blobs: Sequence[str]
    random: random.Random
    token: str = ""
    head: int = 0
    acts: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def begin(
        cls, server: TestServer, people: Sequence[Client], blobs: Sequence[str], seed: int
    ) -> Acting:
        """Let the first make a group with the second and the third, and a link into it."""
        log = await group(*people[:3])
        acting = cls(server, people, log, blobs, random.Random(seed))
        make = invites_pb2.MakeRequest(log=log, expires_s=365 * 24 * 3600)
        made = await people[0].call("Invites.Make", make)
        acting.token = made.invite.token
        return acting

    async def act(self) -> str:
        """Do, or try, the next thing; return what it was. A retry of it gets the same answer (CONN13)."""
        if not self.random.randrange(4):
            self.server.clock.advance(self.random.choice((1, 30, 90)))
        rows = await self.server.core.platform.read(partial(store.members, log=self.log))
        self.head = await self.server.core.platform.read(partial(read_head, log=self.log))
        stewards = [row.user for row in rows if row.role != pb.ROLE_MEMBER]
        make = self.random.choice([each for each in _TRIES if each is not _leave or len(rows) > 2])
        who = self.random.choice(self.people)
        # What few may do would otherwise be refused nearly always.
        if stewards and self.random.randrange(3):
            chosen = self.random.choice(stewards)
            who = next(each for each in self.people if each.user == chosen)
        method, request = make(self, who)
        key = self.server.new_key()
        first = await self._answer(who, method, request, key)
        again = await self._answer(who, method, request, key)
        if isinstance(first, Message):
            assert again == first, f"{method} was answered otherwise the second time"
            self.acts[method] = self.acts.get(method, 0) + 1
            if isinstance(first, invites_pb2.MakeReply):
                self.token = first.invite.token
        else:
            self.refusals[first] = self.refusals.get(first, 0) + 1
        return f"{who.profile.handle}: {method} {request}"

    async def _answer(self, who: Client, method: str, request: Message, key: bytes) -> Message | str:
        try:
            reply: Message = await who.call(method, request, key=key)
        except Internal:
            raise
        except RpcError as error:
            return error.reason
        return reply

    # ---- what there is to choose from ----

    def anybody(self) -> str:
        """Return a user's id, seldom nobody's."""
        return self.random.choice([*(each.user for each in self.people), NOBODY])

    def some(self) -> list[str]:
        """Return one or two ids."""
        return [self.anybody() for _ in range(self.random.choice((1, 1, 2)))]

    def seq(self) -> int:
        """Return the number of an event, perhaps of one that is not there."""
        return self.random.randrange(max(1, self.head - 20), self.head + 2)


def _send(acting: Acting, _who: Client) -> tuple[str, Message]:
    return "Chat.Send", pb.SendRequest(log=acting.log, content=pb.Content(text="hello"))


def _recall(acting: Acting, _who: Client) -> tuple[str, Message]:
    return "Chat.Recall", pb.RecallRequest(log=acting.log, seq=acting.seq())


def _mark(acting: Acting, _who: Client) -> tuple[str, Message]:
    seq = acting.seq()
    return "Chat.Mark", pb.MarkRequest(log=acting.log, delivered=seq, read=acting.random.choice((0, seq)))


def _rename(acting: Acting, _who: Client) -> tuple[str, Message]:
    title = acting.random.choice(("Team", "朋友", ""))
    return "Chat.Rename", pb.RenameRequest(log=acting.log, title=title)


def _add(acting: Acting, _who: Client) -> tuple[str, Message]:
    return "Chat.AddMembers", pb.AddMembersRequest(log=acting.log, users=acting.some())


def _remove(acting: Acting, _who: Client) -> tuple[str, Message]:
    return "Chat.RemoveMembers", pb.RemoveMembersRequest(log=acting.log, users=acting.some())


def _leave(acting: Acting, _who: Client) -> tuple[str, Message]:
    return "Chat.Leave", pb.LeaveRequest(log=acting.log)


def _role(acting: Acting, _who: Client) -> tuple[str, Message]:
    role = acting.random.choice((pb.ROLE_ADMIN, pb.ROLE_ADMIN, pb.ROLE_MEMBER, pb.ROLE_OWNER))
    return "Chat.SetRole", pb.SetRoleRequest(log=acting.log, user=acting.anybody(), role=role)


def _mute(acting: Acting, _who: Client) -> tuple[str, Message]:
    until_ms = acting.random.choice((0, 1, acting.server.clock.now_ms() + 20_000))
    return "Chat.MuteMember", pb.MuteMemberRequest(log=acting.log, user=acting.anybody(), until_ms=until_ms)


def _nickname(acting: Acting, _who: Client) -> tuple[str, Message]:
    nickname = acting.random.choice(("", "小", "x" * 33))
    return "Chat.SetNickname", pb.SetNicknameRequest(log=acting.log, nickname=nickname)


def _decide(acting: Acting, _who: Client) -> tuple[str, Message]:
    some = acting.random.choice
    settings = pb.GroupSettings(
        inviting=some((pb.INVITING_MEMBERS, pb.INVITING_MEMBERS, pb.INVITING_ADMINS)),
        approval=some((True, False)),
        history=some((True, False)),
        admins_write=some((True, False, False)),
        announcement=some(("", "Cake at five", "x" * 2001)),
    )
    return "Chat.ChangeGroup", pb.ChangeGroupRequest(log=acting.log, settings=settings)


def _picture(acting: Acting, _who: Client) -> tuple[str, Message]:
    blob = acting.random.choice(["", *acting.blobs])
    return "Chat.SetPicture", pb.SetPictureRequest(log=acting.log, blob=blob)


def _disappearing(acting: Acting, _who: Client) -> tuple[str, Message]:
    seconds = acting.random.choice((0, 0, 1, 60))
    return "Chat.SetDisappearing", pb.SetDisappearingRequest(log=acting.log, seconds=seconds)


def _link(acting: Acting, _who: Client) -> tuple[str, Message]:
    return "Invites.Make", invites_pb2.MakeRequest(log=acting.log, expires_s=3600)


def _join(acting: Acting, _who: Client) -> tuple[str, Message]:
    return "Invites.Join", invites_pb2.JoinByRequest(token=acting.token)


def _answer(acting: Acting, _who: Client) -> tuple[str, Message]:
    accept = acting.random.choice((True, True, False))
    return "Invites.Answer", invites_pb2.AnswerRequest(log=acting.log, user=acting.anybody(), accept=accept)


def _profile(acting: Acting, who: Client) -> tuple[str, Message]:
    name = f"{who.profile.handle} {acting.random.randrange(9)}"
    return "Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name=name)


# What keeps a group alive is tried more often than what empties it.
_TRIES = (
    *(_send, _send, _send, _recall, _mark, _mark, _rename, _add, _add, _add, _join, _join, _answer, _answer),
    *(
        _link,
        _link,
        _remove,
        _leave,
        _role,
        _role,
        _mute,
        _nickname,
        _decide,
        _picture,
        _disappearing,
        _profile,
    ),
)
