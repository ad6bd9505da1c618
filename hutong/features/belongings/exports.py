"""Copies of one's own data, made one after the other in the background."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from pathlib import Path

from hutong.features.belongings import store
from hutong.features.belongings.copying import Copying
from hutong.features.files.api import Files
from hutong.features.identity.api import Identity
from hutong.platform import journal
from hutong.platform.clock import Timer
from hutong.platform.feature import Platform
from hutong.platform.limits import Limits, Rate
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import belongings_pb2 as pb

EXPORTS = Rate("export", burst=3, every_s=3600)
KEEP_MS = 7 * 24 * 3600 * 1000
_TIDY_EVERY_S = 3600
_AGAIN_S = 5.0

log = journal.get(__name__)


class Exports:
    """The part of `Belongings` for copies."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._files = platform.use(Files)
        self._folder = platform.settings.data / "exports"
        # Its own, spent by the writer: those of the platform belong to the event loop.
        self._limits = Limits(platform.clock, platform.settings.rate_limit_factor)
        self._percents: dict[str, int] = {}
        self._work: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._timer: Timer | None = None
        self._tidying: asyncio.Task[None] | None = None
        platform.use(Identity).on_deleted(self._account_ends)

    async def on_start(self) -> None:
        """Begin those again that an earlier process did not finish."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self._folder.iterdir():
            await asyncio.to_thread(_remove, left)
        self._wanted.set()
        self._work = asyncio.get_running_loop().create_task(self._make_all())
        self._tidy_soon()

    async def on_stop(self) -> None:
        """Leave what is unfinished for the next start."""
        if self._timer is not None:
            self._timer.cancel()
        for task in (self._work, self._tidying):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def export(self, caller: Caller, request: pb.ExportRequest) -> pb.ExportReply:
        """Begin a copy; the one before it is forgotten. One that is being made is left alone."""
        user, files = caller.user, request.files
        state = pb.Export.STATE_WORKING
        old_blob = ""

        def begin(tx: Transaction) -> pb.ExportReply:
            nonlocal old_blob
            before = store.get(tx, user)
            if before is None or before.state != state:
                self._limits.spend(EXPORTS, user)
                if before is not None and before.blob:
                    old_blob = before.blob
                    self._files.drop(tx, before.blob)
                store.put(tx, store.Export(user, state, files, "", 0, tx.now_ms))
            return pb.ExportReply(export=self._shown(store.get(tx, user)))

        reply = await caller.write(self._platform.writer, pb.ExportReply, begin)
        if old_blob:
            await self._platform.blobs.delete(old_blob)
        self._wanted.set()
        return reply

    async def export_state(self, caller: Caller, _request: pb.ExportStateRequest) -> pb.ExportStateReply:
        """Return how far the caller's copy is."""
        user = caller.user
        return pb.ExportStateReply(
            export=self._shown(await self._platform.read(lambda read: store.get(read, user)))
        )

    def _shown(self, row: store.Export | None) -> pb.Export | None:
        if row is None:
            return None
        return row.to_proto(100 if row.blob else self._percents.get(row.user, 0))

    # ---- the work ----

    async def _make_all(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                for row in await self._platform.read(store.working):
                    await self._make(row)
            except Exception:  # the disk may be full: it is tried again
                log.exception("exports_failed")
                self._platform.clock.call_later(_AGAIN_S, self._wanted.set)

    async def _make(self, row: store.Export) -> None:
        path = self._folder / f"{row.user}.zip"
        try:
            copying = Copying(self._platform, row.user, lambda percent: self._note(row.user, percent))
            await copying.write(path, files=row.files)
            blob, size_bytes = await asyncio.to_thread(_digest, path)
            await self._platform.blobs.put_file(blob, path)
        except Exception:
            log.exception("export_failed")
            done = row._replace(state=pb.Export.STATE_FAILED)
        else:
            done = row._replace(state=pb.Export.STATE_READY, blob=blob, size_bytes=size_bytes)
        finally:
            self._percents.pop(row.user, None)
            path.unlink(missing_ok=True)
        kept = await self._platform.writer.work(lambda tx: self._keep(tx, row, done))
        if done.blob and not kept:
            await self._platform.blobs.delete(done.blob)

    def _note(self, user: str, percent: int) -> None:
        self._percents[user] = percent

    def _keep(self, tx: Transaction, row: store.Export, done: store.Export) -> bool:
        """Give it to its owner, unless the account has ended meanwhile; tell which."""
        if store.get(tx, row.user) != row:
            return False
        if done.blob:
            self._files.keep(tx, row.user, done.blob, done.size_bytes)
        store.put(tx, done._replace(at_ms=tx.now_ms))
        return True

    # ---- the end of copies ----

    def _account_ends(self, tx: Transaction, user: str) -> None:
        """Let nothing of the copy stay: one that is ready is tidied away like an old one."""
        row = store.get(tx, user)
        store.remove(tx, user)
        if row is not None and row.blob:
            store.put(tx, row._replace(at_ms=0))
            tx.after_commit(self._tidy_now)

    def _tidy_soon(self) -> None:
        self._tidy_now()
        self._timer = self._platform.clock.call_later(_TIDY_EVERY_S, self._tidy_soon)

    def _tidy_now(self) -> None:
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.get_running_loop().create_task(self._tidy())

    async def _tidy(self) -> None:
        oldest_ms = self._platform.clock.now_ms() - KEEP_MS
        try:
            for row in await self._platform.read(lambda read: store.made_before(read, oldest_ms)):
                await self._platform.writer.work(lambda tx, row=row: self._forget(tx, row))  # type: ignore[misc]
                if row.blob:
                    await self._platform.blobs.delete(row.blob)
        except Exception:  # an hour later it is tried again
            log.exception("exports_not_tidied")

    def _forget(self, tx: Transaction, row: store.Export) -> None:
        if store.get(tx, row.user) == row:
            store.remove(tx, row.user)
            if row.blob:
                self._files.drop(tx, row.blob)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _remove(path: Path) -> None:
    """Remove what a killed process left: a file, or a folder of a few files."""
    if path.is_dir():
        for each in path.iterdir():
            each.unlink()
        path.rmdir()
    else:
        path.unlink()
