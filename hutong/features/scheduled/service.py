"""The `ScheduledMessages` service."""

from __future__ import annotations

from collections.abc import Iterable

from hutong.features.chat.api import Chat
from hutong.features.files.api import Files
from hutong.features.identity.api import Identity
from hutong.features.scheduled import model, store
from hutong.features.scheduled.sending import Sending
from hutong.features.scheduled.store import Row
from hutong.platform.database import Executor
from hutong.platform.errors import NotFound, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import scheduled_pb2 as pb

CHANGES = Rate("schedule", burst=60, every_s=1)
SCHEDULED_MAX = 100
# What a user's messages may hold in all: they travel as one reply (CONN4).
CONTENT_BYTES_MAX = 800 * 1024


class ScheduledMessages:
    """Answers `hutong.scheduled.ScheduledMessages`."""

    def __init__(self, platform: Platform, sending: Sending) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._files = platform.use(Files)
        self._sending = sending
        platform.use(Identity).on_deleted(self._account_ends)
        # Files of messages that wait are shared with a log only their author may read, and nobody writes.
        platform.logs.register("scheduled", lambda _read, user, name: int(user == name))

    def schedule(self, caller: Caller, request: pb.ScheduleRequest) -> Pending[pb.ScheduleReply]:
        """Send a message later."""
        user, content, at_ms = caller.user, request.content, request.at_ms
        blobs = self._chat.check(content)
        self._platform.limits.spend(CHANGES, user)
        row = Row(self._platform.random.new_id(), user, request.log, content.SerializeToString(), at_ms)

        def schedule(tx: Transaction) -> pb.ScheduleReply:
            model.check_time(at_ms, tx.now_ms)
            self._chat.writable_room(tx, request.log, user)
            return pb.ScheduleReply(scheduled=self._keep(tx, row, blobs))

        return caller.write(self._platform.writer, pb.ScheduleReply, schedule)

    def change(self, caller: Caller, request: pb.ChangeRequest) -> Pending[pb.ChangeReply]:
        """Say something else, or at another time. Whatever kept it from being sent is forgotten."""
        user, content, at_ms = caller.user, request.content, request.at_ms
        blobs = self._chat.check(content)
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.ChangeReply:
            model.check_time(at_ms, tx.now_ms)
            row = self._mine(tx, request.id, user)
            self._chat.writable_room(tx, row.log, user)
            after = row._replace(content=content.SerializeToString(), at_ms=at_ms, problem="")
            reply = pb.ChangeReply(scheduled=self._keep(tx, after, blobs))
            self._sending.let_go(tx, row)
            return reply

        return caller.write(self._platform.writer, pb.ChangeReply, change)

    def cancel(self, caller: Caller, request: pb.CancelRequest) -> Pending[pb.CancelReply]:
        """Do not send it."""
        user = caller.user
        self._platform.limits.spend(CHANGES, user)

        def cancel(tx: Transaction) -> pb.CancelReply:
            self._sending.end(tx, self._mine(tx, request.id, user))
            return pb.CancelReply()

        return caller.write(self._platform.writer, pb.CancelReply, cancel)

    async def list(self, caller: Caller, _request: pb.ListRequest) -> pb.ListReply:
        """Return what the caller will say, the next one first."""

        def read(executor: Executor) -> pb.ListReply:
            return pb.ListReply(scheduled=[row.to_proto() for row in store.of_user(executor, caller.user)])

        return await self._platform.read(read)

    def _keep(self, tx: Transaction, row: Row, blobs: Iterable[str]) -> pb.Scheduled:
        for blob in blobs:
            self._files.share(tx, row.user, blob, f"scheduled:{row.user}")
        store.put(tx, row)
        number, size_bytes = store.waiting(tx, row.user)
        if number > SCHEDULED_MAX or size_bytes > CONTENT_BYTES_MAX:
            raise ResourceExhausted(f"At most {SCHEDULED_MAX} messages wait.", reason="too_many_scheduled")
        scheduled = row.to_proto()
        tx.append(f"inbox:{row.user}", pb.ScheduledChanged(scheduled=scheduled), author=row.user)
        tx.after_commit(lambda: self._sending.expect(row.at_ms))
        return scheduled

    def _account_ends(self, tx: Transaction, user: str) -> None:
        for row in store.of_user(tx, user):
            self._sending.let_go(tx, row)
            store.remove(tx, row.id)

    def _mine(self, tx: Transaction, name: str, user: str) -> Row:
        row = store.get(tx, name)
        if row is None or row.user != user:
            raise NotFound("There is no such message; perhaps it was sent.", reason="no_such_message")
        return row


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.scheduled.ScheduledMessages`, and what sends."""
    sending = Sending(platform)
    return ScheduledMessages(platform, sending), sending
