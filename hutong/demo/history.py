"""What happened, moment by moment: plays the conversations of a community through its members' clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

from hutong.demo import attachments
from hutong.demo.attachments import Made
from hutong.demo.clock import PastClock
from hutong.demo.content import Community, Room
from hutong.demo.script import Line
from hutong.local import Client
from hutong.schema import chat_pb2

MINUTE_MS = 60_000
OPENED_BEFORE_MS = 2 * MINUTE_MS
RECALLED_AFTER_MS = 40_000
RANG_FOR_MS = 24_000
REACTED_AFTER_S = range(15, 240)

Act = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Moment:
    """Something to do at a time."""

    at_ms: int
    act: Act


class History:
    """Plays a community's conversations in the order of their times."""

    def __init__(
        self,
        community: Community,
        clients: dict[str, Client],
        made: dict[tuple[str, str], Made],
        clock: PastClock,
    ) -> None:
        self._community = community
        self._clients = clients
        self._made = made
        self._clock = clock
        self._now_ms = clock.now_ms()
        self._logs: dict[int, str] = {}  # by the room's place in the content
        self._seqs: dict[tuple[int, int], int] = {}  # by room and line

    async def play(self, now_ms: int) -> None:
        """Do everything, up to now; then read, all but what the scripts leave unread."""
        self._now_ms = now_ms
        for moment in sorted(self._moments(), key=lambda each: each.at_ms):
            self._clock.set(moment.at_ms)
            await moment.act()
        self._clock.set(now_ms)
        for number, room in enumerate(self._community.rooms):
            await self._read(number, room)

    def _moments(self) -> Iterable[Moment]:
        for number, room in enumerate(self._community.rooms):
            opened_ms = min(line.at_ms for line in room.script.lines) - OPENED_BEFORE_MS
            yield Moment(opened_ms, partial(self._open, number, room))
            for place, line in enumerate(room.script.lines):
                yield from self._moments_of(number, place, line)

    def _moments_of(self, number: int, place: int, line: Line) -> Iterable[Moment]:
        match line.kind:
            case "call" | "video call" | "missed call":
                yield from self._call(number, line)
            case "add":
                yield Moment(line.at_ms, partial(self._add, number, line))
            case "rename":
                yield Moment(line.at_ms, partial(self._rename, number, line))
            case _:
                yield Moment(line.at_ms, partial(self._say, number, place, line))
        if line.recalled:
            yield Moment(line.at_ms + RECALLED_AFTER_MS, partial(self._recall, number, place, line))
        for author, emoji in line.reactions:
            after_s = REACTED_AFTER_S[line.some(len(REACTED_AFTER_S), author)]
            at_ms = min(line.at_ms + after_s * 1000, self._now_ms - 1)
            yield Moment(at_ms, partial(self._react, number, place, author, emoji))

    # ---- acts ----

    async def _open(self, number: int, room: Room) -> None:
        opener, *others = (self._clients[handle] for handle in room.people)
        if room.title:
            users = [other.user for other in others]
            group = chat_pb2.CreateGroupRequest(title=room.title, users=users)
            reply = await opener.call("Chat.CreateGroup", group)
        else:
            reply = await opener.call("Chat.Open", chat_pb2.OpenRequest(user=others[0].user))
        self._logs[number] = reply.conversation.log

    async def _say(self, number: int, place: int, line: Line) -> None:
        author = self._clients[line.author]
        content = chat_pb2.Content(text=line.text)
        if line.kind != "text":
            content = await attachments.content(author, line.kind, self._made[line.kind, line.text])
        send = chat_pb2.SendRequest(log=self._logs[number], content=content)
        self._seqs[number, place] = (await author.call("Chat.Send", send)).seq

    async def _recall(self, number: int, place: int, line: Line) -> None:
        recall = chat_pb2.RecallRequest(log=self._logs[number], seq=self._seqs[number, place])
        await self._clients[line.author].call("Chat.Recall", recall)

    async def _add(self, number: int, line: Line) -> None:
        users = [self._clients[line.text].user]
        add = chat_pb2.AddMembersRequest(log=self._logs[number], users=users)
        await self._clients[line.author].call("Chat.AddMembers", add)

    async def _rename(self, number: int, line: Line) -> None:
        rename = chat_pb2.RenameRequest(log=self._logs[number], title=line.text)
        await self._clients[line.author].call("Chat.Rename", rename)

    async def _react(self, number: int, place: int, author: str, emoji: str) -> None:
        client = self._clients[author]
        if client.server.has("Reactions.React"):
            react = client.server.method("Reactions.React").request_class(
                log=self._logs[number], seq=self._seqs[number, place], emoji=emoji, on=True
            )
            await client.call("Reactions.React", react)

    def _call(self, number: int, line: Line) -> Iterable[Moment]:
        """Ring; hang up after so many minutes, or before anybody answers."""
        caller = self._clients[line.author]
        if not caller.server.has("Calls.Start"):
            return
        people = self._community.rooms[number].people
        call = _Call(caller, self._clients[next(each for each in people if each != line.author)])
        yield Moment(line.at_ms, lambda: call.start(self._logs[number], video=line.kind == "video call"))
        if line.kind == "missed call":
            yield Moment(line.at_ms + RANG_FOR_MS, call.hang_up)
        else:
            yield Moment(line.at_ms + 6_000, call.accept)
            yield Moment(line.at_ms + int(line.text) * MINUTE_MS + line.some(50) * 1000, call.hang_up)

    # ---- reading ----

    async def _read(self, number: int, room: Room) -> None:
        reply = await self._clients[room.people[0]].call(
            "Chat.Get", chat_pb2.GetRequest(log=self._logs[number])
        )
        handles = [member.profile.handle for member in reply.conversation.members]
        head = reply.conversation.head
        for handle in handles:
            seen = room.script.seen.get(handle)
            read = head if seen is None else self._newest(number, seen)
            mark = chat_pb2.MarkRequest(log=self._logs[number], delivered=head, read=read)
            await self._clients[handle].call("Chat.Mark", mark)

    def _newest(self, number: int, lines: int) -> int:
        return max((self._seqs.get((number, place), 0) for place in range(lines)), default=0)


class _Call:
    """One call, through the optional feature's own requests."""

    def __init__(self, caller: Client, callee: Client) -> None:
        self._caller = caller
        self._callee = callee
        self._id = ""
        self._answered = False

    async def start(self, log: str, *, video: bool) -> None:
        request = self._caller.server.method("Calls.Start").request_class(log=log, video=video)
        self._id = (await self._caller.call("Calls.Start", request)).call.call

    async def accept(self) -> None:
        request = self._callee.server.method("Calls.Accept").request_class(call=self._id)
        await self._callee.call("Calls.Accept", request)
        self._answered = True

    async def hang_up(self) -> None:
        hang_up = self._caller.server.method("Calls.HangUp").request_class
        request = hang_up(call=self._id, path="PATH_DIRECT" if self._answered else "PATH_UNKNOWN")
        await self._caller.call("Calls.HangUp", request)
