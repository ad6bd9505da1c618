from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hutong.platform.migrate import migrate
from hutong.testing import TestServer
from tests.platform.scene import JumpingClock, cheap_passwords
from tests.platform.writing import Bench, note


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_passwords(monkeypatch)


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
async def server(tmp_path: Path, clock: JumpingClock) -> AsyncIterator[TestServer]:
    async with TestServer.run(tmp_path, clock=clock, rate_limit_factor=1000) as server:
        yield server


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    url = f"sqlite:///{tmp_path / 'writer.db'}"
    migrate(url, [])
    bench = Bench(url)
    bench.writer.start()
    await bench.writer.work(lambda tx: tx.execute(sa.schema.CreateTable(note)))
    yield bench
    await bench.writer.close()
    bench.read.close()
