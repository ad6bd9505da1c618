"""Fixtures for the tests that live beside the features."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from hutong.features.identity import passwords
from hutong.testing import TestServer


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are slow to hash on purpose; hundreds of tests need not wait for it."""
    monkeypatch.setattr(passwords, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64))


@pytest.fixture
async def server(tmp_path: Path, quick_passwords: None) -> AsyncIterator[TestServer]:
    """A server of its own for each test, with a clock that stands still."""
    del quick_passwords
    async with TestServer.run(tmp_path) as server:
        yield server
