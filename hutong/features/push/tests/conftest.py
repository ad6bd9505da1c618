"""A server with push services on loopback, and people who subscribed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hutong.features.push.sending import Sending
from hutong.features.push.tests.service import PushService
from hutong.schema import chat_pb2
from hutong.schema import push_pb2 as pb
from hutong.testing import Client, TestServer


@dataclass
class Scene:
    """Alice writes; Bobby is away, and his browser subscribed."""

    server: TestServer
    service: PushService
    alice: Client
    bobby: Client
    log: str

    @property
    def sending(self) -> Sending:
        (sending,) = [each for each in self.server.core.background if isinstance(each, Sending)]
        return sending

    async def subscribe(self, client: Client, name: str) -> None:
        """Let a device get pushes."""
        self.service.key = (await client.call("Push.Key", pb.KeyRequest())).key
        await client.call("Push.Subscribe", self.service.browser(name))

    async def say(self, text: str, **fields: object) -> int:
        """Let Alice write."""
        content = chat_pb2.Content(text=text, **fields)  # type: ignore[arg-type]
        reply = await self.alice.call("Chat.Send", chat_pb2.SendRequest(log=self.log, content=content))
        return int(reply.seq)

    async def pushed(self, number: int, name: str = "bobby") -> list[pb.Nudge]:
        """Wait until a browser got so many pushes; return them all."""
        await self.alice.until(lambda: self.tick() and len(self.service.nudges(name)) >= number)
        return self.service.nudges(name)

    def tick(self) -> bool:
        """Let a little time pass."""
        self.server.clock.advance(0.25)
        return True

    async def quiet(self) -> None:
        """Let so much time pass that everything was pushed that is to be."""
        self.server.clock.advance(30)
        await self.alice.until(lambda: self.tick() and self.sending.idle)


@pytest.fixture
async def scene(tmp_path: Path, quick_passwords: None) -> AsyncIterator[Scene]:
    del quick_passwords
    async with (
        TestServer.run(tmp_path, push_hosts="127.0.0.1", rate_limit_factor=100) as server,
        PushService.open(server.clock.now_ms() // 1000) as service,
    ):
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        scene = Scene(server, service, alice, bobby, log)
        await scene.subscribe(bobby, "bobby")
        yield scene
