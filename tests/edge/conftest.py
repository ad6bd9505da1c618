from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from tests.edge.listening import Listening, listening
from tests.platform.scene import cheap_passwords


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], AbstractEventLoop]]:
    """Run these tests on the loop that the server runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_passwords(monkeypatch)


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Listening]:
    async with listening(tmp_path) as edge:
        yield edge


@pytest.fixture(autouse=True)
def _patient_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket counts however long the disk of a busy machine takes to find it."""
    monkeypatch.setattr("hutong.edge.tickets.office.ANSWER_S", 10)
