"""The transfers one client is receiving, so that one of them can go on with what another has left (XFER13).

A sender that was started again offers its files again. The offer of before still waits for it, with the files
as far as they came: it makes way when nothing arrives for it any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hutong.client.transfers.landing import Landing
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.protocols.transfer import Manifest

# Nothing has arrived for so long: nobody sends. A sender needs longer to be started again.
_LEFT_S = 1.0
# What has arrived is written within this.
_ENDS_WITHIN_S = 5.0


@dataclass(slots=True, eq=False)
class Receiving:
    """One of them; `given_up` is for whoever waits for its sender, `over` when its files are let go of."""

    landing: Landing
    files: ReceivingFiles | None = None
    given_up: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    over: asyncio.Event = field(default_factory=asyncio.Event)


class AllReceiving:
    """All of one client."""

    def __init__(self) -> None:
        self._all: set[Receiving] = set()

    @contextmanager
    def one(self, landing: Landing) -> Iterator[Receiving]:
        """Count a transfer among them until it is over."""
        receiving = Receiving(landing)
        self._all.add(receiving)
        try:
            yield receiving
        finally:
            self._all.discard(receiving)
            receiving.over.set()

    async def make_way(self, own: Receiving, manifest: Manifest) -> None:
        """End what waits for the same files in the same folder, so that they can be taken over."""
        for each in list(self._all - {own}):
            if not _is_same(each, own, manifest) or each.files is None:
                continue
            before_bytes = each.files.received_bytes
            await asyncio.sleep(_LEFT_S)
            if each.files.received_bytes > before_bytes:
                continue
            if not each.given_up.done():
                each.given_up.set_result(None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ENDS_WITHIN_S):
                    await each.over.wait()


def _is_same(one: Receiving, other: Receiving, manifest: Manifest) -> bool:
    known = one.landing.manifest
    beside = one.landing.folder.parent == other.landing.folder.parent
    return beside and known is not None and known.digest == manifest.digest
