"""The `Belongings` service, in parts."""

from __future__ import annotations

from collections import defaultdict

from hutong.features.belongings import store
from hutong.features.belongings.ending import Ending
from hutong.features.belongings.exports import Exports
from hutong.features.files.api import Files, Share
from hutong.platform.database import Executor
from hutong.platform.events import kind_of
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.schema import belongings_pb2 as pb
from hutong.schema import chat_pb2

LOOKS = Rate("space", burst=20, every_s=5)
CONVERSATIONS_MAX = 2_000
LARGEST_MAX = 100
# To name a file its message has to be found; in a long conversation only among the newest messages.
_LOOK_AT_MAX = 20_000
_SAID = kind_of(chat_pb2.MessageSent)


class Spaces:
    """The part of `Belongings` for what takes space."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._files = platform.use(Files)

    async def space(self, caller: Caller, _request: pb.SpaceRequest) -> pb.SpaceReply:
        """Return what the caller has uploaded and conversations show."""
        user = caller.user
        self._platform.limits.spend(LOOKS, user)
        return await self._platform.read(lambda read: self._space(read, user))

    def _space(self, read: Executor, user: str) -> pb.SpaceReply:
        shares = self._files.space(read, user)
        conversations: dict[str, pb.Space] = {}
        for share in shares:
            space = conversations.setdefault(share.log, pb.Space(log=share.log))
            space.size_bytes += share.size_bytes
            space.files += 1
        largest_first = sorted(conversations.values(), key=lambda space: space.size_bytes, reverse=True)
        sizes = {share.blob: share.size_bytes for share in shares}
        return pb.SpaceReply(
            size_bytes=sum(sizes.values()),
            conversations=largest_first[:CONVERSATIONS_MAX],
            largest=self._stored(read, user, shares[:LARGEST_MAX]),
        )

    def _stored(self, read: Executor, user: str, shares: list[Share]) -> list[pb.Stored]:
        """Return files with the messages that show them; without one where it is too far back."""
        by_log: dict[str, list[Share]] = defaultdict(list)
        for share in shares:
            by_log[share.log].append(share)
        described: dict[tuple[str, str], pb.Stored] = {}
        for name, some in by_log.items():
            blobs = [share.blob for share in some]
            for blob, shown in store.shown_in(read, name, user, _SAID, blobs, _LOOK_AT_MAX).items():
                content = chat_pb2.MessageSent.FromString(shown.body).content
                kind = content.WhichOneof("kind")
                body = getattr(content, kind) if kind in {"picture", "file", "video", "voice"} else None
                described[name, blob] = pb.Stored(
                    seq=shown.seq,
                    at_ms=shown.at_ms,
                    name=getattr(body, "name", ""),
                    media_type=getattr(body, "media_type", ""),
                )
        stored: list[pb.Stored] = []
        for share in shares:
            each = described.get((share.log, share.blob), pb.Stored())
            each.log, each.blob, each.size_bytes = share.log, share.blob, share.size_bytes
            stored.append(each)
        return stored


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.belongings.Belongings`."""
    return Spaces(platform), Exports(platform), Ending(platform)
