"""The POST carrier: for networks that let plain HTTP through and nothing else (docs/protocol/connection.md).

Answers with messages are never under way twice for one session, so their order is that of the polls: a poll
takes what waits, a request that brings messages is answered with nothing.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections import Counter, deque
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hutong.edge.framing import Cutter, FramingError, frame
from hutong.platform.clock import Clock, Randomness, Timer
from hutong.platform.door import LOW_WATER_BYTES, Arrival, Door, Inlet
from hutong.platform.limits import network_of

HEADER: Final = "Hutong-Session"
POLL_S = 25.0
# After the last request of a session, the session ends.
SILENCE_S = 60.0
BODY_BYTES_MAX = 1024 * 1024
# A body may take so long; 1 MiB on the slowest line that is any good.
BODY_S = 60.0
# An answer is begun anew beyond this, so that a client on a slow line has something to work on.
ANSWER_BYTES_MAX = 256 * 1024
SESSIONS_MAX = 10_000
# Of one network: a school behind one address shares them.
SESSIONS_OF_A_NETWORK_MAX = 500
_NAME_BYTES = 32


class Session:
    """One client; its own carrier."""

    def __init__(self, carriers: PostCarriers, name: str, address: str) -> None:
        self._carriers = carriers
        self.name = name
        self.network = network_of(address)
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._was_full = False
        self._ended = False
        self.gone = False
        self._poll: asyncio.Future[None] | None = None
        self._polls = 0
        self._requests = 0
        self._silence: Timer | None = None
        self.inlet: Inlet

    # ---- carrier ----

    def send(self, message: bytes) -> None:
        """Queue one message for the next answer."""
        if self._ended:
            return
        self._queue.append(message)
        self._queued_bytes += len(message) + 2
        self._wake()

    def waiting_bytes(self) -> int:
        """Return what no answer has taken yet."""
        full = self._queued_bytes >= LOW_WATER_BYTES
        self._was_full = self._was_full or full
        return self._queued_bytes

    def identified(self, tag: bytes) -> None:
        """Tickets are the link port's."""

    def close(self, *, at_once: bool) -> None:
        """End, after what is queued was taken or at once."""
        self._ended = True
        if at_once:
            self._queue.clear()
            self._queued_bytes = 0
        if not self._queue:
            self.leave()
        self._wake()

    # ---- requests ----

    def begin(self) -> None:
        """A request of this session has come: it is not silent."""
        self._requests += 1
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def end(self) -> None:
        """A request was answered, or its client has gone."""
        self._requests -= 1
        if self._requests == 0 and not self.gone:
            self._silence = self._carriers.clock.call_later(SILENCE_S, self.leave)

    async def poll(self, request: Request) -> bytes | None:
        """Wait until there is something to say, and return it framed.

        Empty after `POLL_S`, or when another poll begins. None when the client has gone meanwhile: what
        waits is then kept for its next poll.
        """
        self._wake()
        self._polls += 1
        number = self._polls
        if not self._queue and not self._ended:
            self._poll = asyncio.get_running_loop().create_future()
            gone = asyncio.ensure_future(_gone(request))
            try:
                await asyncio.wait([self._poll, gone], timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    return None
            finally:
                gone.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await gone
        return self._take() if number == self._polls else b""

    def _take(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while self._queue and size < ANSWER_BYTES_MAX:
            part = frame(self._queue.popleft())
            parts.append(part)
            size += len(part)
        self._queued_bytes -= size
        if self._was_full and self._queued_bytes < LOW_WATER_BYTES:
            self._was_full = False
            self.inlet.drained()
        if self._ended and not self._queue:
            self.leave()
        return b"".join(parts)

    def _wake(self) -> None:
        """Let the poll that waits look what there is."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def leave(self) -> None:
        """Forget the session; its core is told once."""
        if not self.gone:
            self.gone = self._ended = True
            if self._silence is not None:
                self._silence.cancel()
                self._silence = None
            self._carriers.forget(self)
            self.inlet.closed()
            self._wake()


class PostCarriers:
    """Answers `POST /link` and `DELETE /link`: an ASGI application."""

    def __init__(self, door: Door, clock: Clock, random: Randomness) -> None:
        self._door = door
        self.clock = clock
        self._random = random
        self._sessions: dict[str, Session] = {}
        self._of_networks: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        with contextlib.suppress(ClientDisconnect):
            response = await self._answer(request)
            if response is not None:
                await response(scope, receive, send)

    def __len__(self) -> int:
        """Return how many sessions there are."""
        return len(self._sessions)

    def close(self) -> None:
        """End all sessions; polls that wait are answered."""
        for session in list(self._sessions.values()):
            session.leave()

    def forget(self, session: Session) -> None:
        """Be told that a session has ended."""
        del self._sessions[session.name]
        self._of_networks[session.network] -= 1
        if not self._of_networks[session.network]:
            del self._of_networks[session.network]

    async def _answer(self, request: Request) -> Response | None:
        session: Session | None = None
        name = request.headers.get(HEADER)
        if name is not None:
            session = self._sessions.get(name)
            if session is None:
                return Response("No such session.\n", 404)
        if request.method == "DELETE":
            if session is None:
                return Response("Which session?\n", 400)
            session.leave()
            return _answer(b"")
        if session is not None:
            session.begin()
        try:
            return await self._post(request, session)
        finally:
            if session is not None:
                session.end()

    async def _post(self, request: Request, session: Session | None) -> Response | None:
        try:
            async with asyncio.timeout(BODY_S):
                messages = await _messages(request)
        except TimeoutError:
            return Response("The request does not go on.\n", 408, {"Connection": "close"})
        except FramingError:
            if session is not None:
                session.leave()
            return Response("These are no messages.\n", 400)
        if session is not None and session.gone:
            return Response("No such session.\n", 404)
        if session is not None:
            if not messages:
                answer = await session.poll(request)
                return None if answer is None else _answer(answer)
            for message in messages:
                session.inlet.receive(message)
            return _answer(b"")
        if not messages:
            return Response("A session begins with a message.\n", 400)
        session = self._open(request)
        if session is None:
            return Response("Too many sessions.\n", 503, {"Retry-After": "30"})
        try:
            for message in messages:
                session.inlet.receive(message)
            answer = await session.poll(request)
        finally:
            session.end()
        if answer is None:
            session.leave()  # nobody knows its name
            return None
        return _answer(answer, {HEADER: session.name})

    def _open(self, request: Request) -> Session | None:
        address = request.client.host if request.client is not None else ""
        network = network_of(address)
        if len(self._sessions) >= SESSIONS_MAX or self._of_networks[network] >= SESSIONS_OF_A_NETWORK_MAX:
            return None
        name = base64.urlsafe_b64encode(self._random.token(_NAME_BYTES)).decode().rstrip("=")
        session = Session(self, name, address)
        session.begin()
        self._sessions[name] = session
        self._of_networks[network] += 1
        session.inlet = self._door.open(session, Arrival(address))
        return session


async def _messages(request: Request) -> list[bytes]:
    """Read the body. Raises `FramingError` for what is too large or no whole messages."""
    cutter = Cutter()
    messages: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise FramingError
        messages += cutter.feed(chunk)
    if cutter.unfinished:
        raise FramingError
    return messages


async def _gone(request: Request) -> None:
    """Return when the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answer(body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(
        body,
        200,
        {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})},
        "application/octet-stream",
    )
