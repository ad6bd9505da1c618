"""Keeps a way through the NAT to a server open, as QQ does, and knows how it looks from outside."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

from hutong.client.nat import StunSocket, mapped_address, open_socket, resolve_server
from hutong.protocols.stun import Address

# NATs forget UDP mappings after 30 seconds at the earliest seen in the wild (RFC 4787 asks for 120).
KEEP_ALIVE_S = 25.0
_LOST_AFTER = 3


class KeptMapping:
    """Keeps a UDP mapping to a server alive while it is entered, and knows its outside address.

    `mapped` is None until the first answer and when the server has not answered three times;
    `changed` is called with every new value. Entering raises `ProbeError` when there is no such host.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        every_s: float = KEEP_ALIVE_S,
        changed: Callable[[Address | None], None] | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._every_s = every_s
        self._changed = changed
        self._socket: StunSocket | None = None
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self.mapped: Address | None = None
        # An answer has come, or three have not.
        self.known = asyncio.Event()

    async def __aenter__(self) -> Self:
        server, family = await resolve_server(self._host, self._port)
        self._socket = await open_socket(family)
        self._task = asyncio.create_task(self._keep(self._socket, server))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._task is not None
        assert self._socket is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._socket.close()

    def hurry(self) -> None:
        """Ask now: the network may have changed."""
        self._hurry.set()

    async def _keep(self, asking: StunSocket, server: Address) -> None:
        missed = 0
        while True:
            self._hurry.clear()
            answer = await asking.ask(server)
            mapped = None if answer is None else mapped_address(answer[0])
            missed = missed + 1 if mapped is None else 0
            if mapped is not None or missed >= _LOST_AFTER:
                self._set(mapped)
                self.known.set()
            # Silence has taken its time already; whether it is one is found out sooner than a mapping ends.
            if not missed or missed >= _LOST_AFTER:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), self._every_s)

    def _set(self, mapped: Address | None) -> None:
        if mapped != self.mapped:
            self.mapped = mapped
            if self._changed is not None:
                self._changed(mapped)
