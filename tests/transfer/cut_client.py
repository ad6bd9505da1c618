"""A whole client in a process of its own, that a test kills: `... send|receive URL HOME PATH COUNT`.

It goes on until the file has arrived, whatever becomes of the server. `SIGUSR1` resets its TCP connections.
What it has handed to lines (or kept) stands in a file that outlives it, whether it is online in another, and
how far it may go in a third.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import stat
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hutong.client import Client, Event, State
from hutong.client.transfers import IncomingOffer, Phase, Progress, TransferError, outgoing, sending_files
from hutong.client.transfers.sending_files import SendingFiles
from hutong.platform.errors import RpcError
from hutong.protocols.transfer import Piece, Sender
from hutong.protocols.transfer.rate import RateLimit

from .cut_end import Count

# Slow enough that there is always something under way to be cut.
_BYTES_PER_S = 20_000_000
_RETRY_S = 0.1
_LOOK_EVERY_S = 0.02
_PATIENCE_S = 30.0
_libc = ctypes.CDLL(None)
_NO_FAMILY = bytes(16)


def reset_connections() -> None:
    """Lose every TCP connection with all that is in it: to connect to no family resets one."""
    for number in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        with contextlib.suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            with socket.socket(fileno=os.dup(number)) as each:
                stream = each.type == socket.SOCK_STREAM and each.family in {socket.AF_INET, socket.AF_INET6}
                if stream and not each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    _libc.connect(each.fileno(), _NO_FAMILY, len(_NO_FAMILY))


class Leash(RateLimit):
    """Holds a sender back that is as far as its test lets it: nothing is over while the server starts."""

    def __init__(self, core: Sender, until: Count) -> None:
        super().__init__(_BYTES_PER_S)
        self._core = core
        self._until = until

    def wait_s(self, now: float) -> float:
        is_held = self._core.kept_bytes >= self._until.value
        return max(super().wait_s(now), _LOOK_EVERY_S if is_held else 0.0)


class LeashedFiles(SendingFiles):
    until: Count

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._core._rate = Leash(self._core, self.until)


def watch_what_is_said(count: Count, until: Count) -> None:
    """Count pieces before they are handed over: what is killed between the two counts too much."""
    say = sending_files._say

    def counted(line: Any, message: Any) -> None:
        if isinstance(message, Piece):
            count.value += len(message.data)
        say(line, message)

    vars(sending_files)["_say"] = counted
    LeashedFiles.until = until
    # Where the test holds it back, the path is not at fault.
    vars(outgoing).update(SendingFiles=LeashedFiles, _STALLED_AFTER_S=120.0, _BROKEN_AFTER_S=240.0)


async def send(me: Client, path: Path, count: Count, until: Count) -> None:
    watch_what_is_said(count, until)
    while True:
        with contextlib.suppress(RpcError, TransferError):
            conversation = await me.open("receiver")
            delivered = await me.transfers.send(conversation, path)
            sys.stdout.write(f"{delivered.way.name}\n")
            return
        await asyncio.sleep(_RETRY_S)


class Receiver:
    def __init__(self, me: Client, into: Path, count: Count) -> None:
        self._me = me
        self._into = into
        self._count = count
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        self._begin(self._listen())
        await self._done
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work; what it does not expect ends everything."""

        def ended(task: asyncio.Task[None]) -> None:
            error = None if task.cancelled() else task.exception()
            if error is not None and not self._done.done():
                self._done.set_exception(error)

        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(ended)

    async def _listen(self) -> None:
        events = self._me.events()
        await self._me.caught_up()
        seen: set[str] = set()
        for offer in await self._me.transfers.open_offers(self._me.me.user):
            self._start(offer, seen)
        async for event in events:
            fresh = IncomingOffer.of(event) if isinstance(event, Event) else None
            if fresh is not None and fresh.author != self._me.me.user:
                self._start(fresh, seen)

    def _start(self, offer: IncomingOffer, seen: set[str]) -> None:
        if offer.transfer not in seen:
            seen.add(offer.transfer)
            self._begin(self._take(offer))

    async def _take(self, offer: IncomingOffer) -> None:
        def kept(progress: Progress) -> None:
            if progress.phase is Phase.MOVING:
                self._count.value = progress.done_bytes

        while not self._done.done():
            try:
                await self._me.transfers.receive(offer, self._into, on_progress=kept)
            except TransferError:
                return  # another offer has what came of this one, or nobody answers
            except RpcError as error:
                if error.reason == "ended":
                    return
                await asyncio.sleep(_RETRY_S)
            else:
                self._done.set_result(None)


async def say_whether_online(me: Client, online: Count) -> None:
    while True:
        online.value = int(me.state is State.ONLINE)
        await asyncio.sleep(_LOOK_EVERY_S)


async def main(role: str, url: str, home: Path, path: Path) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, reset_connections)
    count = Count(home / "count")
    async with Client(url, home=home, patience_s=_PATIENCE_S) as me:
        saying = asyncio.create_task(say_whether_online(me, Count(home / "online")))
        until = Count(home / "until")
        await (send(me, path, count, until) if role == "send" else Receiver(me, path, count).run())
        saying.cancel()


if __name__ == "__main__":
    _, role, url, home, path = sys.argv
    asyncio.run(main(role, url, Path(home), Path(path)))
