"""A random walk through everything clients may do to logs, from one seed."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from google.protobuf.message import Message

from hutong.platform.events import class_of
from hutong.platform.writer import Append
from hutong.schema import chat_pb2, link_pb2
from hutong.testing import TestServer
from tests.platform.scene import settle, text
from tests.platform.synced import SyncedClient, answered

RETRIES_MAX = 50


@dataclass(frozen=True)
class Outgoing:
    """A message on its way; every retry is the same (CONN13)."""

    key: bytes
    log: str
    words: str


class Walk:
    """Steps begin work and do not wait for it, so that it is cut off in the middle."""

    def __init__(self, server: TestServer, clients: list[SyncedClient], choices: random.Random) -> None:
        self.server = server
        self.clients = clients
        self.choices = choices
        self.logs: list[str] = []
        self.groups: list[str] = []
        self.running: set[asyncio.Task[None]] = set()
        self.attempted: set[bytes] = set()
        self.acknowledged: dict[bytes, tuple[str, int]] = {}
        self._unanswered: list[tuple[SyncedClient, Outgoing]] = []
        self._words = 0

    async def prepare(self) -> None:
        """Connect everybody; open a conversation of two and a group of all."""
        for client in self.clients:
            client.follow(client.client.inbox)
            await client.connect()
        one, other = self.clients[0], self.clients[-1]
        users = list(dict.fromkeys(client.user for client in self.clients))
        open_ = chat_pb2.OpenRequest(user=other.user)
        self.logs.append((await one.client.call("Chat.Open", open_)).conversation.log)
        create = chat_pb2.CreateGroupRequest(title="All", users=users[1:])
        self.groups.append((await one.client.call("Chat.CreateGroup", create)).conversation.log)
        self.logs += self.groups
        for client in self.clients:
            for log in self.logs:
                client.follow(log)  # those who may not read it are denied, and forget it
            await client.catch_up()

    async def step(self) -> None:
        steps = [
            (self._send, 40),
            (self._retry, 12),
            (self._recall, 6),
            (self._mark, 6),
            (self._rename, 3),
            (self._leave, 3),
            (self._let_in, 5),
            (self._create, 2),
            (self._unknown_event, 2),
            (self._drop, 6),
            (self._come_back, 14),
            (self._catch_up, 4),
            (self._breathe, 25),
        ]
        (step,) = self.choices.choices([each for each, _ in steps], [weight for _, weight in steps])
        client = self.choices.choice(self.clients)
        await step(client)

    async def finish(self) -> None:
        """Bring everybody back, have everything answered, and let everybody catch up."""
        await self._all_done()
        for client in self.clients:
            if not client.connected:
                await client.connect()
        for _ in range(RETRIES_MAX):
            if not self._unanswered:
                break
            waiting, self._unanswered = self._unanswered, []
            for client, outgoing in waiting:
                self._begin(self._deliver(client, outgoing))
            await self._all_done()
        assert not self._unanswered
        await settle(self.server)
        for client in self.clients:
            for log in self.logs:
                client.follow(log)
            await client.catch_up()

    # ---- steps ----

    async def _send(self, client: SyncedClient) -> None:
        self._words += 1
        # Mostly where they are members, as far as this client knows.
        mine = [log for log in self.logs if log in client.contents]
        log = self.choices.choice(mine if mine and self.choices.random() < 0.9 else self.logs)
        outgoing = Outgoing(self.server.new_key(), log, f"words {self._words}")
        self.attempted.add(outgoing.key)
        if client.connected:
            self._begin(self._deliver(client, outgoing))
        else:
            self._unanswered.append((client, outgoing))

    async def _retry(self, client: SyncedClient) -> None:
        """Again what was not answered, by any connection of the same person, also twice at once."""
        if not self._unanswered:
            return
        place = self.choices.randrange(len(self._unanswered))
        sender, outgoing = self._unanswered[place]
        client = self.choices.choice([each for each in self.clients if each.user == sender.user])
        if client.connected:
            del self._unanswered[place]
            for _ in range(self.choices.choice([1, 1, 2])):
                self._begin(self._deliver(client, outgoing))

    async def _recall(self, client: SyncedClient) -> None:
        log = self.choices.choice(self.logs)
        mine = [
            event.seq
            for event in client.contents.get(log, {}).values()
            if event.author == client.user and event.body and class_of(event.kind) is chat_pb2.MessageSent
        ]
        if mine:
            ask = chat_pb2.RecallRequest(log=log, seq=self.choices.choice(mine))
            self._begin(self._ask(client, "Chat.Recall", ask))

    async def _mark(self, client: SyncedClient) -> None:
        log = self.choices.choice(self.logs)
        ask = chat_pb2.MarkRequest(log=log, read=client.cursor(log) if log in client.contents else 0)
        self._begin(self._ask(client, "Chat.Mark", ask))

    async def _rename(self, client: SyncedClient) -> None:
        self._words += 1
        log = self.choices.choice(self.groups)
        self._begin(
            self._ask(client, "Chat.Rename", chat_pb2.RenameRequest(log=log, title=f"T{self._words}"))
        )

    async def _leave(self, client: SyncedClient) -> None:
        if client.user == self.clients[0].user:
            return  # somebody stays, to let the others in again
        log = self.choices.choice(self.groups)
        self._begin(self._ask(client, "Chat.Leave", chat_pb2.LeaveRequest(log=log)))

    async def _let_in(self, client: SyncedClient) -> None:
        """Who joins later sees the log from there on (LOG11)."""
        log, user = self.choices.choice(self.groups), self._other(client)
        self._begin(self._ask(client, "Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[user])))
        for each in self.clients:
            if each.user == user:
                each.follow(log)

    async def _create(self, client: SyncedClient) -> None:
        ask = chat_pb2.CreateGroupRequest(title="More", users=[self._other(client)])
        if client.connected and len(self.groups) < 5:
            reply = await answered(self._request(client, "Chat.CreateGroup", ask))
            if reply is not None and not reply.HasField("error"):
                log = chat_pb2.CreateGroupReply.FromString(reply.body).conversation.log
                self.groups.append(log)
                self.logs.append(log)
                for each in self.clients:
                    each.follow(log)

    async def _unknown_event(self, _client: SyncedClient) -> None:
        """LOG16: by a newer version of the server, say."""
        log, key = self.choices.choice(self.logs), self.server.new_key()
        self.attempted.add(key)
        command = Append(log, 60_000, b"\xff?", "server", key, lambda _tx: None)
        self.server.core.platform.writer.submit(command)

    async def _drop(self, client: SyncedClient) -> None:
        client.disconnect()

    async def _come_back(self, client: SyncedClient) -> None:
        if not client.connected and not client.opening:
            client.opening = True
            self._begin(self._connect(client))

    async def _catch_up(self, client: SyncedClient) -> None:
        if client.connected:
            self._begin(self._follow(client))

    async def _breathe(self, _client: SyncedClient) -> None:
        """Let things happen: a turn of the loop, or a commit."""
        if self.choices.random() < 0.3:
            await settle(self.server)
        else:
            await asyncio.sleep(0)

    # ---- work that a drop may cut off ----

    def _begin(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task = asyncio.get_running_loop().create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _all_done(self) -> None:
        while self.running:
            await asyncio.gather(*self.running)

    def _request(
        self, client: SyncedClient, name: str, ask: Message, key: bytes = b""
    ) -> asyncio.Future[link_pb2.Reply]:
        method = self.server.method(name)
        if not key and not method.replay_safe:
            key = self.server.new_key()
        return client.client.request(method, ask.SerializeToString(), key)

    async def _ask(self, client: SyncedClient, name: str, ask: Message) -> None:
        if client.connected:
            reply = await answered(self._request(client, name, ask))
            assert reply is None or reply.error.code != link_pb2.CODE_INTERNAL, reply

    async def _deliver(self, client: SyncedClient, outgoing: Outgoing) -> None:
        ask = text(outgoing.log, outgoing.words)
        if not client.connected:
            self._unanswered.append((client, outgoing))
            return
        reply = await answered(self._request(client, "Chat.Send", ask, outgoing.key))
        if reply is None or reply.error.code == link_pb2.CODE_UNAVAILABLE:
            self._unanswered.append((client, outgoing))
        elif not reply.HasField("error"):
            seq = chat_pb2.SendReply.FromString(reply.body).seq
            before = self.acknowledged.setdefault(outgoing.key, (outgoing.log, seq))
            assert before == (outgoing.log, seq), "a retry got another answer"
        else:
            assert reply.error.reason == "no_such_log", reply  # left that group

    async def _connect(self, client: SyncedClient) -> None:
        try:
            await client.connect()
        except ConnectionError:
            return  # dropped while connecting

    async def _follow(self, client: SyncedClient) -> None:
        try:
            await client.catch_up()
        except ConnectionError:
            return

    def _other(self, client: SyncedClient) -> str:
        return self.choices.choice([each.user for each in self.clients if each.user != client.user])
