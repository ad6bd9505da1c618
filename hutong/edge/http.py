"""HTTP on the public port as uvicorn speaks it, with bounds for the head of a request."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
HEAD_TIMEOUT_S = 10


class HttpProtocol(HttpToolsProtocol):
    """Ends a connection whose request does not begin, or whose head does not end, in time or in size."""

    def __init__(self, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, as long as the head stays within its bounds."""
        if self._head_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > HEAD_BYTES_MAX:
            self._give_up()

    def on_headers_complete(self) -> None:
        """Stop counting and waiting."""
        self._head_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Leave a body to flow control."""
        self._head_bytes = 0
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        """Hand over a head as picows reads it: it knows "Connection: Upgrade" only, Firefox names more."""
        headers = [header for header in self.scope["headers"] if header[0] != b"connection"]
        self.scope["headers"] = [*headers, (b"connection", b"Upgrade")]
        super().handle_websocket_upgrade()
        # It and the parser hold each other: 6 KB of each link would stay until the collector of cycles comes.
        del self.parser

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.abort()
