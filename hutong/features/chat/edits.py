"""Other words for a message, and all the words it had."""

from __future__ import annotations

from hutong.features.chat import wordings
from hutong.features.chat.access import Access
from hutong.features.chat.messages import MESSAGE_SENT, SENDS
from hutong.features.chat.sending import Sending
from hutong.features.files.api import Files
from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition, NotFound, PermissionDenied, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.log import Stored, read_event
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

EDITS_MAX = 50
# A reply has to fit into a carrier message (CONN4): the first wording and the newest stay.
HISTORY_BYTES_MAX = 800 * 1024


class Edits:
    """The part of the `Chat` service that changes what was said."""

    def __init__(self, platform: Platform, access: Access, sending: Sending) -> None:
        self._platform = platform
        self._access = access
        self._sending = sending
        self._files = platform.use(Files)

    def edit(self, caller: Caller, request: pb.EditRequest) -> Pending[pb.EditReply]:
        """Give one of the caller's texts another wording. What it answers stays."""
        content = request.content
        blobs = self._sending.check(content)
        user, log, seq = caller.user, request.log, request.seq
        self._platform.limits.spend(SENDS, user)

        def edit(tx: Transaction) -> pb.EditReply:
            room = self._access.writable_room(tx, log, user)
            event = tx.event(log, seq)
            old, edits = self._editable(tx, event, user, content)
            content.reply_to = old.reply_to
            if content == old:
                return pb.EditReply()
            if len(edits) >= EDITS_MAX:
                raise ResourceExhausted("This message was changed too often.", reason="too_many_edits")
            self._sending.replace_mentions(tx, room, seq, user, content)
            for blob in blobs:
                self._files.share(tx, user, blob, log)
            appended = tx.append(log, pb.MessageEdited(seq=seq, content=content), author=user)
            wordings.put(tx, log, seq, appended.seq)
            return pb.EditReply()

        return caller.write(self._platform.writer, pb.EditReply, edit)

    def _editable(
        self, tx: Transaction, event: Stored, user: str, content: pb.Content
    ) -> tuple[pb.Content, list[int]]:
        """Return the newest wording and the edits so far. Raises when the message cannot be edited."""
        if event.kind != MESSAGE_SENT or event.author != user:
            raise PermissionDenied("Only your own messages can be changed.", reason="not_yours")
        if not event.body:
            raise FailedPrecondition("This message was recalled.", reason="recalled")
        if tx.now_ms - event.at_ms > self._platform.settings.edit_within_s * 1000:
            raise FailedPrecondition("It is too late to change this message.", reason="too_late")
        first = pb.MessageSent.FromString(event.body).content
        # Somebody else's words stay theirs.
        texts = first.WhichOneof("kind") == content.WhichOneof("kind") == "text"
        if not texts or first.HasField("forwarded_from"):
            raise FailedPrecondition("Only texts of your own can be changed.", reason="not_text")
        edits = wordings.edits_of(tx, event.log, event.seq)
        if not edits:
            return first, edits
        return pb.MessageEdited.FromString(tx.event(event.log, edits[-1]).body).content, edits

    async def history(self, caller: Caller, request: pb.HistoryRequest) -> pb.HistoryReply:
        """Return the wordings of a message, the first one first, as far as they fit."""
        user, log, seq = caller.user, request.log, request.seq

        def read(executor: Executor) -> pb.HistoryReply:
            self._access.room(executor, log, user)
            event = read_event(executor, log, seq)
            visible = seq >= self._platform.logs.first_readable(executor, user, log)
            if event is None or event.kind != MESSAGE_SENT or not visible:
                raise NotFound("There is no such message.", reason="no_such_event")
            if not event.body:
                raise FailedPrecondition("This message was recalled.", reason="recalled")
            first = pb.MessageSent.FromString(event.body).content
            reply = pb.HistoryReply(wordings=[pb.Wording(content=first, at_ms=event.at_ms)])
            for edit in wordings.edits_of(executor, log, seq):
                event = read_event(executor, log, edit)
                assert event is not None
                content = pb.MessageEdited.FromString(event.body).content
                reply.wordings.append(pb.Wording(content=content, at_ms=event.at_ms))
            while reply.ByteSize() > HISTORY_BYTES_MAX:
                del reply.wordings[1]
            return reply

        return await self._platform.read(read)
