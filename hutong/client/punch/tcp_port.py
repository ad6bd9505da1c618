"""A TCP port that is the same towards everybody: for the server, which says how it is seen, and the peer.

With it both ends connect at the same moment (RFC 9293, simultaneous open). Each router then takes the other's
SYN for the answer to the one that went out. The port listens too: where no router holds a SYN back, the first
one would find nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from typing import Final

from hutong.client.punch.stun import ask_over_tcp
from hutong.platform.clock import Randomness
from hutong.protocols.stun import Address, Family

# The kernel repeats a SYN after a second; closed and begun again just before that, it goes out more often
# than by itself, and a refusal of the other router costs no more than the wait.
_TRY_S: Final = 0.9
_AGAIN_S: Final = 0.1
_CONNECT_WITHIN_S: Final = 2.0
_BACKLOG: Final = 4
# How the server sees the other end, and what its router gave it; each has a SYN a second.
_REMOTES_MAX: Final = 3


class TcpPort:
    """One local port; `close` gives it back."""

    def __init__(self, family: Family, random: Randomness) -> None:
        self.family = family
        self._random = random
        self._kept: socket.socket | None = None
        self.port = 0

    async def seen_by(self, server: Address) -> Address | None:
        """Connect to a STUN server and return how it sees this port; the connection keeps it so."""
        self._kept = kept = self._bound()
        if kept is None:
            return None
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                await loop.sock_connect(kept, (server.host, server.port))
            return await ask_over_tcp(kept, self._random)
        return None

    async def open_with(self, remotes: Sequence[Address], until: float) -> socket.socket | None:
        """Try the other end's addresses until a moment of the loop's clock; return what is connected."""
        opened: list[socket.socket] = []
        loop = asyncio.get_running_loop()
        remotes = remotes[:_REMOTES_MAX]
        tasks = {loop.create_task(self._connect(remote, until, opened)) for remote in remotes}
        tasks.add(loop.create_task(self._accept({remote.host for remote in remotes}, until, opened)))
        waiting = tasks
        try:
            while waiting and not opened:
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            return opened.pop() if opened else None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for unwanted in opened:
                unwanted.close()

    async def _connect(self, remote: Address, until: float, opened: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            trying = self._bound()
            if trying is None:
                return
            try:
                async with asyncio.timeout(_TRY_S):
                    await loop.sock_connect(trying, (remote.host, remote.port))
                opened.append(trying)
                return
            except (OSError, TimeoutError):
                trying.close()
            except BaseException:
                trying.close()
                raise
            await asyncio.sleep(_AGAIN_S)

    async def _accept(self, hosts: set[str], until: float, opened: list[socket.socket]) -> None:
        """Take the other end's SYN where it comes before ours has gone out, or between two of them."""
        loop = asyncio.get_running_loop()
        listening = self._bound()
        if listening is None:
            return
        somebody = asyncio.Event()
        with listening, contextlib.suppress(OSError, TimeoutError):
            listening.listen(_BACKLOG)
            # The loop's own `sock_accept` loses who comes in the turn in which it is called off.
            loop.add_reader(listening, somebody.set)
            try:
                async with asyncio.timeout_at(until):
                    while not opened:
                        await somebody.wait()
                        somebody.clear()
                        _take_one(listening, hosts, opened)
            finally:
                loop.remove_reader(listening)

    def close(self) -> None:
        """Let go."""
        if self._kept is not None:
            self._kept.close()

    def _bound(self) -> socket.socket | None:
        is_6 = self.family is Family.IPV6
        sock = socket.socket(socket.AF_INET6 if is_6 else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                sock.setsockopt(socket.SOL_SOCKET, option, 1)
            sock.bind(("::" if is_6 else "0.0.0.0", self.port))  # noqa: S104  # any network it leaves by
        except OSError:
            sock.close()
            return None
        self.port = int(sock.getsockname()[1])
        return sock


def _take_one(listening: socket.socket, hosts: set[str], opened: list[socket.socket]) -> None:
    """Keep a connection of the other end; who else comes is sent away."""
    with contextlib.suppress(BlockingIOError, ConnectionError):
        accepted, source = listening.accept()
        if source[0] in hosts:
            accepted.setblocking(False)
            opened.append(accepted)
        else:
            accepted.close()
