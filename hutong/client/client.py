"""The comfortable client: one person on one server.

```python
async with Client("https://chat.example.org") as me:
    await me.log_in("lin", password)
    async for message in me.messages():
        await me.send_text(message.conversation, f"You said: {message.text}")
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Self, TypeVar

from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.account import Account
from hutong.client.address import Address, parse_address, root_text
from hutong.client.connection import Connection
from hutong.client.contacts import Contacts
from hutong.client.directory import Directory
from hutong.client.groups import Groups
from hutong.client.handlers import State
from hutong.client.home import CursorKeeper, Home, default_folder
from hutong.client.invites import Invites
from hutong.client.keepsake import Keepsake
from hutong.client.methods import Method
from hutong.client.models import MESSAGE_SENT, Conversation, Event, Message, Person
from hutong.client.nat_watch import NatWatch
from hutong.client.pushes import Pushes
from hutong.client.saying import Saying, log_of
from hutong.client.search import Search
from hutong.client.short import ask_once
from hutong.client.streams import EventStream
from hutong.client.sync import Sync
from hutong.client.transfers.progress import Delivered, OnProgress
from hutong.client.transfers.service import Transfers
from hutong.platform.clock import Clock, Randomness, SystemClock
from hutong.schema import chat_pb2, log_pb2

Q = TypeVar("Q", bound=Body)
R = TypeVar("R", bound=Body)

_DEADLINE_S = 20.0


class MessageStream(AsyncIterator[Message]):
    """`async for message in stream`: what people say, in all conversations. Leaving the loop closes it."""

    def __init__(self, client: Client, events: EventStream, *, own: bool) -> None:
        self._client = client
        self._events = events
        self._own = own

    def __aiter__(self) -> MessageStream:
        return self

    async def __anext__(self) -> Message:
        async for event in self._events:
            if isinstance(event, Event):
                message = await self._client.message(event)
                if message is not None and (self._own or not message.mine):
                    return message
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the stream."""
        await self._events.aclose()


class Client(Saying):
    """One person's device on one server.

    `address`: `https://host`, `http://localhost:8300`, `hutong://host:8301#root=...`.
    `home`: the folder for this device's key and cursors; by default one for the server below
    `~/.local/share/hutong`. With `catch_up` (for bots) streams begin where the last one of this home
    ended, the first time with what happens from now on, or with `unread` with what nobody has read on any
    device of this account; without `catch_up` always with what happens from now on.
    Requests raise `RpcError`; entering raises `UnreachableError` or `HomeError`.
    """

    def __init__(
        self,
        address: Address | str,
        *,
        home: Path | None = None,
        catch_up: bool = True,
        unread: bool = False,
        patience_s: float = 0.0,
        clock: Clock | None = None,
        random: Randomness | None = None,
    ) -> None:
        self.address = parse_address(address) if isinstance(address, str) else address
        self.folder = home or default_folder(self.address)
        self._catch_up = catch_up
        self._unread = unread
        self._patience_s = patience_s
        self._clock = clock or SystemClock()
        self._pushes = Pushes()
        self._memory = Keepsake()
        self._connection = Connection(
            self.address, self._pushes, memory=self._memory, clock=self._clock, random=random
        )
        self._directory = Directory(self._connection, lambda: self.me.user)
        self._pushes.add(self._directory)
        self._sync: Sync | None = None
        self.contacts = Contacts(self._connection)
        self.groups = Groups(self._connection, self._directory)
        self.invites = Invites(self._connection, self._directory)
        self.search = Search(self._connection, self._directory, lambda: self.me.user)
        self.nat = NatWatch(self._connection, self._pushes)
        self.transfers = Transfers(self._connection, self._pushes, self._directory)

    async def __aenter__(self) -> Self:
        self._begin()
        try:
            await self._account.arrived()
        except BaseException:
            await self._connection.close()
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._end_sync()
        await self._connection.close()

    @staticmethod
    async def once(
        address: Address | str,
        method: Method[Q, R],
        request: Q,
        *,
        home: Path | None = None,
        deadline_s: float = _DEADLINE_S,
    ) -> R:
        """Ask one thing on a short link: open, ask, close (LINK56).

        The question goes in the first flight when the method is `replay_safe` and the server is known: with a
        ticket the answer then takes one round trip. Raises `UnreachableError`, `HomeError`, `RpcError`.
        """
        parsed = parse_address(address) if isinstance(address, str) else address
        folder = home or default_folder(parsed)
        return await ask_once(parsed, folder, method, request, deadline_s=deadline_s)

    def _begin(self) -> None:
        self._home = Home(self.folder)
        self._memory.open(self._home)
        self._keeper = CursorKeeper(self._home, self._clock)
        self._account = Account(self._home, self._connection, self._clock)
        self._pushes.add(self._account)
        self._account.begin(self._patience_s)

    async def _end_sync(self) -> None:
        sync, self._sync = self._sync, None
        if sync is not None:
            self._pushes.remove(sync)
            await sync.close()
            if self._catch_up:
                self._keeper.flush()

    # ---- who and where ----

    @property
    def me(self) -> Person:
        """Who is signed in. Raises `Unauthenticated` when nobody is."""
        return self._account.person

    @property
    def device(self) -> str:
        """This device's id, or ''."""
        return self._account.session.device if self._account.session else ""

    @property
    def signed_in(self) -> bool:
        """Whether this device is known to the server."""
        return self._account.session is not None

    @property
    def state(self) -> State:
        """Whether there is a connection at this moment."""
        return self._connection.state

    @property
    def server_name(self) -> str:
        """What the server calls itself."""
        return self._account.challenge.server_name

    @property
    def server_version(self) -> str:
        """Which version of Hutong it runs."""
        return self._account.challenge.server_version

    @property
    def server_root(self) -> str:
        """Its root key as `hutong serve` prints it: who compares the two knows that nobody stands between."""
        return root_text(self._memory.root)

    @property
    def clock_skew_s(self) -> float:
        """How far the server's clock was ahead of ours when we connected."""
        return self._account.skew_ms / 1000

    @property
    def connection(self) -> Connection:
        """The connection below, for calls this class has no method for."""
        return self._connection

    @property
    def pushes(self) -> Pushes:
        """Where the parts of the client listen."""
        return self._pushes

    async def sign_up(
        self,
        handle: str,
        password: str,
        *,
        name: str = "",
        invitation: str = "",
        device_name: str = "",
    ) -> Person:
        """Create an account; this is its first device."""
        return await self._account.sign_up(
            handle, password, name=name, invitation=invitation, device_name=device_name
        )

    async def log_in(self, handle: str, password: str, *, device_name: str = "") -> Person:
        """Make this a device of an account; from then on it comes back by itself."""
        return await self._account.log_in(handle, password, device_name=device_name)

    async def log_out(self) -> None:
        """Sign this device out for good, and forget its key."""
        await self._end_sync()
        await self._account.log_out()
        self._keeper.cursors.clear()

    async def change_profile(
        self, *, name: str | None = None, about: str | None = None, picture: str | None = None
    ) -> Person:
        """Change what one shows of oneself, a bot too: a name (1 to 64 characters), a line, a picture's blob.

        What is not given stays; '' takes the line or the picture away. Raises `InvalidArgument`.
        """
        return await self._account.change_profile(name, about, picture)

    async def call(
        self, method: Method[Q, R], request: Q, *, key: bytes = b"", deadline_s: float = _DEADLINE_S
    ) -> R:
        """Call any method of `hutong.client.methods`."""
        return await self._connection.call(method, request, key=key, deadline_s=deadline_s)

    # ---- conversations ----

    async def conversations(self) -> list[Conversation]:
        """Return all conversations as they are now."""
        return await self._directory.conversations()

    async def conversation(self, log: str) -> Conversation:
        """Return one conversation. Raises `NotFound`."""
        return await self._directory.conversation(log)

    async def person(self, user: str) -> Person:
        """Return who a user id stands for."""
        return await self._directory.person(user)

    async def open(self, who: Person | str) -> Conversation:
        """Return the conversation with a contact (a person or a handle), opened if need be.

        Raises `NotFound` for an unknown handle, `PermissionDenied` when you are no contacts.
        """
        if isinstance(who, str):
            known = await self._directory.with_handle(who)
            if known is not None:
                return known
            who = (await self.contacts.find(who)).person
        return await self._directory.open(who)

    async def create_group(self, title: str, people: Iterable[Person]) -> Conversation:
        """Start a group with contacts; see `client.groups` for what groups can do."""
        return await self.groups.create(title, people)

    async def send_file(
        self, to: Conversation, path: Path, *, on_progress: OnProgress | None = None
    ) -> Delivered:
        """Hand a file over, from device to device if that can be; see `client.transfers` for more."""
        return await self.transfers.send(to, path, on_progress=on_progress)

    async def history(self, of: Conversation | str, *, before: int = 0, limit: int = 50) -> list[Message]:
        """Return the messages among the newest `limit` events below `before` (0: the end), oldest first."""
        request = log_pb2.ReadRequest(log=log_of(of), before=before, limit=limit)
        page = (await self.call(methods.READ_LOG, request)).page
        opened = [await self.message(Event.of(event)) for event in page.events]
        return [message for message in opened if message is not None]

    async def mark_read(self, of: Conversation | Message | str, seq: int = 0) -> None:
        """Say that everything up to a message (or up to event `seq`) was read."""
        if isinstance(of, Message):
            seq = seq or of.seq
        request = chat_pb2.MarkRequest(log=log_of(of), delivered=seq, read=seq)
        await self.call(methods.MARK, request)

    async def typing(self, to: Conversation | str, *, typing: bool = True) -> None:
        """Show the others that you are typing, or stopped."""
        await self.call(methods.TYPE, chat_pb2.TypeRequest(log=log_of(to), typing=typing))

    async def message(self, event: Event) -> Message | None:
        """Return the message an event stands for; None when it is none, or was recalled."""
        if event.kind != MESSAGE_SENT or not isinstance(event.body, chat_pb2.MessageSent):
            return None
        return Message(
            conversation=await self._directory.conversation(event.log),
            seq=event.seq,
            at_ms=event.at_ms,
            author=await self._directory.person(event.author),
            content=event.body.content,
            mine=event.author == self.me.user,
        )

    # ---- what happens ----

    def messages(self, *, own: bool = False) -> MessageStream:
        """Stream what others say (and you, on other devices, with `own`), in all conversations."""
        return MessageStream(self, self.events(), own=own)

    def events(self) -> EventStream:
        """Stream everything: `Event`s of all logs, and notices (Protobuf messages) in between.

        An event counts as handled when the next is asked for; a program that is killed gets it again.
        """
        if self._sync is None:
            self._sync = Sync(
                self._connection,
                self.me.user,
                self._keeper.cursors if self._catch_up else {},
                clock=self._clock,
                kept=self._keeper.changed if self._catch_up else _forget,
                unread=self._unread,
                seen=self._directory.seen,
            )
            self._pushes.add(self._sync)
        return self._sync.stream()

    async def caught_up(self) -> None:
        """Wait until an open stream was given all that the server had."""
        assert self._sync is not None, "open a stream first"
        await self._sync.caught_up()


def _forget() -> None:
    """Cursors of a device that does not catch up are not kept."""
