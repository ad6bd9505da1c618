"""The mailbox of one session over RPC: says our signals in order, hands out theirs in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.cleanup import call_off
from hutong.client.connection import Connection
from hutong.client.peers.mailbox import Mailbox
from hutong.client.pushes import Listener, Pushes
from hutong.platform.errors import RpcError, Unavailable
from hutong.schema import identity_pb2, peers_pb2

# Signals of ours the server has not taken; a session that has more is broken.
_UNSAID_MAX = 256
# Theirs that wait for us; the mailbox of the server holds fewer.
_UNREAD_MAX = 512

# The server forgets sessions when it ends (PEER5); so long, whoever may opens it again.
_REOPENED_WITHIN_S = 20.0
_TRY_AGAIN_S = 0.5

Reopen = Callable[[], Awaitable[None]]


class SessionGoneError(Exception):
    """The server no longer knows the session, or refuses it."""


class Signalling(Listener):
    """`say` and `next` of one session, from `start` to `close`."""

    def __init__(
        self, connection: Connection, pushes: Pushes, session: str, reopen: Reopen | None = None
    ) -> None:
        self._connection = connection
        self._pushes = pushes
        self._session = session
        self._reopen = reopen
        self._mailbox = Mailbox()
        self._unsaid: deque[peers_pb2.Signal] = deque(maxlen=_UNSAID_MAX)
        self._unread: deque[peers_pb2.Signal] = deque(maxlen=_UNREAD_MAX)
        self._fetch_due = False
        self._wake = asyncio.Event()
        self._arrived = asyncio.Event()
        self._error: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, skip_history: bool) -> None:
        """Read what waits; after a break in our memory it belongs to the past and is skipped.

        Raises `SessionGoneError`, or `RpcError` when the server cannot be asked.
        """
        self._pushes.add(self)
        try:
            ready = await self._fetch()
        except BaseException:
            self._pushes.remove(self)
            raise
        if not skip_history:
            self._deliver(ready)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Say and hear nothing more."""
        self._pushes.remove(self)
        if self._task is not None:
            await call_off(self._task)

    def say(self, signal: peers_pb2.Signal) -> None:
        """Queue a signal for the other device."""
        self._unsaid.append(signal)
        self._wake.set()

    async def next(self) -> peers_pb2.Signal:
        """Return the other device's next signal. Raises `SessionGoneError`."""
        while not self._unread:
            if self._error is not None:
                raise self._error
            self._arrived.clear()
            await self._arrived.wait()
        return self._unread.popleft()

    def on_notice(self, body: Body) -> None:
        """A signal was pushed."""
        if isinstance(body, peers_pb2.Said) and body.session == self._session:
            self._deliver(self._mailbox.receive(body.number, body.signal))
            if self._mailbox.gap:
                self._fetch_due = True
                self._wake.set()

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """Pushes may have been lost."""
        del reply
        self._fetch_due = True
        self._wake.set()

    def _deliver(self, ready: list[peers_pb2.Signal]) -> None:
        self._unread.extend(ready)
        if ready:
            self._arrived.set()

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                try:
                    await self._catch_up()
                except SessionGoneError:
                    await self._find_again()
        except (SessionGoneError, RpcError) as error:
            self._error = error if isinstance(error, SessionGoneError) else SessionGoneError(str(error))
            self._arrived.set()

    async def _catch_up(self) -> None:
        while self._unsaid:
            await self._say(self._unsaid[0])
            self._unsaid.popleft()
        if self._fetch_due:
            self._fetch_due = False
            self._deliver(await self._fetch())
            self._fetch_due = self._mailbox.gap
            if self._fetch_due:
                self._wake.set()

    async def _find_again(self) -> None:
        """Wait until the session is there again. Raises `SessionGoneError` when it stays away."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _REOPENED_WITHIN_S
        while True:
            with contextlib.suppress(RpcError):
                if self._reopen is not None:
                    await self._reopen()
            try:
                self._deliver(await self._fetch())
            except SessionGoneError:
                if loop.time() >= until:
                    raise
                await asyncio.sleep(_TRY_AGAIN_S)
            else:
                self._wake.set()
                return

    async def _say(self, signal: peers_pb2.Signal) -> None:
        request = peers_pb2.SayRequest(session=self._session, signal=signal)
        try:
            await self._connection.call(methods.SAY, request)
        except Unavailable:
            raise
        except RpcError as error:
            raise SessionGoneError(error.message) from error

    async def _fetch(self) -> list[peers_pb2.Signal]:
        request = peers_pb2.FetchRequest(session=self._session, after=self._mailbox.last)
        try:
            reply = await self._connection.call(methods.FETCH, request)
        except Unavailable:
            raise
        except RpcError as error:
            raise SessionGoneError(error.message) from error
        return self._mailbox.fetched(reply.said)
