"""A client that keeps its own copy of the logs it follows, by the rules for clients (LOG8)."""

from __future__ import annotations

import asyncio

from hutong.local import read
from hutong.platform.errors import RpcError
from hutong.platform.events import class_of
from hutong.schema import chat_pb2, link_pb2, log_pb2
from hutong.testing import Client, TestServer
from tests.platform.scene import until

ROUNDS_MAX = 1000


class SyncedClient:
    """One of the connections of a person's device; comes and goes, and keeps what it has heard."""

    def __init__(self, server: TestServer, person: Client) -> None:
        self.server = server
        self.client = Client(server)
        self.client.key, self.client.device, self.client.profile = person.key, person.device, person.profile
        self.contents: dict[str, dict[int, log_pb2.Event]] = {}
        self.gaps: set[str] = set()
        self.opening = False
        self._handle = self.client.handle
        self.client.handle = self._hear  # type: ignore[method-assign]

    @property
    def user(self) -> str:
        return self.client.user

    @property
    def connected(self) -> bool:
        return bool(self.client.connection.user) and self._open

    @property
    def _open(self) -> bool:
        return self.client.connection in self.server.core.platform.sessions._connections

    def _check_open(self) -> None:
        if not self._open:
            raise ConnectionError("cut off")

    def cursor(self, log: str) -> int:
        return max(self.contents.setdefault(log, {}), default=0)

    def _hear(self, message: bytes) -> None:
        packet = read(message)
        for event in packet.events:
            self.apply(event)
        self._handle(message)

    def apply(self, event: log_pb2.Event) -> None:
        """LOG8: drop what is known, take the next one, notice a gap."""
        if event.log not in self.contents:
            return
        cursor = self.cursor(event.log)
        if event.seq == cursor + 1:
            self.contents[event.log][event.seq] = event
            self._erase(event)
        elif event.seq > cursor + 1:
            self.gaps.add(event.log)

    def _erase(self, event: log_pb2.Event) -> None:
        """LOG12: what a recall says about an event before it."""
        kind = class_of(event.kind)
        if kind is chat_pb2.MessageRecalled:
            erased = chat_pb2.MessageRecalled.FromString(event.body).seq
            if erased in self.contents[event.log]:  # people who joined later do not have it
                self.contents[event.log][erased].body = b""

    # ---- coming and going ----

    async def connect(self) -> None:
        """Raises `ConnectionError` when it is cut off meanwhile."""
        try:
            self.client.connect()
            await until(lambda: self.client.challenge.route or not self._open)
            self._check_open()
            await self.client.resume()
            await self.catch_up()
        finally:
            self.opening = False

    def disconnect(self) -> None:
        self.client.disconnect()

    def follow(self, log: str) -> None:
        """Want this log, from its beginning or from where its owner may read it."""
        self.contents.setdefault(log, {})

    def forget(self, log: str) -> None:
        self.contents.pop(log, None)
        self.gaps.discard(log)

    async def catch_up(self) -> None:
        """Follow every log from its cursor until nothing is missing."""
        for _ in range(ROUNDS_MAX):
            behind = await self._follow_once()
            if not behind:
                self.gaps.clear()
                return
        raise AssertionError("a page brought nothing, again and again")

    async def _follow_once(self) -> bool:
        self._check_open()
        logs = list(self.contents)
        cursors = [log_pb2.Cursor(log=log, after=self.cursor(log)) for log in logs]
        reply = await self.client.call("Log.Follow", log_pb2.FollowRequest(cursors=cursors, limit=7))
        behind = False
        for page in reply.pages:
            if page.denied:
                self.forget(page.log)
                continue
            if page.events and page.events[0].seq > self.cursor(page.log) + 1:
                # Left and let in again meanwhile: what lies between is nobody's to read (LOG11).
                self.contents[page.log] = {page.events[0].seq: page.events[0]}
            for event in page.events:
                self.apply(event)
            behind = behind or self.cursor(page.log) < page.head
        return behind

    # ---- in the end ----

    async def check(self) -> None:
        """Compare with a fresh reading, event by event, and with the server's own fold (LOG15)."""
        assert self.connected
        for log, mine in self.contents.items():
            fresh: dict[int, log_pb2.Event] = {}
            while True:
                ask = log_pb2.ReadRequest(log=log, after=0, before=min(fresh, default=0), limit=200)
                page = (await self.client.call("Log.Read", ask)).page
                fresh |= {event.seq: event for event in page.events}
                if not page.events:
                    break
            # Who left and was let in again may keep what was said before.
            readable = {seq: event for seq, event in mine.items() if seq >= min(fresh)}
            assert readable == fresh, f"{self.user} has something else than {log}"
            if log.startswith("chat:") and min(mine) == 1 and len(mine) == max(mine):
                state = (await self.client.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation
                members = {member.profile.user for member in state.members}
                assert fold(mine) == (members, state.title, state.head)


def fold(events: dict[int, log_pb2.Event]) -> tuple[set[str], str, int]:
    """Return members, title and head: the state that a conversation's events add up to (LOG15, LOG16)."""
    members: set[str] = set()
    title = ""
    for seq in sorted(events):
        kind = class_of(events[seq].kind)
        body = kind.FromString(events[seq].body) if kind is not None else None
        match body:
            case chat_pb2.ConversationCreated():
                members = {member.user for member in body.members}
                title = body.title
            case chat_pb2.MembersAdded():
                members |= {member.user for member in body.members}
            case chat_pb2.MemberLeft():
                members.discard(body.user)
            case chat_pb2.ConversationRenamed():
                title = body.title
    return members, title, max(events, default=0)


async def answered(work: asyncio.Future[link_pb2.Reply]) -> link_pb2.Reply | None:
    """Return the reply, or None when the connection ended before it came."""
    try:
        return await work
    except (ConnectionError, RpcError):
        return None
