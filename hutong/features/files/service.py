"""The `Files` service: uploads, and reading what is stored."""

from __future__ import annotations

from hutong.features.files import api, model
from hutong.features.files.access import Access
from hutong.features.files.thumbnails import Thumbnails
from hutong.features.files.uploads import Uploads
from hutong.features.identity.api import Identity
from hutong.platform.errors import NotFound
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.schema import files_pb2 as pb

# Searching all the places a blob was shared with is work; only those who guess do it often in vain.
MISSES = Rate("read_miss", burst=60, every_s=1)


class Reads:
    """The reading part of the `Files` service."""

    def __init__(self, platform: Platform, access: Access) -> None:
        self._platform = platform
        self._access = access

    async def read(self, caller: Caller, request: pb.ReadRequest) -> pb.ReadReply:
        """Return a stretch of a blob; beyond its end there is nothing, and that is no error."""
        model.check_read(request.length)
        user, name, offset = caller.user, request.blob, request.offset
        try:
            blob = await self._platform.read(lambda read: self._access.readable(read, user, name))
        except NotFound:
            self._platform.limits.spend(MISSES, user)
            raise
        length = min(request.length, max(blob.size_bytes - offset, 0))
        data = await self._platform.blobs.get(name, offset, length) if length else b""
        return pb.ReadReply(data=data, size_bytes=blob.size_bytes)


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.files.Files`."""
    access = Access(platform.logs)
    platform.provide(api.Files, access)
    platform.use(Identity).on_picture(access.publish_profile_picture)
    thumbnails = Thumbnails(platform)
    platform.provide(api.Thumbnails, thumbnails)
    return Uploads(platform, access), Reads(platform, access), thumbnails
