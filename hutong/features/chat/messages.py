"""Messages, recalls, marks, typing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hutong.features.chat import api as chat_api
from hutong.features.chat import store, wordings
from hutong.features.chat.access import Access
from hutong.features.chat.api import Erased, Room, Said
from hutong.features.chat.content import blobs_of, check_text, is_plain
from hutong.features.chat.erasing import Erasing
from hutong.features.chat.sending import PreviewCheck, Sending
from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from hutong.platform.events import kind_of
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.log import Appended, Stored
from hutong.platform.packets import framed
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Append, Notify, Transaction
from hutong.schema import chat_pb2 as pb

SENDS = Rate("send", burst=300, every_s=0.05)
TYPINGS = Rate("typing", burst=20, every_s=0.5)
MESSAGE_SENT = kind_of(pb.MessageSent)
_CONTENT = pb.MessageSent.CONTENT_FIELD_NUMBER


class Messages:
    """What people say in conversations; and `api.Chat` for the other features."""

    def __init__(self, platform: Platform, access: Access, sending: Sending, erasing: Erasing) -> None:
        self._platform = platform
        self._access = access
        self._sending = sending
        self._erasing = erasing
        platform.provide(chat_api.Chat, self)

    # ---- for other features ----

    def room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation to a member. On the writer's thread, or with a snapshot."""
        return self._access.room(executor, log, user)

    def writable_room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation to a member who may write there."""
        return self._access.writable_room(executor, log, user)

    def check(self, content: pb.Content) -> list[str]:
        """Return the blobs of what a person wants to say."""
        return self._sending.check(content)

    def blobs(self, content: pb.Content) -> list[str]:
        """Return the blobs of what was checked before."""
        return list(blobs_of(content))

    def append(self, tx: Transaction, user: str, log: str, content: pb.Content) -> Appended:
        """Append a message."""
        return self._sending.append(tx, user, log, content)

    def said(self, tx: Transaction, log: str, user: str, seq: int) -> Stored:
        """Return the event of something that was said, erased or not."""
        self._access.room(tx, log, user)
        return self._sending.said(tx, log, user, seq)

    def message(self, tx: Transaction, log: str, user: str, seq: int) -> Said:
        """Return a message in its newest wording."""
        event = self.said(tx, log, user, seq)
        if event.kind != MESSAGE_SENT:
            raise NotFound("There is no such message.", reason="no_such_event")
        if not event.body:
            raise FailedPrecondition("This message was recalled.", reason="recalled")
        body = pb.MessageSent.FromString(event.body)
        content = body.content
        edits = wordings.edits_of(tx, log, seq)
        if edits:
            content = pb.MessageEdited.FromString(tx.event(log, edits[-1]).body).content
        return Said(log, seq, event.author, event.at_ms, content, body.disappears_ms)

    def on_erased(self, listener: Erased) -> None:
        """Call `listener(tx, log, seq)` in the transaction that erases a message."""
        self._erasing.on_erased(listener)

    def check_previews(self, check: PreviewCheck) -> None:
        """Let `check` tell previews that this server made."""
        self._sending.check_previews(check)

    # ---- messages ----

    def send(self, caller: Caller, request: pb.SendRequest) -> Pending[pb.SendReply]:
        """Append a message. The cheap path: no task, and for plain text no statement but the log's own."""
        content, user, log = request.content, caller.user, request.log
        admit: Callable[[Transaction], bytes | None]
        if is_plain(content):
            check_text(content.text)
            admit = partial(self._sending.admit_plain, user, log)
        else:
            blobs = self._sending.check(content)
            admit = partial(self._sending.admit, user=user, log=log, content=content, blobs=blobs)
        self._platform.limits.spend(SENDS, user)
        command = Append(log, MESSAGE_SENT, framed(_CONTENT, content), user, caller.key, admit)
        return self._platform.writer.submit(command).map(_send_reply)

    def recall(self, caller: Caller, request: pb.RecallRequest) -> Pending[pb.RecallReply]:
        """Take a message back: every wording is erased, its place stays."""
        user, log, within_s = caller.user, request.log, self._platform.settings.recall_within_s

        def recall(tx: Transaction) -> pb.RecallReply:
            room = self.room(tx, log, user)
            event = tx.event(log, request.seq)
            if event.kind != MESSAGE_SENT or event.author != user:
                raise PermissionDenied("Only your own messages can be recalled.", reason="not_yours")
            if not event.body:
                raise FailedPrecondition("This message was recalled already.", reason="recalled")
            # What one keeps for oneself nobody else counts on.
            if not room.saved and tx.now_ms - event.at_ms > within_s * 1000:
                raise FailedPrecondition("It is too late to recall this message.", reason="too_late")
            self._erasing.erase(tx, event)
            tx.append(log, pb.MessageRecalled(seq=request.seq), author=user)
            return pb.RecallReply()

        return caller.write(self._platform.writer, pb.RecallReply, recall)

    # ---- marks and typing: notices, not events ----

    def mark(self, caller: Caller, request: pb.MarkRequest) -> Pending[pb.MarkReply]:
        """Raise this user's delivered and read marks, and tell the other members (LOG17)."""
        user, log = caller.user, request.log

        def move(tx: Transaction) -> pb.MarkReply:
            room = self.room(tx, log, user)
            if max(request.delivered, request.read) > tx.head(log):
                raise InvalidArgument("That is beyond the newest message.", reason="beyond_head")
            moved = store.move_marks(tx, log, user, request.delivered, request.read)
            if moved is not None:
                notice = pb.MarkMoved(log=log, user=user, delivered=moved[0], read=moved[1])
                # Five hundred people who read would be a quarter of a million notices for each message.
                for member in [user] if room.large else room.members:
                    tx.notify(member, notice)
            return pb.MarkReply()

        return self._platform.writer.work(move)

    async def type(self, caller: Caller, request: pb.TypeRequest) -> pb.TypeReply:
        """Tell the other members that somebody is typing, or stopped."""
        self._platform.limits.spend(TYPINGS, caller.user)
        room = await self._platform.read(lambda read: self.writable_room(read, request.log, caller.user))
        notice = pb.Typing(log=room.log, user=caller.user, typing=request.typing)
        for member in () if room.large else room.members - {caller.user}:
            self._platform.sessions.notify(Notify(member, notice))
        return pb.TypeReply()


def _send_reply(appended: Appended) -> pb.SendReply:
    return pb.SendReply(seq=appended.seq, at_ms=appended.at_ms)
