"""Small copies of pictures that nobody uploaded: those of web pages."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor

from hutong.features.files import store
from hutong.features.files.api import Thumbnail
from hutong.features.files.pictures import look_at
from hutong.platform.feature import Platform
from hutong.platform.writer import Transaction


class Thumbnails:
    """`api.Thumbnails`: one picture at a time, like uploads."""

    def __init__(self, platform: Platform) -> None:
        self._blobs = platform.blobs
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="thumbnail")

    async def on_start(self) -> None:
        """Nothing is to be done before the first picture."""

    async def on_stop(self) -> None:
        """Let go of the thread."""
        self._looker.shutdown()

    async def make(self, data: bytes) -> Thumbnail | None:
        """Return a small copy of a picture, stored; None when it is none. No table has it yet."""
        picture = await asyncio.get_running_loop().run_in_executor(self._looker, look_at, data)
        if picture is None:
            return None
        blob = hashlib.sha256(picture.thumbnail).hexdigest()
        await self._blobs.put(blob, picture.thumbnail)
        width, height = picture.thumbnail_width, picture.thumbnail_height
        return Thumbnail(blob, len(picture.thumbnail), width, height)

    def give(self, tx: Transaction, user: str, thumbnail: Thumbnail) -> None:
        """Let a user read it, as if they had uploaded it."""
        row = store.Blob(
            thumbnail.blob,
            thumbnail.size_bytes,
            "image/webp",
            thumbnail.width,
            thumbnail.height,
            created_at_ms=tx.now_ms,
        )
        store.put_blob(tx, row)
        store.put_grant(tx, thumbnail.blob, store.to_user(user))
