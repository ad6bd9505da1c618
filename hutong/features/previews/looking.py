"""From a link to a preview: the page, what it says, and a small copy of its picture."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from hutong.features.files.api import Thumbnail, Thumbnails
from hutong.features.previews import page
from hutong.platform.errors import RpcError
from hutong.platform.outbound import Fetcher, FetchError
from hutong.platform.urls import Url, UrlError

# For everything a link leads to: people are waiting with their message.
TIME_S_MAX = 5.0
PAGE_BYTES_MAX = 1024 * 1024
PICTURE_BYTES_MAX = 4 * 1024 * 1024
_PAGES = ("text/html", "application/xhtml+xml")
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_END = re.compile(rb"</head|<body", re.IGNORECASE)
# An end that came in two pieces.
_OVERLAP_BYTES = 6


class Seen(NamedTuple):
    """What stands behind a link."""

    title: str
    description: str
    site: str
    picture: Thumbnail | None


class Looking:
    """Looks at pages, a bounded number at a time."""

    def __init__(self, fetcher: Fetcher, thumbnails: Thumbnails, at_once_max: int = 16) -> None:
        self._fetcher = fetcher
        self._thumbnails = thumbnails
        self._turns = asyncio.Semaphore(at_once_max)
        self._parser = ThreadPoolExecutor(1, thread_name_prefix="page")

    def close(self) -> None:
        """Let go of the threads."""
        self._parser.shutdown(wait=False, cancel_futures=True)
        self._fetcher.close()

    async def look(self, url: Url) -> Seen | None:
        """Return what a page says of itself; None when there is nothing to show, for whatever reason."""
        seen: Seen | None = None
        try:
            async with asyncio.timeout(TIME_S_MAX), self._turns:
                answer = await self._fetcher.get(url, _PAGES, PAGE_BYTES_MAX, _head_ended())
                facts = await asyncio.get_running_loop().run_in_executor(
                    self._parser, page.read_head, bytes(answer.body), answer.headers.get("content-type", "")
                )
                if not facts.title:
                    return None
                seen = Seen(facts.title, facts.description, facts.site or answer.url.host, None)
                if facts.picture:
                    seen = seen._replace(picture=await self._picture(answer.url, facts.picture))
        except (FetchError, TimeoutError):
            pass  # a picture that does not come in time is left out
        return seen

    async def _picture(self, base: Url, link: str) -> Thumbnail | None:
        try:
            answer = await self._fetcher.get(base.join(link), _PICTURES, PICTURE_BYTES_MAX)
            return await self._thumbnails.make(bytes(answer.body))
        except (FetchError, UrlError, RpcError):
            return None


def _head_ended() -> Callable[[bytearray], bool]:
    """Return a test whether a page's head is there as a whole; each byte is looked at once."""
    looked = 0

    def ended(body: bytearray) -> bool:
        nonlocal looked
        found = _END.search(body, max(0, looked - _OVERLAP_BYTES))
        looked = len(body)
        return found is not None

    return ended
