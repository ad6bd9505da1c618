"""Messages, recalls, marks, typing."""

from __future__ import annotations

from hutong.features.chat import api as chat_api
from hutong.features.chat import model, store
from hutong.features.chat.api import Room
from hutong.features.chat.rooms import Rooms, member_of, read_room
from hutong.features.contacts.api import Contacts
from hutong.features.files.api import Files
from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from hutong.platform.events import kind_of
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Append, Notify, Transaction
from hutong.schema import chat_pb2 as pb

SENDS = Rate("send", burst=300, every_s=0.05)
TYPINGS = Rate("typing", burst=20, every_s=0.5)
MESSAGE_SENT = kind_of(pb.MessageSent)


class Messages:
    """What people say in conversations; and `api.Chat` for the other features."""

    def __init__(self, platform: Platform, rooms: Rooms) -> None:
        self._platform = platform
        self._rooms = rooms
        self._contacts = platform.use(Contacts)
        self._files = platform.use(Files)
        platform.provide(chat_api.Chat, self)

    # ---- for other features ----

    def room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation to a member. On the writer's thread, or with a snapshot."""
        room = (
            self._rooms.load(executor, log) if isinstance(executor, Transaction) else read_room(executor, log)
        )
        return member_of(room, user)

    def writable_room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation to a member who may write there."""
        room = self.room(executor, log, user)
        if not room.group and not self._contacts.may_message(executor, user, room.other(user)):
            raise PermissionDenied("You can only write to your contacts.", reason="not_contacts")
        return room

    # ---- messages ----

    def send(self, caller: Caller, request: pb.SendRequest) -> Pending[pb.SendReply]:
        """Append a message. The cheap path: no task, no statement but the log's own."""
        blobs = model.check_content(request.content)
        user, log = caller.user, request.log
        self._platform.limits.spend(SENDS, user)

        def check(tx: Transaction) -> None:
            self.writable_room(tx, log, user)
            for blob in blobs:
                self._files.share(tx, user, blob, log)

        body = pb.MessageSent(content=request.content).SerializeToString()
        command = Append(log, MESSAGE_SENT, body, user, caller.key, check)
        return self._platform.writer.submit(command).map(
            lambda appended: pb.SendReply(seq=appended.seq, at_ms=appended.at_ms)
        )

    def recall(self, caller: Caller, request: pb.RecallRequest) -> Pending[pb.RecallReply]:
        """Take a message back: its body is erased, its place stays."""
        user, log, within_s = caller.user, request.log, self._platform.settings.recall_within_s

        def recall(tx: Transaction) -> pb.RecallReply:
            self.room(tx, log, user)
            event = tx.event(log, request.seq)
            if event.kind != MESSAGE_SENT or event.author != user:
                raise PermissionDenied("Only your own messages can be recalled.", reason="not_yours")
            if not event.body:
                raise FailedPrecondition("This message was recalled already.", reason="recalled")
            if tx.now_ms - event.at_ms > within_s * 1000:
                raise FailedPrecondition("It is too late to recall this message.", reason="too_late")
            for blob in model.check_content(pb.MessageSent.FromString(event.body).content):
                self._files.withdraw(tx, blob, log)
            tx.erase(log, request.seq)
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
                for member in room.members:
                    tx.notify(member, notice)
            return pb.MarkReply()

        return self._platform.writer.work(move)

    async def type(self, caller: Caller, request: pb.TypeRequest) -> pb.TypeReply:
        """Tell the other members that somebody is typing, or stopped."""
        self._platform.limits.spend(TYPINGS, caller.user)
        room = await self._platform.read(lambda read: self.writable_room(read, request.log, caller.user))
        notice = pb.Typing(log=room.log, user=caller.user, typing=request.typing)
        for member in room.members - {caller.user}:
            self._platform.sessions.notify(Notify(member, notice))
        return pb.TypeReply()
