"""The direct lines of one transfer: tried as soon as both ends know each other, and again when they break.

Beside it, ICE opens a data channel, over the relay if need be, and what arrives first carries the files.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from hutong.client.cleanup import to_the_end
from hutong.client.peers.servers import Servers
from hutong.client.punch.attempt import Attempt, DirectLine
from hutong.client.punch.gatherer import MapPort, Means
from hutong.client.transfers.line import Files, Line
from hutong.platform.clock import Randomness
from hutong.protocols.punch import KEY_BYTES
from hutong.protocols.transfer import Piece
from hutong.schema import peers_pb2 as pb
from hutong.schema import transfers_pb2

# A line that held broke with the network, which is back in a moment or elsewhere.
AGAIN_AFTER_LOSS_S = 1.0
# What did not open will hardly do so by itself: only a change of network, or luck with ports, opens it.
_AGAIN_S = 5.0
_AGAIN_MAX_S = 120.0
# No end begins anew faster. Somebody who does gets an answer to the newest offer, and costs no more.
_OFFERS_EVERY_S = 0.5


class DirectPaths:
    """What a `PeerSession` is given to open lines with. It is the `Files` its lines know."""

    def __init__(self, files: Files, *, map_port: MapPort | None = None) -> None:
        self._files = files
        self._map_port = map_port
        self._random = Randomness()
        self._servers = Servers()
        self._say: Callable[[pb.Punch], None] | None = None
        self._lines: set[DirectLine] = set()
        self._open: set[Line] = set()
        self._attempt: Attempt | None = None
        self._working: asyncio.Task[None] | None = None
        self._offer = pb.Punch()
        self._offered = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._answered_at = float("-inf")
        self._again = asyncio.Event()
        self._closed = False

    @property
    def open(self) -> bool:
        """Whether a direct line carries now."""
        return bool(self._open)

    def begin(self, servers: Servers, say: Callable[[pb.Punch], None], *, offerer: bool) -> None:
        """The session has begun, or begins anew: the offerer makes an attempt, the answerer waits for one."""
        self._servers = servers
        self._say = say
        if not offerer or self._closed:
            return
        if self._working is None:
            self._working = asyncio.get_running_loop().create_task(self._offer_all(say))
        self._again.set()

    def heard(self, punch: pb.Punch, *, offerer: bool) -> None:
        """Take a signal of the other end."""
        attempt = self._attempt
        if self._closed or self._say is None:
            return
        is_new = not punch.towards and (attempt is None or not attempt.is_with(punch.public_key))
        if offerer or not is_new:
            if attempt is not None:
                attempt.heard(punch)
        elif len(punch.public_key) == KEY_BYTES and punch.public_key != self._offer.public_key:
            self._offer = punch
            self._offered.set()
            if self._working is None:
                self._working = asyncio.get_running_loop().create_task(self._answer_all(self._say))

    async def close(self) -> None:
        """End everything; what is lost is sent again another way."""
        self._closed = True
        if self._working is not None:
            self._working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._working
        for line in list(self._lines):
            line.close()
        # A TCP connection is told of its end in the loop's next turn.
        while self._lines:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await self._drop_attempt()

    # ---- attempts ----

    async def _offer_all(self, say: Callable[[pb.Punch], None]) -> None:
        again_s = _AGAIN_S
        while True:
            self._again.clear()
            attempt = await self._new_attempt(say, offerer=True)
            await attempt.run()
            if self._open:
                again_s = AGAIN_AFTER_LOSS_S
            while self._open or not attempt.answered:
                # A browser never answers; who begins anew may be another program.
                await self._again.wait()
                if not attempt.answered:
                    break
                self._again.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(again_s):
                    await self._again.wait()
            again_s = _AGAIN_S if again_s == AGAIN_AFTER_LOSS_S else min(2 * again_s, _AGAIN_MAX_S)

    async def _answer_all(self, say: Callable[[pb.Punch], None]) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._offered.wait()
                await to_the_end(self._stop_running())
                await asyncio.sleep(self._answered_at + _OFFERS_EVERY_S - loop.time())
                self._answered_at = loop.time()
                self._offered.clear()
                attempt = await self._new_attempt(say, offerer=False)
                attempt.heard(self._offer)
                self._running = loop.create_task(attempt.run())
        finally:
            await to_the_end(self._stop_running())

    async def _stop_running(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.wait([running])
            if not running.cancelled():
                running.result()

    async def _new_attempt(self, say: Callable[[pb.Punch], None], *, offerer: bool) -> Attempt:
        await self._drop_attempt()
        means = Means(self._servers, self._random, self._map_port)
        self._attempt = Attempt(means, self, say, offerer=offerer, lines=self._lines)
        return self._attempt

    async def _drop_attempt(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            await to_the_end(attempt.close())

    # ---- lines ----

    def opened(self, line: Line) -> None:
        """A direct line has opened."""
        self._open.add(line)
        if self._attempt is not None:
            self._attempt.opened(line)
        self._files.opened(line)

    def closed(self, line: Line) -> None:
        """It is gone."""
        self._open.discard(line)
        self._files.closed(line)
        if not self._open:
            self._again.set()

    def drained(self) -> None:
        """It has room again."""
        self._files.drained()

    def message(self, line: Line, message: transfers_pb2.ChannelMessage) -> None:
        """A message arrived on it."""
        self._files.message(line, message)

    def piece(self, line: Line, piece: Piece) -> None:
        """A piece arrived on it."""
        self._files.piece(line, piece)
