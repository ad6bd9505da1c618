"""What happens in the transaction that appends a message: permission, files, mentions, its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from hutong.features.chat import expiry, mentions, roles
from hutong.features.chat.access import Access
from hutong.features.chat.api import Room
from hutong.features.chat.content import blobs_of, check_content
from hutong.features.files.api import Files
from hutong.features.identity.api import Identity
from hutong.platform import events
from hutong.platform.errors import InvalidArgument, NotFound
from hutong.platform.feature import Platform
from hutong.platform.log import Appended, Stored
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2

PreviewCheck = Callable[[pb.Preview], bool]


class Sending:
    """Lets messages into conversations, from people and from other features.

    `expect` is told when a message will disappear.
    """

    def __init__(self, platform: Platform, access: Access, expect: Callable[[int], object]) -> None:
        self._platform = platform
        self._access = access
        self._expect = expect
        self._identity = platform.use(Identity)
        self._files = platform.use(Files)
        self._check_preview: PreviewCheck | None = None

    def check_previews(self, check: PreviewCheck) -> None:
        """Let `check` tell previews that this server made; without it there are none."""
        self._check_preview = check

    def check(self, content: pb.Content) -> list[str]:
        """Return the blobs of what a person wants to say. Raises `InvalidArgument`, `PermissionDenied`."""
        blobs = check_content(content)
        if content.HasField("preview"):
            known = self._check_preview is not None and self._check_preview(content.preview)
            if not known:
                raise InvalidArgument("This server did not make this preview.", reason="bad_preview")
        return blobs

    def admit(
        self, tx: Transaction, user: str, log: str, content: pb.Content, blobs: Iterable[str]
    ) -> bytes | None:
        """Prepare for a message that is appended next; return the fields only the server knows."""
        room = self._access.writable_room(tx, log, user)
        kind = content.WhichOneof("kind")
        if kind == "poll" and content.poll.closes_ms and content.poll.closes_ms <= tx.now_ms:
            raise InvalidArgument("This poll would be over already.", reason="bad_time")
        if content.reply_to:
            self.said(tx, log, user, content.reply_to)
        if content.mentions:
            self._check_mentions(tx, room, user, content)
            mentions.put(tx, log, tx.head(log) + 1, user, content)
        for blob in blobs:
            self._files.share(tx, user, blob, log)
        if kind != "card" and not room.disappear_s:
            return None
        completion = pb.MessageSent()
        if kind == "card":
            completion.content.card.profile.CopyFrom(self._profile(tx, content.card.profile.user))
        if room.disappear_s:
            completion.disappears_ms = self._let_disappear(tx, room)
        return completion.SerializeToString()

    def admit_plain(self, user: str, log: str, tx: Transaction) -> bytes | None:
        """Do the same for a message that is plain. Where messages are kept it costs no statement."""
        room = self._access.writable_room(tx, log, user)
        if not room.disappear_s:
            return None
        return pb.MessageSent(disappears_ms=self._let_disappear(tx, room)).SerializeToString()

    def append(self, tx: Transaction, user: str, log: str, content: pb.Content) -> Appended:
        """Append a message for another feature, which has checked what it says."""
        completion = self.admit(tx, user, log, content, blobs_of(content))
        message = pb.MessageSent(content=content)
        if content.HasField("card"):  # what it showed elsewhere may not be so any more
            message.content.card.ClearField("profile")
        if completion:
            message.MergeFromString(completion)
        return tx.append(log, message, author=user)

    def said(self, tx: Transaction, log: str, user: str, seq: int) -> Stored:
        """Return the event of something that was said and that a member may see, erased or not.

        Raises `NotFound`.
        """
        event = tx.event(log, seq)
        visible = seq >= self._platform.logs.first_readable(tx, user, log)
        # What counts as unread is what people say to each other: messages, files, whatever else will come.
        if not visible or event.kind not in events.unread_kinds():
            raise NotFound("There is no such message.", reason="no_such_event")
        return event

    def _let_disappear(self, tx: Transaction, room: Room) -> int:
        """Return when the message that is appended next will disappear, by what was agreed there."""
        disappears_ms = tx.now_ms + room.disappear_s * 1000
        expiry.put(tx, room.log, tx.head(room.log) + 1, disappears_ms)
        tx.after_commit(partial(self._expect, disappears_ms))
        return disappears_ms

    def replace_mentions(self, tx: Transaction, room: Room, seq: int, user: str, content: pb.Content) -> None:
        """Remember whom a message mentions by its new wording."""
        self._check_mentions(tx, room, user, content)
        mentions.remove(tx, room.log, seq)
        mentions.put(tx, room.log, seq, user, content)

    def _check_mentions(self, tx: Transaction, room: Room, user: str, content: pb.Content) -> None:
        mentions.check(room, content)
        if room.group and any(each.user == mentions.EVERYONE for each in content.mentions):
            roles.check(room, user, roles.Act.EVERYONE, tx.now_ms)

    def _profile(self, tx: Transaction, user: str) -> identity_pb2.Profile:
        found = self._identity.profiles(tx, [user]).get(user)
        if found is None:
            raise NotFound("There is no such person.", reason="no_such_user")
        return found
