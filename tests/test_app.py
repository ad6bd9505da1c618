"""Putting the parts together."""

from __future__ import annotations

from pathlib import Path

import pytest

from hutong.app import build_core
from hutong.platform.settings import Settings, SettingsError
from hutong.testing import TestServer


async def test_a_folder_has_one_server(tmp_path: Path) -> None:
    async with TestServer.run(tmp_path):
        with pytest.raises(SettingsError, match="Another server"):
            build_core(Settings(data=tmp_path))
    async with TestServer.run(tmp_path):
        pass
