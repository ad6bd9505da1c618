"""Questions to the router over UDP: asked again until answered, by the router and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self, TypeVar, cast

from hutong.protocols.portmap import MalformedError, Resend, SilentError

T = TypeVar("T")


class RouterSocket(asyncio.DatagramProtocol):
    """A socket that is connected to a port of the router: the system drops what others send to it."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport
        self._hear: Callable[[bytes], None] | None = None
        self._fail: Callable[[Exception], None] | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Return one. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        _, opened = await loop.create_datagram_endpoint(cls, remote_addr=(host, port))
        return opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready to ask."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Hand it to whoever asked."""
        del addr
        if self._hear is not None:
            self._hear(data)

    def error_received(self, exc: Exception) -> None:
        """Nothing listens there, or there is no way: waiting is of no use."""
        if self._fail is not None:
            self._fail(exc)

    async def ask(self, request: bytes, parse: Callable[[bytes], T], give_up_s: float) -> T:
        """Return what `parse` makes of the first answer it takes; one question at a time.

        Raises what `parse` raises but `MalformedError`, which counts as silence; `SilentError`.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def hear(data: bytes) -> None:
            if answer.done():
                return
            try:
                answer.set_result(parse(data))
            except MalformedError:
                return
            except Exception as error:  # noqa: BLE001  it is raised below
                answer.set_exception(error)

        def fail(error: Exception) -> None:
            if not answer.done():
                answer.set_exception(SilentError(str(error)))

        self._hear, self._fail = hear, fail
        resend = Resend(loop.time(), give_up_s)
        try:
            while not answer.done():
                if resend.over(loop.time()):
                    raise SilentError("no router answers")
                if resend.take(loop.time()):
                    self._transport.sendto(request)
                await asyncio.wait([answer], timeout=max(0.0, resend.deadline - loop.time()))
            return answer.result()
        finally:
            self._hear = self._fail = None
            answer.cancel()

    def close(self) -> None:
        """Ask no more."""
        self._transport.close()
