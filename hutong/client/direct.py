"""Direct text in one conversation of two: what one says is at the other device before the server has it.

The log stays the truth (docs/protocol/direct-text.md). Both people must allow it (`allow`), for it tells the
other's device where this one is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from typing import Self

from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.direct_channel import DirectChannel
from hutong.client.models import MESSAGE_SENT, Conversation, Event, Sent
from hutong.client.pushes import Listener, Pushes
from hutong.client.saying import SEND_DEADLINE_S, log_of
from hutong.client.watch import LogWatch
from hutong.platform import events
from hutong.platform.errors import DeadlineExceeded, RpcError, Unavailable
from hutong.protocols.direct import Arriving, PreviewReceiver, PreviewSender, Words
from hutong.schema import (
    chat_pb2,
    contacts_pb2,
    direct_pb2,
    identity_pb2,
    log_pb2,
    preferences_pb2,
)

events.register(direct_pb2.DESCRIPTOR)
events.register(preferences_pb2.DESCRIPTOR)

# The server forgets who has not said it for ten minutes.
_ATTEND_AGAIN_S = 240.0
_LEAVES_WITHIN_S = 2.0
# Messages of which it is known that they came directly; for a mark beside those on the screen.
_AHEAD_MAX = 500
# In the inbox; after them the two may no longer be allowed to meet, or may be now.
_CONCERN_US = frozenset(
    {events.kind_of(contacts_pb2.ContactChanged), events.kind_of(preferences_pb2.AccountChanged)}
)


async def allow(connection: Connection, *, direct: bool) -> None:
    """Let texts ride between this person's devices and those of contacts who allow it too, or not.

    It tells such a contact the network address of this device while both have the conversation open. Raises
    `RpcError`.
    """
    account = (await connection.call(methods.GET_PREFERENCES, preferences_pb2.GetRequest())).account
    account.direct_text = direct
    await connection.call(methods.SET_ACCOUNT, preferences_pb2.SetAccountRequest(account=account))


class DirectText(Listener):
    """One conversation of two while it is open on this device: `async with`.

    ```python
    async with DirectText(me.connection, me.pushes, me.me.user, conversation, on_change=draw) as direct:
        await direct.send("on my way")
    ```
    `on_change` is called when `arriving` or `open` changed. A device has one of these at a time: the newest
    one meets. Entering raises `RpcError`.
    """

    def __init__(
        self,
        connection: Connection,
        pushes: Pushes,
        me: str,
        conversation: Conversation | str,
        *,
        on_change: Callable[[], object] = lambda: None,
    ) -> None:
        self.log = log_of(conversation)
        self.allowed = False  # by one's own setting
        self._connection = connection
        self._pushes = pushes
        self._me = me
        self._on_change = on_change
        self._head = 0
        self._sender = PreviewSender()
        self._receiver = PreviewReceiver(0)
        self._ahead: deque[int] = deque(maxlen=_AHEAD_MAX)
        self._channel: DirectChannel | None = None
        self._watch: LogWatch | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._fading: asyncio.TimerHandle | None = None
        self._renewing: asyncio.TimerHandle | None = None

    @property
    def open(self) -> bool:
        """Whether what is said now goes directly too."""
        return self._channel is not None and self._channel.open

    @property
    def arriving(self) -> tuple[Arriving, ...]:
        """What the other person says and the log does not have yet; shown below all events, never kept."""
        return self._receiver.arriving

    def came_directly(self, seq: int) -> bool:
        """Whether a message of the log was here before, on the direct path; known while this is open."""
        return seq in self._ahead

    async def __aenter__(self) -> Self:
        request = log_pb2.ReadRequest(log=self.log, limit=1)
        self._head = (await self._connection.call(methods.READ_LOG, request)).page.head
        self._receiver = PreviewReceiver(self._head)
        self._watch = LogWatch(self._connection, self._pushes, self.log, self._head, self._on_event)
        self._pushes.add(self)
        try:
            await self._attend(self.log)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._close()
        with contextlib.suppress(RpcError):
            await self._connection.call(
                methods.ATTEND, direct_pb2.AttendRequest(), deadline_s=_LEAVES_WITHIN_S
            )

    async def send(self, text: str, *, reply_to: int = 0) -> Sent:
        """Send a text to the server and, at the same time, ahead of it. Like `Client.send_text`.

        Returns when the server has it durably. Raises `RpcError`; the other side is told when it was refused.
        """
        request = chat_pb2.SendRequest(log=self.log, content=chat_pb2.Content(text=text, reply_to=reply_to))
        sender = self._sender
        count = self._say(Words(text, reply_to))
        try:
            reply = await self._connection.call(methods.SEND, request, deadline_s=SEND_DEADLINE_S)
        except (Unavailable, DeadlineExceeded, asyncio.CancelledError):
            sender.settle(count, 0)  # nobody knows, and nothing is said of it
            raise
        except RpcError:
            self._settle(sender, count, 0)
            raise
        self._settle(sender, count, reply.seq)
        self._head = max(self._head, reply.seq)
        return Sent(self.log, reply.seq, reply.at_ms)

    # ---- what is said ----

    def _say(self, words: Words) -> int:
        said = None
        if self.open:
            said = self._sender.say(words, self._head, asyncio.get_running_loop().time())
        if said is None or self._channel is None:
            return 0
        count, record = said
        self._channel.send(record)
        return count

    def _settle(self, sender: PreviewSender, count: int, seq: int) -> None:
        record = sender.settle(count, seq)
        if record is not None and sender is self._sender and self._channel is not None:
            self._channel.send(record)

    # ---- what is heard ----

    def opened(self) -> None:
        """Another channel: both ends count anew."""
        self._sender = PreviewSender()
        self._receiver.channel()
        self._on_change()

    def closed(self) -> None:
        """Until it is mended, messages go by the server alone."""
        self._on_change()

    def heard(self, data: object) -> None:
        """Take a record. Raises `DirectError`."""
        self._receiver.receive(data, asyncio.get_running_loop().time())
        self._changed()

    def failed(self) -> None:
        """No direct path: leave, so that the other end does not go on trying either."""
        self._part()
        self._spawn_attend("")

    def gone(self) -> None:
        """Until the server brings the two together anew."""
        self._part()

    def _on_event(self, event: Event) -> None:
        self._head = max(self._head, event.seq)
        words = None
        theirs = event.kind == MESSAGE_SENT and event.author not in {"", self._me}
        if theirs and isinstance(event.body, chat_pb2.MessageSent):
            content = event.body.content
            words = Words(content.text, content.reply_to) if content.HasField("text") else None
        if self._receiver.event(event.seq, words):
            self._ahead.append(event.seq)
        self._changed()

    def on_notice(self, body: Body) -> None:
        """The other person's device is there, or no longer."""
        known = self._channel.session if self._channel is not None else ""
        match body:
            case direct_pb2.Met() if body.log == self.log and body.session != known:
                self._part()
                self._channel = DirectChannel(self._connection, self._pushes, body, self)
            case direct_pb2.Parted() if body.session == known:
                self._part()

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """The server has forgotten who attends what."""
        del reply
        self._spawn_attend(self.log)

    def on_events(self, events: Iterable[log_pb2.Event]) -> None:
        """Somebody was blocked, or the setting changed: the server decides anew."""
        if any(event.log == f"inbox:{self._me}" and event.kind in _CONCERN_US for event in events):
            self._spawn_attend(self.log)

    # ---- steps ----

    async def _attend(self, log: str) -> None:
        reply = await self._connection.call(methods.ATTEND, direct_pb2.AttendRequest(log=log))
        self.allowed = reply.allowed
        if self._renewing is not None:
            self._renewing.cancel()
        if self._watch is not None and log:
            loop = asyncio.get_running_loop()
            self._renewing = loop.call_later(_ATTEND_AGAIN_S, lambda: self._spawn_attend(log))

    def _spawn_attend(self, log: str) -> None:
        async def attend() -> None:
            with contextlib.suppress(RpcError):  # asked again when there is a connection
                await self._attend(log)

        self._spawn(asyncio.get_running_loop().create_task(attend()))

    def _part(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            self._spawn(asyncio.get_running_loop().create_task(channel.close()))
            self._on_change()

    def _spawn(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _changed(self) -> None:
        if self._fading is not None:
            self._fading.cancel()
            self._fading = None
        if self._receiver.arriving:
            loop = asyncio.get_running_loop()
            self._fading = loop.call_at(self._receiver.deadline(), self._fade)
        self._on_change()

    def _fade(self) -> None:
        self._receiver.expire(asyncio.get_running_loop().time())
        self._changed()

    async def _close(self) -> None:
        self._pushes.remove(self)
        watch, self._watch = self._watch, None
        if watch is not None:
            await watch.close()
        self._part()
        for timer in (self._fading, self._renewing):
            if timer is not None:
                timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
