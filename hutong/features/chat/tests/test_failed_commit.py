"""What was cached from a transaction that did not happen must not be believed."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from hutong.platform.errors import NotFound, Unavailable
from hutong.schema import chat_pb2 as pb
from hutong.testing import TestServer, refused


async def test_memberships_of_a_failed_commit_are_forgotten(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    request = pb.CreateGroupRequest(title="Team", users=[bobby.user])
    log = (await alice.call("Chat.CreateGroup", request)).conversation.log
    writer = server.core.platform.writer
    hello = pb.SendRequest(log=log, content=pb.Content(text="hello"))

    def fail(_connection: Any) -> None:
        raise sa.exc.OperationalError("COMMIT", {}, OSError("the disk is full"))

    # While the writer is held, the other two come to wait together, and so share one commit.
    begun, go_on = threading.Event(), threading.Event()

    def hold(_tx: Any) -> None:
        begun.set()
        go_on.wait(60)

    held = writer.work(hold)
    await asyncio.to_thread(begun.wait, 60)
    sa.event.listen(writer._engine, "commit", fail)
    calls = [
        asyncio.create_task(alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))),
        asyncio.create_task(carol.call("Chat.Send", hello)),
    ]
    await alice.until(lambda: writer.waiting >= 2)
    go_on.set()
    with pytest.raises(Unavailable):
        await held
    for result in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(result, Unavailable)
        assert result.reason == "not_stored"
    sa.event.remove(writer._engine, "commit", fail)
    with refused(NotFound, "no_such_log"):
        await carol.call("Chat.Send", hello)
    assert (await alice.call("Chat.Send", hello)).seq == 2
