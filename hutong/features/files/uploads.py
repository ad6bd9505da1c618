"""Uploads from their beginning to a stored blob."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from hutong.features.files import model, store
from hutong.features.files.access import Access
from hutong.features.files.partials import Partials
from hutong.features.files.pictures import Picture, look
from hutong.features.files.turns import Turns
from hutong.platform import journal
from hutong.platform.clock import Timer
from hutong.platform.errors import NotFound, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import files_pb2 as pb

T = TypeVar("T")

BEGINS = Rate("upload_begin", burst=100, every_s=1)
UPLOADS_OPEN_MAX = 20
# A client that gave up cannot say so; its uploads do not stand in the way for longer than this.
ALIVE_MS = 10 * 60 * 1000
KEEP_MS = 7 * 24 * 3600 * 1000
_TIDY_EVERY_S = 3600
# Beside the event loop: short writes on some threads, long looks at whole files on others.
_WRITERS = 4
_READERS = 2

log = journal.get(__name__)


class Uploads:
    """The part of the `Files` service that takes files in."""

    def __init__(self, platform: Platform, access: Access) -> None:
        self._platform = platform
        self._access = access
        self._partials = Partials(platform.settings.data / "uploads")
        self._turns = Turns()
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="upload")
        self._checkers = ThreadPoolExecutor(_READERS, thread_name_prefix="check")
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="picture")
        self._timer: Timer | None = None
        self._tidying: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Remove what was abandoned, now and every hour."""
        self._tidy_soon()

    async def on_stop(self) -> None:
        """Let what is being written end, then let go of the threads."""
        if self._timer is not None:
            self._timer.cancel()
        if self._tidying is not None:
            await self._tidying
        await self._turns.finish()
        for pool in (self._writers, self._checkers, self._looker):
            pool.shutdown()

    async def begin(self, caller: Caller, request: pb.BeginRequest) -> pb.BeginReply:
        """Say where to continue; or, to somebody who may read the blob anyway, that it is here."""
        size_bytes_max = self._platform.settings.upload_size_bytes_max
        blob = model.check_begin(request.size_bytes, request.sha256, size_bytes_max)
        user, size_bytes = caller.user, request.size_bytes
        self._platform.limits.spend(BEGINS, user)
        fresh = self._platform.random.new_id()

        def begin(tx: Transaction) -> pb.BeginReply:
            # Somebody else's blob is none of the caller's business: it has to be sent all the same.
            if self._access.may_read(tx, user, blob):
                return pb.BeginReply(blob=blob)
            mine = store.uploads_of(tx, user)
            same = [each for each in mine if (each.blob, each.size_bytes) == (blob, size_bytes)]
            if not same and len(mine) >= UPLOADS_OPEN_MAX:
                self._make_room(tx, mine)
            upload = same[0].upload if same else fresh
            self._partials.check_space(size_bytes - self._partials.held(upload))
            store.put_upload(tx, store.Upload(upload, user, blob, size_bytes, tx.now_ms))
            return pb.BeginReply(upload=upload)

        # Not an answer that is kept: whoever begins again wants to know where to continue now.
        reply = await self._platform.writer.work(begin)
        if reply.upload:
            reply.offset = await self._on(self._writers, lambda: self._partials.held(reply.upload))
        return reply

    def _make_room(self, tx: Transaction, uploads: list[store.Upload]) -> None:
        """Give up the upload that was begun the longest ago, unless they all look alive."""
        oldest = min(uploads, key=lambda upload: upload.begun_at_ms)
        if tx.now_ms - oldest.begun_at_ms < ALIVE_MS:
            raise ResourceExhausted(
                f"At most {UPLOADS_OPEN_MAX} files on their way at once.",
                reason="too_many_uploads",
            )
        store.delete_upload(tx, oldest.upload)  # `_tidy` removes the bytes

    async def write(self, caller: Caller, request: pb.WriteRequest) -> pb.WriteReply:
        """Append a chunk; return how much the server holds."""
        user, name, offset, data = caller.user, request.upload, request.offset, request.data

        async def write() -> pb.WriteReply:
            upload = await self._open(user, name)
            if upload is None:
                raise NotFound("There is no such upload; begin again.", reason="no_such_upload")
            model.check_chunk(offset, len(data), upload.size_bytes)
            held = await self._on(self._writers, lambda: self._partials.write(name, offset, data))
            return pb.WriteReply(offset=held)

        return await self._turns.take(name, write)

    async def finish(self, caller: Caller, request: pb.FinishRequest) -> pb.FinishReply:
        """Turn an upload into a blob; or, given the blob `Begin` returned at once, say what it is."""
        user, name = caller.user, request.upload

        async def finish() -> pb.FinishReply:
            upload = await self._open(user, name)
            if upload is None:
                # Perhaps finished before: then this request's first answer is kept.
                return await caller.write(
                    self._platform.writer,
                    pb.FinishReply,
                    lambda tx: self._access.readable(tx, user, name).to_reply(),
                )
            blob, thumbnail = await self._keep(upload)

            def insert(tx: Transaction) -> pb.FinishReply:
                for each in (blob, thumbnail) if thumbnail else (blob,):
                    store.put_blob(tx, each._replace(created_at_ms=tx.now_ms))
                    store.put_grant(tx, each.blob, store.to_user(user))
                store.delete_upload(tx, name)
                return blob.to_reply()

            reply = await caller.write(self._platform.writer, pb.FinishReply, insert)
            await self._on(self._writers, lambda: self._partials.remove(name))
            return reply

        return await self._turns.take(name, finish)

    async def _open(self, user: str, name: str) -> store.Upload | None:
        return await self._platform.read(lambda read: store.get_upload(read, name, user))

    async def _keep(self, upload: store.Upload) -> tuple[store.Blob, store.Blob | None]:
        """Check an upload; put its bytes, and a thumbnail's, into the blob store. No table has them yet."""
        path = await self._on(
            self._checkers,
            lambda: self._partials.verify(upload.upload, upload.size_bytes, upload.blob),
        )
        picture = await self._on(self._looker, lambda: look(path))
        await self._platform.blobs.put_file(upload.blob, path)
        blob = store.Blob(upload.blob, upload.size_bytes)
        if picture is None:
            return blob, None
        thumbnail = _thumbnail(picture)
        await self._platform.blobs.put(thumbnail.blob, picture.thumbnail)
        return blob._replace(
            media_type=picture.media_type,
            width=picture.width,
            height=picture.height,
            thumbnail=thumbnail.blob,
        ), thumbnail

    # ---- what was abandoned ----

    def _tidy_soon(self) -> None:
        self._timer = self._platform.clock.call_later(_TIDY_EVERY_S, self._tidy_soon)
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.get_running_loop().create_task(self._tidy_safely())

    async def _tidy_safely(self) -> None:
        try:
            await self._tidy()
        except Exception:
            log.exception("tidy_uploads_failed")

    async def _tidy(self) -> None:
        """Forget uploads nobody continues, and files that lost their row in a crash."""
        # Files first: a file that is listed had its row already.
        files = await self._on(self._writers, self._partials.all)

        def forget(tx: Transaction) -> set[str]:
            for name in store.begun_before(tx, tx.now_ms - KEEP_MS):
                store.delete_upload(tx, name)
            return store.all_uploads(tx)

        known = await self._platform.writer.work(forget)
        for name in set(files) - known:
            await self._turns.take(name, partial(self._remove, name))

    async def _remove(self, name: str) -> None:
        await self._on(self._writers, lambda: self._partials.remove(name))

    async def _on(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


def _thumbnail(picture: Picture) -> store.Blob:
    return store.Blob(
        hashlib.sha256(picture.thumbnail).hexdigest(),
        len(picture.thumbnail),
        "image/webp",
        picture.thumbnail_width,
        picture.thumbnail_height,
    )
