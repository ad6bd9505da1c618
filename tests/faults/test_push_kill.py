"""A server that is killed between a commit and its pushes makes them after it has started again."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from hutong.features.chat.tests.grouping import group
from hutong.features.push.tests.service import PushService
from hutong.platform.clock import ManualClock
from hutong.schema import chat_pb2
from hutong.schema import push_pb2 as pb
from hutong.testing import Client, TestServer
from tests.edge.serving import Serve
from tests.faults.workers import SEND, Device, Sender
from tests.platform.scene import cheap_passwords, until

pytestmark = [pytest.mark.faults]

PEOPLE = 12
# So many pushes get through before the kill.
TAKEN = 5


async def settle_in(folder: Path, service: PushService) -> tuple[Device, str, dict[str, str]]:
    """Make a group in which all but one subscribed; return that one, and names of browsers by device."""
    clock = ManualClock(time.time_ns() // 1_000_000)
    async with TestServer.run(folder, clock=clock, push_hosts="127.0.0.1", rate_limit_factor=1000) as server:
        alice, *others = await server.friends("alice", *(f"person{number}" for number in range(PEOPLE)))
        log = await group(alice, *others)
        for each in others:
            await subscribe(each, service)
        names = {each.device: each.profile.handle for each in others}
        return Device(alice.user, alice.device, alice.key), log, names


async def subscribe(client: Client, service: PushService) -> None:
    service.key = (await client.call("Push.Key", pb.KeyRequest())).key
    await client.call("Push.Subscribe", service.browser(client.profile.handle))


def told(serve: Serve, seq: int) -> set[str]:
    """Return the devices of which the database knows that they were told."""
    return {row[0] for row in serve.query("SELECT device FROM push_mark WHERE seq = ?", seq)}


async def test_what_a_kill_kept_from_being_pushed_is_pushed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decision 19: pushes are found, not kept"""
    cheap_passwords(monkeypatch)
    async with PushService.open(time.time_ns() // 1_000_000_000) as service:
        writer, log, names = await settle_in(tmp_path, service)
        service.held, service.free = asyncio.Event(), TAKEN
        serve = Serve(tmp_path, push_hosts="127.0.0.1")
        try:
            await serve.start()
            sender = Sender(serve, writer, "websocket", random.Random(1))
            async with sender._open() as link:
                ask = chat_pb2.SendRequest(log=log, content=chat_pb2.Content(text="kept"))
                sent = chat_pb2.SendReply.FromString(await sender.call(link, SEND, ask, sender.new_key()))
                await until(lambda: len(service.taken) >= TAKEN and sum(service.under_way.values()), 20)
            await serve.kill()
            before = {name for name, _ in service.taken}
            known = {names[device] for device in told(serve, sent.seq)}
            assert known <= before < set(names.values())
            service.held = None
            await serve.start()
            await until(lambda: {name for name, _ in service.taken} == set(names.values()), 40)
            await until(lambda: len(told(serve, sent.seq)) == PEOPLE)
        finally:
            await serve.kill()
        times = {name: len(service.nudges(name)) for name in names.values()}
        # Who was told and known to be is not told again; who was not is told once.
        assert {name: times[name] for name in known} == dict.fromkeys(known, 1)
        rest = set(names.values()) - before
        assert {name: times[name] for name in rest} == dict.fromkeys(rest, 1)
        # In between lies a push service's answer that came with the kill: that one may be said again.
        assert all(times[name] <= 2 for name in before - known)
        assert {nudge.seq for name in names.values() for nudge in service.nudges(name)} == {sent.seq}
        assert service.refused == []
        assert "Traceback" not in serve.errors
