"""People with things of their own, for requests about other people's things."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from hutong.features.belongings import store as belongings
from hutong.local import PASSWORD
from hutong.platform.database import Executor
from hutong.schema import calls_pb2, chat_pb2, files_pb2, identity_pb2, link_pb2, transfers_pb2
from hutong.testing import Client, TestServer
from tests.rpc.table import Values

WAIT_S = 20
# Changed by asking, refused or not: when a device was seen; first answers.
_BOOKKEEPING = {"answer", "alembic_version"}


@dataclass
class Town:
    """Alice asks. Bobby is her contact; Carol and David are contacts of each other; Erin looks on."""

    server: TestServer
    folder: Path
    alice: Client
    bobby: Client
    carol: Client
    david: Client
    erin: Client
    mine: Values
    theirs: dict[str, list[Any]]

    @classmethod
    async def build(cls, server: TestServer, folder: Path) -> Town:
        alice, bobby = await server.friends("alice", "bobby")
        carol, david = await server.friends("carol", "david")
        (erin,) = await server.people("erin")
        town = cls(server, folder, alice, bobby, carol, david, erin, {}, {})
        town.mine = await town._things(alice, bobby)
        theirs = await town._things(carol, david)
        names = (
            "log",
            "logs",
            "device",
            "blob",
            "thumbnail",
            "picture",
            "upload",
            "call",
            "transfer",
            "session",
            "source",
            "target",
        )
        town.theirs = {name: [theirs[name]] for name in names if name in theirs}
        create = chat_pb2.CreateGroupRequest(title="Group", users=[david.user])
        group = (await carol.call("Chat.CreateGroup", create)).conversation.log
        town.theirs["log"] = town.theirs["logs"] = [theirs["log"], group, carol.inbox]
        return town

    async def _things(self, one: Client, other: Client) -> Values:
        """Let two contacts have one of everything; return what the first may name in requests."""
        log = await self.server.conversation(one, other)
        sent = await one.call("Chat.Send", chat_pb2.SendRequest(log=log, content=chat_pb2.Content(text="hi")))
        values: Values = {
            "log": log,
            "logs": log,
            "seq": sent.seq,
            "seqs": sent.seq,
            "reply_to": sent.seq,
            "start": 0,
            "source": log,
            "target": log,
            "user": other.user,
            "users": other.user,
            "forwarded_from": None,  # the server's to say
            "preview": None,
            "device": await self._second_device(one),
            "handle": other.profile.handle,
            "name": "Some Name",
            "title": "Title",
            "text": "hello",
            "emoji": "👍",
            "media_type": "text/plain",
            "sha256": hashlib.sha256(one.user.encode()).digest(),
            "size_bytes": 5,
            "delivered": 1,
            "read": 1,
            "after": 0,
            "before": 0,
            "limit": 5,
            "recent": 5,
            "offset": 0,
            "length": 5,
            "data": b"hello",
            "type": "offer",
            "picture": "",
            "password": "correct horse",
            "old_password": "correct horse",
            "new_password": "correct horse",
            "language": "en",
            "invitation": "",
            "public_key": b"k" * 32,
            "signature": b"s" * 64,
        }
        with contextlib.suppress(KeyError):  # features are optional
            values |= await self._file(one)
        with contextlib.suppress(KeyError):
            values |= await self._call(one, other, log)
        with contextlib.suppress(KeyError):
            offer = transfers_pb2.OfferRequest(log=log, name="a.txt", size_bytes=5, media_type="text/plain")
            values["transfer"] = (await one.call("Transfers.Offer", offer)).transfer
        return values

    async def _second_device(self, one: Client) -> str:
        client = Client(self.server)
        ask = identity_pb2.LogInRequest(
            handle=one.profile.handle, password=PASSWORD, device=client.new_device()
        )
        return str((await client.call("Identity.LogIn", ask)).device)

    async def _file(self, one: Client) -> Values:
        data = f"a file of {one.user}".encode()
        begin = files_pb2.BeginRequest(size_bytes=len(data), sha256=hashlib.sha256(data).digest())
        upload = (await one.call("Files.Begin", begin)).upload
        await one.call("Files.Write", files_pb2.WriteRequest(upload=upload, data=data))
        blob = (await one.call("Files.Finish", files_pb2.FinishRequest(upload=upload))).blob
        open_ = files_pb2.BeginRequest(size_bytes=5, sha256=hashlib.sha256(b"hello").digest())
        upload = (await one.call("Files.Begin", open_)).upload
        return {"blob": blob, "thumbnail": blob, "upload": upload}

    async def _call(self, one: Client, other: Client, log: str) -> Values:
        call = (await one.call("Calls.Start", calls_pb2.StartRequest(log=log))).call.call
        await other.call("Calls.Accept", calls_pb2.AcceptRequest(call=call))
        return {"call": call, "session": call}

    async def ask(
        self, client: Client, name: str, body: Message | bytes, key: bytes | None = None, deadline_ms: int = 0
    ) -> link_pb2.Error | bytes:
        """Ask; return the error, or the body of the reply."""
        method = self.server.method(name)
        if key is None:
            key = b"" if method.replay_safe else self.server.new_key()
        data = body if isinstance(body, bytes) else body.SerializeToString()
        reply = await asyncio.wait_for(client.request(method, data, key, deadline_ms), WAIT_S)
        return reply.error if reply.HasField("error") else reply.body

    async def state(self) -> dict[str, str]:
        """Return a digest of every table, without what asking itself changes."""
        await self.server.core.platform.writer.work(lambda _tx: None)
        digests: dict[str, str] = {}
        with contextlib.closing(sqlite3.connect(self.folder / "hutong.db")) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                if table in _BOOKKEEPING:
                    continue
                columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                kept = ", ".join(f'"{column}"' for column in columns if column != "seen_at_ms")
                rows = sorted(map(repr, database.execute(f'SELECT {kept} FROM "{table}"')))
                digests[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return digests

    async def quiet(self) -> None:
        """Wait until nothing is being done in the background that a request began."""
        async with asyncio.timeout(WAIT_S):
            while await self.server.core.platform.read(_is_busy):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def signed_out(self) -> Client:
        """Return a client that has not signed in."""
        return Client(self.server)

    async def revive(self) -> None:
        """Sign Alice in again, should a request have ended her connection."""
        if self.alice.goodbye is not None or not self.alice.connection.user:
            self.alice.connect()
            await self.alice.resume()

    async def check_alive(self) -> None:
        """Let somebody who had nothing to do with it ask something, on the connection of before."""
        assert self.erin.goodbye is None
        await self.erin.call("Chat.List", chat_pb2.ListRequest())
        await self.erin.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())


def _is_busy(read: Executor) -> bool:
    return bool(belongings.working(read) or belongings.all_taking_back(read))
