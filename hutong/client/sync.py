"""Follows the inbox and every conversation, and hands their events on in order (LOG7 to LOG9).

A cursor moves when the program is done with an event, so a program that is killed in between gets it again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.backlog import LOGS_AT_ONCE_MAX, Backlog, Held
from hutong.client.connection import Connection
from hutong.client.models import Event
from hutong.client.packing import unpack
from hutong.client.pushes import Listener
from hutong.client.streams import Delivery, EventQueue, EventStream
from hutong.platform.clock import Clock
from hutong.platform.errors import FailedPrecondition, Internal, RpcError, Unauthenticated, Unavailable
from hutong.platform.events import unread_kinds
from hutong.schema import chat_pb2, identity_pb2, log_pb2

# LOG9: how many events of a log one question asks for.
_EVENTS_AT_ONCE_MAX = 200
# After an error the connection could not get over by itself.
_RETRY_AFTER_S = 2.0
# Why nothing comes any more.
_FOR_GOOD = {"closed", "signed_out", "revoked"}


class Sync(Listener):
    """The logs of one person.

    `acknowledged` holds the cursors to start from and is kept up to date; `kept` is called when it has
    changed. When it is empty, what happened before is skipped, or with `unread` only what was read.
    """

    def __init__(
        self,
        connection: Connection,
        user: str,
        acknowledged: dict[str, int],
        *,
        clock: Clock,
        kept: Callable[[], None],
        seen: Callable[[Event], None],
        unread: bool = False,
    ) -> None:
        self._connection = connection
        self._user = user
        self._acknowledged = acknowledged
        self._clock = clock
        self._kept = kept
        self._seen = seen
        self._unread = unread
        self._inbox = f"inbox:{user}"
        self._cursors: dict[str, int] = {}
        self._newest: dict[str, int] = {}
        self._behind: set[str] = set()
        self._backlog = Backlog()
        self._to_mark: dict[str, int] = {}
        self._queues: list[EventQueue] = []
        self._listed = False
        self._following = False  # a question is under way
        self._failure: RpcError | None = None  # of the last one
        self._wake = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # ---- for the client ----

    def stream(self) -> EventStream:
        """Open a stream of everything from here on."""
        queue = EventQueue(self._wake.set, self._on_closed)
        self._queues.append(queue)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        self._wake.set()
        return EventStream(queue)

    async def caught_up(self) -> None:
        """Wait until everything the server had was handed to the streams. Needs an open stream."""
        if not self._queues:
            raise FailedPrecondition("Nobody listens: open a stream first.", reason="no_stream")
        await self._caught_up.wait()

    def on_linking(self) -> None:
        """Follow what we know in the first flight, so that its events need no second round trip."""
        if self._queues and self._cursors and not self._following:
            with contextlib.suppress(
                RpcError
            ):  # signed out, or too much waits: the next catching up asks again
                self._follow(dict(islice(self._cursors.items(), LOGS_AT_ONCE_MAX)))

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """A new carrier follows nothing yet."""
        del reply
        self._listed = False
        self._backlog.clear()  # a page's end says nothing about what this carrier will push
        self._caught_up.clear()
        self._behind.update(self._cursors)
        self._wake.set()

    def on_events(self, events: Iterable[log_pb2.Event]) -> None:
        """LOG8."""
        for event in events:
            cursor = self._cursors.get(event.log)
            if cursor is None or event.seq <= cursor:
                continue
            self._newest[event.log] = max(event.seq, self._newest.get(event.log, 0))
            if event.seq != cursor + 1 or event.log in self._behind or not self._apply(event):
                self._behind.add(event.log)
                self._wake.set()

    def on_notice(self, body: Body) -> None:
        """Notices pass through."""
        for queue in self._queues:
            queue.put(body)

    def on_revoked(self, error: RpcError) -> None:
        """The device was signed out: every stream ends."""
        for queue in self._queues:
            queue.fail(error)

    async def close(self) -> None:
        """End the streams."""
        for queue in list(self._queues):
            queue.close()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    # ---- one event ----

    def _apply(self, event: log_pb2.Event) -> bool:
        """Hand an event on; False when nobody can take it now."""
        if not self._queues or any(queue.full for queue in self._queues):
            return False
        self._cursors[event.log] = event.seq
        opened = Event.of(event)
        self._seen(opened)
        self._note(opened)
        delivery = Delivery(opened, len(self._queues), self._on_handled)
        for queue in self._queues:
            queue.put(delivery)
        return True

    def _note(self, event: Event) -> None:
        """Draw the conclusions of the sync itself."""
        if isinstance(event.body, chat_pb2.ConversationJoined):
            # New to us from its first event on; the server begins where we joined.
            if event.body.log not in self._cursors:
                self._cursors[event.body.log] = 0
                self._acknowledged.setdefault(event.body.log, 0)
            self._behind.add(event.body.log)
            self._wake.set()
        elif isinstance(event.body, chat_pb2.ConversationGone):
            self._forget(event.body.log)
        if event.kind in unread_kinds() and event.author != self._user:
            self._to_mark[event.log] = event.seq
            self._wake.set()

    def _forget(self, log: str) -> None:
        for table in (self._cursors, self._newest, self._to_mark, self._acknowledged):
            table.pop(log, None)
        self._behind.discard(log)
        self._wake.set()

    def _on_handled(self, event: Event) -> None:
        if event.log in self._acknowledged:
            self._acknowledged[event.log] = max(event.seq, self._acknowledged[event.log])
            self._kept()

    def _on_closed(self, queue: EventQueue) -> None:
        self._queues.remove(queue)
        if not self._queues:
            # What nobody was given is for the next stream.
            self._cursors = dict(self._acknowledged)
            self._behind = set(self._cursors)
            self._backlog.clear()

    # ---- catching up ----

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._catch_up()
            except RpcError as error:
                if isinstance(error, (Unauthenticated, Unavailable)) and error.reason in _FOR_GOOD:
                    return
                self._clock.call_later(_RETRY_AFTER_S, self._wake.set)

    async def _catch_up(self) -> None:
        """Go a step on; what it asked for wakes it again."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        if not self._queues:
            return
        if not self._listed:
            await self._learn_logs()
        self._hand_on()
        # One question at a time, ahead of the program.
        if not self._following and (
            cursors := self._backlog.question(self._behind, self._cursors, self._newest)
        ):
            self._follow(cursors)
        if not self._behind:
            self._caught_up.set()
        if not self._following:
            self._mark_delivered()

    async def _learn_logs(self) -> None:
        """Find the conversations; start each where it was left."""
        self._listed = True
        try:
            first_time = self._inbox not in self._acknowledged
            # The inbox first: a conversation that comes in between is in the list or after this place.
            heads = {self._inbox: await self._inbox_head()} if first_time else {}
            listed = await self._connection.call(methods.LIST_CHATS, chat_pb2.ListRequest())
            heads |= {each.log: self._beginning(each) for each in listed.conversations}
            for log, head in heads.items():
                # A log we have no cursor for, although we had been here before, is new: from its start.
                self._acknowledged.setdefault(log, head if first_time else 0)
            self._kept()
        except RpcError:
            self._listed = False
            raise
        for log, cursor in self._acknowledged.items():
            self._cursors.setdefault(log, cursor)
        self._behind.update(self._cursors)

    def _beginning(self, conversation: chat_pb2.Conversation) -> int:
        """Return after which event a conversation begins that this device sees for the first time."""
        for member in conversation.members:
            if self._unread and member.profile.user == self._user:
                return member.read
        return conversation.head

    async def _inbox_head(self) -> int:
        request = log_pb2.ReadRequest(log=self._inbox, limit=1)
        reply = await self._connection.call(methods.READ_LOG, request)
        return reply.page.head

    def _follow(self, cursors: dict[str, int]) -> None:
        request = log_pb2.FollowRequest(
            cursors=[log_pb2.Cursor(log=log, after=after) for log, after in cursors.items()],
            limit=_EVENTS_AT_ONCE_MAX,
        )
        done = partial(self._on_followed, cursors)
        self._connection.request(methods.FOLLOW, request.SerializeToString(), done)
        self._following = True

    def _on_followed(self, asked: dict[str, int], body: bytes | None, error: RpcError | None) -> None:
        self._following = False
        try:
            if body is not None:
                self._backlog.put(unpack(log_pb2.FollowReply, body), asked)
                self._hand_on()
        except Internal as failure:
            error = failure
        self._failure = error
        self._wake.set()

    def _hand_on(self) -> None:
        """Give the streams what came, as much as they take."""
        for held in self._backlog:
            if not self._take(held):
                return

    def _take(self, held: Held) -> bool:
        """Hand a page on; False when nobody can take all of it now. There is no gap in it."""
        page = held.page
        if page.denied:
            self._forget(page.log)
            return True
        if self._cursors.get(page.log, -1) < held.after:
            return True  # let go of, or what came before it was dropped: then it is asked for again
        for event in page.events:
            if event.seq > self._cursors[page.log] and not self._apply(event):
                return False
        if self._cursors[page.log] >= held.goal(self._newest.get(page.log, 0)):
            self._behind.discard(page.log)
            self._newest.pop(page.log, None)
        return True

    def _mark_delivered(self) -> None:
        """Tell the others that their messages arrived (LOG17). Lost marks are made good by the next."""
        to_mark, self._to_mark = self._to_mark, {}
        for log, seq in to_mark.items():
            request = chat_pb2.MarkRequest(log=log, delivered=seq)
            self._connection.request(methods.MARK, request.SerializeToString(), _nothing)


def _nothing(body: bytes | None, error: RpcError | None) -> None:
    """A mark needs no answer."""
