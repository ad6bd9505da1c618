"""Seeded convergence: whatever connections do, every client ends up with the log the server has.

`HUTONG_FUZZ_SEEDS=1000` runs more seeds, `HUTONG_FUZZ_SEEDS=4711:` the one that failed.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from hutong.platform.clock import SeededRandomness
from hutong.platform.log import log_event
from hutong.testing import TestServer
from tests.platform.scene import cheap_passwords, settle, stored
from tests.platform.synced import SyncedClient
from tests.platform.walk import Walk

SEEDS = 12
STEPS = 250


def seeds() -> list[int]:
    wanted = os.environ.get("HUTONG_FUZZ_SEEDS", str(SEEDS))
    return [int(wanted[:-1])] if wanted.endswith(":") else list(range(int(wanted)))


@pytest.mark.parametrize("seed", seeds())
async def test_clients_converge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """LOG1, LOG4, LOG7, LOG8, LOG11, LOG15, LOG16, CONN13, CONN14"""
    print(f"HUTONG_FUZZ_SEEDS={seed}:")  # shown when the test fails
    cheap_passwords(monkeypatch)
    async with TestServer.run(tmp_path, random=SeededRandomness(seed), rate_limit_factor=10**6) as server:
        people = await server.friends("alice", "bobby", "carol", "david")
        clients = [SyncedClient(server, person) for person in people for _ in range(2)]
        walk = Walk(server, clients, random.Random(seed))
        await walk.prepare()
        for _ in range(STEPS):
            await walk.step()
        await walk.finish()
        await settle(server)
        for log in walk.logs:
            events = await stored(server, log)
            assert [event.seq for event in events] == list(range(1, len(events) + 1)), log
        await check_keys(server, walk)
        for client in clients:
            await client.check()


async def check_keys(server: TestServer, walk: Walk) -> None:
    """Every message whose sender got an answer is there once, where the answer said; none is there twice."""
    rows = await server.core.platform.read(
        lambda read: read.execute(log_event.select().where(log_event.c.key.is_not(None))).all()
    )
    places: dict[bytes, list[tuple[str, int]]] = {}
    for row in rows:
        places.setdefault(bytes(row.key), []).append((row.log, row.seq))
    assert all(len(each) == 1 for each in places.values())
    for key, place in walk.acknowledged.items():
        assert places[key] == [place]
    assert set(places) - set(walk.attempted) == set()
    assert len(walk.acknowledged) > STEPS // 10  # it was a walk, not a standstill


async def test_the_check_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that misses one push and does not notice is found out."""
    cheap_passwords(monkeypatch)
    async with TestServer.run(tmp_path, rate_limit_factor=10**6) as server:
        people = await server.friends("alice", "bobby")
        clients = [SyncedClient(server, person) for person in people]
        walk = Walk(server, clients, random.Random(1))
        await walk.prepare()
        await asyncio.gather(*walk.running)
        log = walk.logs[0]
        for client in clients:
            await client.catch_up()
            await client.check()
        clients[1].contents[log].popitem()
        with pytest.raises(AssertionError):
            await clients[1].check()
