"""The `Previews` service."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from hutong.features.chat.api import Chat
from hutong.features.files.api import Thumbnails
from hutong.features.previews import proof
from hutong.features.previews.looking import Looking, Seen
from hutong.platform import urls
from hutong.platform.endpoints import ensure_secret
from hutong.platform.errors import InvalidArgument
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.outbound import Fetcher
from hutong.platform.rpc import Caller
from hutong.schema import chat_pb2
from hutong.schema import previews_pb2 as pb

LOOKS = Rate("preview", burst=20, every_s=3)
CACHED_MAX = 1_000
CACHED_S = 600.0
# What could not be reached may be there a little later.
CACHED_NOTHING_S = 60.0


class _Cached(NamedTuple):
    until_s: float
    seen: Seen | None


class PreviewsService:
    """Answers `hutong.previews.Previews`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._secret = ensure_secret(platform.settings.data, "previews")
        self._thumbnails = platform.use(Thumbnails)
        self._looking = Looking(Fetcher(_hosts(platform.settings.link_preview_hosts)), self._thumbnails)
        self._cache: OrderedDict[str, _Cached] = OrderedDict()
        platform.use(Chat).check_previews(lambda preview: proof.holds(self._secret, preview))

    async def on_start(self) -> None:
        """Nothing is to be done before the first link."""

    async def on_stop(self) -> None:
        """Let go of the threads."""
        self._looking.close()

    async def look(self, caller: Caller, request: pb.LookRequest) -> pb.LookReply:
        """Return what stands behind a link, or nothing: not why, for that would tell what runs where."""
        try:
            url = urls.parse(request.url)
        except urls.UrlError as error:
            raise InvalidArgument("This is no link to a page.", reason="bad_url") from error
        self._platform.limits.spend(LOOKS, caller.user)
        if not self._platform.settings.link_previews:
            return pb.LookReply()
        seen = await self._seen(url)
        if seen is None:
            return pb.LookReply()
        preview = chat_pb2.Preview(
            url=request.url, title=seen.title, description=seen.description, site=seen.site
        )
        picture, user = seen.picture, caller.user
        if picture is not None:
            preview.picture, preview.width, preview.height = picture.blob, picture.width, picture.height
            await self._platform.writer.work(lambda tx: self._thumbnails.give(tx, user, picture))
        proof.sign(self._secret, preview)
        return pb.LookReply(preview=preview)

    async def _seen(self, url: urls.Url) -> Seen | None:
        now = self._platform.clock.monotonic()
        cached = self._cache.get(url.text)
        if cached is not None and cached.until_s > now:
            return cached.seen
        seen = await self._looking.look(url)
        self._cache[url.text] = _Cached(now + (CACHED_S if seen else CACHED_NOTHING_S), seen)
        self._cache.move_to_end(url.text)
        if len(self._cache) > CACHED_MAX:
            self._cache.popitem(last=False)
        return seen


def _hosts(setting: str) -> list[str]:
    return [host.strip().lower() for host in setting.split(",") if host.strip()]
