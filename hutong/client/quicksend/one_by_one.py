"""Version 1 of transfers for several files: a data channel each, one after the other (QUICK15).

Browsers take files like this. The channel's protocol is the number of the file in the manifest's order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from aiortc import RTCPeerConnection

from hutong.client.transfers.channel import CHANNEL_LABEL
from hutong.client.transfers.data_channel import tie
from hutong.client.transfers.sending import Sending


class OneByOne:
    """The sending end. `finished` is settled when the last file was verified, or one could not be sent."""

    def __init__(self, files: list[tuple[Path, int]], on_progress: Callable[[int], None]) -> None:
        self._files = files
        self._on_progress = on_progress
        self._number = -1
        self._done_bytes = 0
        self._sending: Sending | None = None
        self._peer: RTCPeerConnection | None = None
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._next()

    def prepare(self, peer: RTCPeerConnection) -> None:
        """Give a new connection the channel of the file that is under way."""
        self._peer = peer
        self._open()

    def close(self) -> None:
        """Let go of the files."""
        if self._sending is not None:
            self._sending.detach()
        self.finished.cancel()

    def _next(self) -> None:
        self._number += 1
        if self._number == len(self._files):
            self._sending = None
            self.finished.set_result(None)
            return
        path, size_bytes = self._files[self._number]
        before_bytes = self._done_bytes
        self._sending = Sending(
            path, size_bytes, lambda done_bytes: self._on_progress(before_bytes + done_bytes)
        )
        self._sending.verified.add_done_callback(self._verified)
        self._open()

    def _open(self) -> None:
        peer, sending = self._peer, self._sending
        if peer is None or sending is None or peer.connectionState == "closed":
            return  # the next connection has its channel from `prepare`
        channel = peer.createDataChannel(CHANNEL_LABEL, protocol=str(self._number))
        tie(channel, sending, lambda _is_open: None)

    def _verified(self, done: asyncio.Future[None]) -> None:
        if self.finished.done() or done.cancelled():
            return
        error = done.exception()
        if error is not None:
            self.finished.set_exception(error)
            return
        self._done_bytes += self._files[self._number][1]
        self._next()
