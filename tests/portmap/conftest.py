"""Fixtures for the tests against scripted routers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hutong.client.portmap import (
    choice,
    mapping,
    methods,
    search,
    web,
)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take no slow machine for a silent router; what is about silence says so."""
    for module, limits in (
        (mapping, ("_WAIT_S", "_END_S")),
        (choice, ("_HEAD_START_S",)),
        (methods, ("_FIND_S", "_MAP_S", "_UNMAP_S")),
        (search, ("_GIVE_UP_S",)),
        (web, ("_TIMEOUT_S",)),
    ):
        for limit in limits:
            monkeypatch.setattr(module, limit, 30.0)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes silence short from then on."""

    def make() -> None:
        for limit in ("_FIND_S", "_MAP_S", "_UNMAP_S"):
            monkeypatch.setattr(methods, limit, 0.2)
        monkeypatch.setattr(search, "_GIVE_UP_S", 0.2)
        monkeypatch.setattr(mapping, "_END_S", 0.5)

    return make
