"""A sender that begins anew: who waits for its offer of before makes way, and nobody else does."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from hutong.client.transfers import receiving
from hutong.client.transfers.buffers import Buffers
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.receiving import AllReceiving, Receiving
from hutong.client.transfers.source import Source
from hutong.protocols.transfer import Manifest


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_LEFT_S", 0.01)
    monkeypatch.setattr(receiving, "_ENDS_WITHIN_S", 0.05)


def manifest_of(folder: Path, name: str) -> Manifest:
    path = folder / name
    path.write_bytes(os.urandom(1_000))
    return Source(path).manifest


class Counts:
    """Files of which something arrives, or nothing."""

    def __init__(self, *, moving: bool) -> None:
        self._moving = moving
        self._bytes = 0

    @property
    def received_bytes(self) -> int:
        self._bytes += self._moving
        return self._bytes


def waits(receiving: Receiving, manifest: Manifest, *, moving: bool = False) -> None:
    receiving.landing.begin(manifest)
    files: Any = Counts(moving=moving)
    receiving.files = files


async def test_what_waits_for_a_sender_makes_way(tmp_path: Path) -> None:
    """XFER13: and only when it has let go of its files does the other begin."""
    manifest = manifest_of(tmp_path, "a.bin")
    every = AllReceiving()
    landings = Landing(tmp_path, "earlier"), Landing(tmp_path, "later")
    with every.one(landings[1]) as later:

        async def wait_in_vain() -> None:
            with every.one(landings[0]) as earlier:
                waits(earlier, manifest)
                await earlier.given_up
                landings[0].close()

        waiting = asyncio.create_task(wait_in_vain())
        await asyncio.sleep(0)
        await every.make_way(later, manifest)
        assert waiting.done()
        assert landings[1].begin(manifest) == {}
        assert not landings[0].folder.exists()
    landings[1].discard()


@pytest.mark.parametrize("why", ["moves", "other files", "other folder", "not begun"])
async def test_what_is_alive_or_something_else_stays(tmp_path: Path, why: str) -> None:
    """XFER13."""
    manifest = manifest_of(tmp_path, "a.bin")
    there = tmp_path / "there"
    there.mkdir()
    every = AllReceiving()
    beside = Landing(there if why == "other folder" else tmp_path, "earlier")
    with every.one(beside) as earlier, every.one(Landing(tmp_path, "later")) as later:
        if why != "not begun":
            known = manifest_of(tmp_path, "b.bin") if why == "other files" else manifest
            waits(earlier, known, moving=why == "moves")
        await every.make_way(later, manifest)
        assert not earlier.given_up.done()
        assert not later.given_up.done()
    beside.discard()


async def test_one_that_does_not_end_is_not_waited_for(tmp_path: Path) -> None:
    """XFER13: its files stay its own."""
    manifest = manifest_of(tmp_path, "a.bin")
    every = AllReceiving()
    stuck, next_one = Landing(tmp_path, "earlier"), Landing(tmp_path, "later")
    with every.one(stuck) as earlier, every.one(next_one) as later:
        waits(earlier, manifest)
        await asyncio.wait_for(every.make_way(later, manifest), 10)
        assert earlier.given_up.done()
        assert next_one.begin(manifest) == {}
        assert stuck.folder.exists()
    next_one.discard()
    stuck.discard()


def test_buffers_that_are_let_go_keep_nothing() -> None:
    """What a line or a file has used is free when it is closed, and not when the collector comes by."""
    buffers = Buffers(4096)
    held = buffers.take(10)
    held[:2] = b"ab"
    buffers.clear()
    assert buffers._kept == []
    assert bytes(held[:2]) == b"ab"
    assert buffers.take(10).obj is not held.obj


async def test_a_closed_source_keeps_no_memory(tmp_path: Path) -> None:
    """It reads again when it is asked to."""
    path = tmp_path / "a.bin"
    path.write_bytes(os.urandom(600_000))
    source = Source(path)
    first = bytes(source.read([0])[0][1])
    source.close()
    assert source._buffers._kept == []
    assert bytes(source.read([0])[0][1]) == first
    source.close()
