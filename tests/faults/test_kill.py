"""A server that is killed again and again under load loses nothing it acknowledged, and doubles nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hutong.testing import Client, TestServer
from tests.edge.serving import Serve
from tests.faults.workers import Device, Follower, Sender, Uploader, Worker
from tests.platform.scene import cheap_passwords, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

ROUNDS = 5
# So much must have been acknowledged between two kills that there was something to lose.
PROGRESS = 100


def device(client: Client) -> Device:
    return Device(client.user, client.device, client.key)


async def settle_in(folder: Path) -> tuple[list[Device], list[str]]:
    """Fill the data folder with three pairs of people who know each other."""
    async with TestServer.run(folder, rate_limit_factor=10**6) as server:
        people = await server.friends("alice", "bobby", "carol", "david", "erika", "frank")
        pairs = [(people[0], people[1]), (people[2], people[3]), (people[4], people[5])]
        logs = [await server.conversation(*pair) for pair in pairs]
        return [device(client) for client in people], logs


@asynccontextmanager
async def at_work(workers: list[Worker]) -> AsyncIterator[None]:
    """Let them work; afterwards wait until everything they began is answered."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        try:
            yield
        except TimeoutError:
            for task in tasks:
                if task.done():
                    task.result()  # rather what went wrong there than that nothing went on here
            raise
        for worker in workers:
            worker.done = True
        async with asyncio.timeout(60):
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_kill_under_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOG1, LOG2, LOG4, CONN13, CONN14, CONN19"""
    seed = random.randrange(10**9)
    print(f"seed {seed}")  # when to kill; what the machine does between is its own
    choices = random.Random(seed)
    cheap_passwords(monkeypatch)
    devices, logs = await settle_in(tmp_path)
    serve = Serve(tmp_path)
    carriers = ["websocket", "stream"] * 3
    senders = [
        Sender(serve, each, carrier, random.Random(number), log=logs[number // 2])
        for number, (each, carrier) in enumerate(zip(devices, carriers, strict=True))
    ]
    followers = [
        Follower(serve, devices[2 * number], carriers[number], random.Random(10 + number), log=log)
        for number, log in enumerate(logs)
    ]
    uploaders = [
        Uploader(serve, devices[number], carriers[number], random.Random(20 + number)) for number in range(2)
    ]
    workers: list[Worker] = [*senders, *followers, *uploaders]

    def acknowledged() -> int:
        return sum(len(sender.acknowledged) for sender in senders)

    async def progress() -> None:
        floor = acknowledged() + PROGRESS
        await until(lambda: acknowledged() > floor, 30)

    try:
        await serve.start()
        async with at_work(workers):
            for _ in range(ROUNDS):
                await progress()
                await asyncio.sleep(choices.random() * 0.5)
                await serve.kill()
                await serve.start()
            await progress()
        for uploader in uploaders:
            assert uploader.stored
            for blob, data in uploader.stored.items():
                assert await uploader.read(blob, len(data)) == data
        assert await serve.stop() == 0
    finally:
        if serve.process.returncode is None:
            await serve.kill()
    check(serve, senders, followers, logs)
    assert all(worker.sessions >= ROUNDS for worker in workers)
    assert sum(sender.retried for sender in senders) > 0, "nothing was ever cut off in the middle"
    assert sum(uploader.resumed_in_the_middle for uploader in uploaders) > 0
    assert "Traceback" not in serve.errors


def check(serve: Serve, senders: list[Sender], followers: list[Follower], logs: list[str]) -> None:
    assert serve.query("PRAGMA integrity_check") == [("ok",)]
    assert serve.query("PRAGMA foreign_key_check") == []
    for log in logs:
        seqs = [row[0] for row in serve.query("SELECT seq FROM log_event WHERE log = ? ORDER BY seq", log)]
        assert seqs == list(range(1, len(seqs) + 1)), "a number is missing or given twice"
    for sender in senders:
        rows = serve.query(
            "SELECT key, seq FROM log_event WHERE log = ? AND author = ? AND key IS NOT NULL",
            sender.log,
            sender.device.user,
        )
        # What is in the log is what was acknowledged, each once, where the answer said.
        assert len(rows) == len({row[0] for row in rows})
        assert dict(rows) == dict(sender.acknowledged)
    for follower in followers:
        rows = serve.query("SELECT seq, body FROM log_event WHERE log = ?", follower.log)
        stored = dict(rows)
        assert follower.shown
        for seq, body in follower.shown.items():
            assert stored[seq] == body, "something was shown that did not last"
