from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.client.live import LiveServer, running


@pytest.fixture
def one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second way is tried while the first is under way, however slow this machine is."""
    monkeypatch.setattr("hutong.protocols.racing.race.NEXT_AFTER_S", 60.0)


@pytest.fixture
def patient_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket counts however long the disk of a busy machine takes to find it."""
    monkeypatch.setattr("hutong.edge.tickets.office.ANSWER_S", 10)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with running(tmp_path, rate_limit_factor=100) as live:
        yield live
