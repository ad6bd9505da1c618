"""The `Stickers` service."""

from __future__ import annotations

from collections.abc import Iterable

from hutong.features.files.api import Files
from hutong.features.stickers import store
from hutong.platform.emoji import one_emoji
from hutong.platform.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.text import line
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2
from hutong.schema import stickers_pb2 as pb

CHANGES = Rate("stickers", burst=150, every_s=1)
TITLE_CHARACTERS_MAX = 32
PACKS_MAX = 50
# Of those who keep a pack so many are told at once that it changed; others see it when they ask anew.
TOLD_MAX = 1_000
STICKERS_MAX = 120
STICKER_BYTES_MAX = 512 * 1024
STICKER_SIDE_MAX = 512
MEDIA_TYPES = frozenset({"image/png", "image/webp", "image/gif"})


class StickersService:
    """Answers `hutong.stickers.Stickers`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._files = platform.use(Files)

    async def list(self, caller: Caller, _request: pb.ListRequest) -> pb.ListReply:
        """Return the packs the caller keeps."""
        user = caller.user
        packs = await self._platform.read(lambda read: store.packs(read, store.kept(read, user)))
        return pb.ListReply(packs=packs)

    async def get(self, _caller: Caller, request: pb.GetRequest) -> pb.GetReply:
        """Return a pack to whoever has met one of its stickers."""
        packs = await self._platform.read(lambda read: store.packs(read, [request.pack]))
        if not packs:
            raise NotFound("There is no such pack.", reason="no_such_pack")
        return pb.GetReply(pack=packs[0])

    def create(self, caller: Caller, request: pb.CreateRequest) -> Pending[pb.CreateReply]:
        """Begin a pack of one's own."""
        title = line(request.title, what="A title", maximum=TITLE_CHARACTERS_MAX)
        user = caller.user
        self._platform.limits.spend(CHANGES, user)

        def create(tx: Transaction) -> pb.CreateReply:
            _check_room(tx, user)
            pack = self._platform.random.new_id()
            store.put_pack(tx, pack, title, user)
            store.keep(tx, user, pack)
            _tell(tx, user, pack)
            return pb.CreateReply(pack=store.packs(tx, [pack])[0])

        return caller.write(self._platform.writer, pb.CreateReply, create)

    def add(self, caller: Caller, request: pb.AddRequest) -> Pending[pb.AddReply]:
        """Add an uploaded picture to one of the caller's packs."""
        user, pack, blob = caller.user, request.pack, request.blob
        stands_for = one_emoji(request.emoji)
        self._platform.limits.spend(CHANGES, user)

        def add(tx: Transaction) -> pb.AddReply:
            mine = _own(tx, pack, user)
            if len(mine.stickers) >= STICKERS_MAX and all(each.blob != blob for each in mine.stickers):
                raise ResourceExhausted(
                    f"A pack has at most {STICKERS_MAX} stickers.", reason="too_many_stickers"
                )
            shown = self._files.shown(tx, user, blob)
            if shown.media_type not in MEDIA_TYPES:
                raise InvalidArgument("A sticker is a PNG, WebP or GIF.", reason="not_a_sticker")
            if shown.size_bytes > STICKER_BYTES_MAX or max(shown.width, shown.height) > STICKER_SIDE_MAX:
                raise InvalidArgument(
                    f"A sticker has at most {STICKER_SIDE_MAX} pixels a side and 512 KiB.",
                    reason="sticker_too_large",
                )
            added = chat_pb2.Sticker(
                blob=blob, width=shown.width, height=shown.height, emoji=stands_for, pack=pack
            )
            # Whoever meets a sticker may look at its whole pack, and they may be anybody.
            self._files.publish(tx, user, blob)
            store.put_sticker(tx, pack, added)
            store.touch(tx, pack)
            _tell_all(tx, store.keepers(tx, pack, TOLD_MAX), pack)
            return pb.AddReply(sticker=added)

        return caller.write(self._platform.writer, pb.AddReply, add)

    def remove(self, caller: Caller, request: pb.RemoveRequest) -> Pending[pb.RemoveReply]:
        """Take a sticker out of one of the caller's packs, or remove the pack. Messages keep theirs."""
        user, pack, blob = caller.user, request.pack, request.blob
        self._platform.limits.spend(CHANGES, user)

        def remove(tx: Transaction) -> pb.RemoveReply:
            mine = _own(tx, pack, user)
            if blob and all(each.blob != blob for each in mine.stickers):
                raise NotFound("There is no such sticker.", reason="no_such_sticker")
            keepers = store.keepers(tx, pack, TOLD_MAX)
            if blob:
                store.remove_sticker(tx, pack, blob)
                store.touch(tx, pack)
            else:
                store.remove_pack(tx, pack)
            _tell_all(tx, {user, *keepers}, pack)
            return pb.RemoveReply()

        return caller.write(self._platform.writer, pb.RemoveReply, remove)

    def keep(self, caller: Caller, request: pb.KeepRequest) -> Pending[pb.KeepReply]:
        """Keep somebody else's pack at hand, or no longer."""
        user, pack = caller.user, request.pack
        self._platform.limits.spend(CHANGES, user)

        def keep(tx: Transaction) -> pb.KeepReply:
            row = store.row_of(tx, pack)
            if row is None:
                raise NotFound("There is no such pack.", reason="no_such_pack")
            if (pack in store.kept(tx, user)) == request.on:
                return pb.KeepReply()
            if request.on:
                _check_room(tx, user)
                store.keep(tx, user, pack)
            elif row.by == user:
                raise InvalidArgument("This pack is yours: remove it instead.", reason="own_pack")
            else:
                store.drop(tx, user, pack)
            _tell(tx, user, pack)
            return pb.KeepReply()

        return caller.write(self._platform.writer, pb.KeepReply, keep)


def _check_room(tx: Transaction, user: str) -> None:
    if len(store.kept(tx, user)) >= PACKS_MAX:
        raise ResourceExhausted(f"At most {PACKS_MAX} packs.", reason="too_many_packs")


def _own(tx: Transaction, pack: str, user: str) -> pb.Pack:
    found = store.packs(tx, [pack])
    if not found:
        raise NotFound("There is no such pack.", reason="no_such_pack")
    if found[0].by != user:
        raise PermissionDenied("This pack is somebody else's.", reason="not_yours")
    return found[0]


def _tell_all(tx: Transaction, users: Iterable[str], pack: str) -> None:
    for user in sorted(users):
        _tell(tx, user, pack)


def _tell(tx: Transaction, user: str, pack: str) -> None:
    tx.append(f"inbox:{user}", pb.PacksChanged(pack=pack), author=user)
