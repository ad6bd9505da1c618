"""The data channel of one meeting for direct text: a peer session, used while its path is direct."""

from __future__ import annotations

import asyncio
from typing import Protocol

from aiortc import RTCDataChannel, RTCPeerConnection

from hutong.client.cleanup import call_off
from hutong.client.connection import Connection
from hutong.client.peers.session import PeerSession, SessionGoneError
from hutong.client.pushes import Pushes
from hutong.platform.errors import RpcError
from hutong.protocols.direct import DirectError
from hutong.schema import direct_pb2, peers_pb2

LABEL = "direct"
PROTOCOL = "hutong.direct.1"
# No direct path so long after the meeting, or after one broke: there is none.
OPENS_WITHIN_S = 15.0
# What waits on a channel that stands still; a preview that is late is none.
_BUFFERED_BYTES_MAX = 64 * 1024


class Ear(Protocol):
    """Who listens to a channel. None of these may raise, but for `heard`."""

    def opened(self) -> None:
        """Another channel is open, on a direct path."""

    def closed(self) -> None:
        """It is gone; another may follow."""

    def heard(self, data: object) -> None:
        """Something arrived. Raises `DirectError`: then the channel is closed."""

    def failed(self) -> None:
        """There is no direct path, or the other side breaks the rules."""

    def gone(self) -> None:
        """The server has ended the session, or forgotten it."""


class DirectChannel:
    """One meeting, until `close`. A path through a relay is none: the server is as near (DIRECT2)."""

    def __init__(self, connection: Connection, pushes: Pushes, met: direct_pb2.Met, ear: Ear) -> None:
        self.session = met.session
        self._ear = ear
        self._offerer = met.offerer
        self._channel: RTCDataChannel | None = None
        self._path = PeerSession(connection, pushes, met.session, offerer=met.offerer, prepare=self._prepare)
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._patience: asyncio.TimerHandle | None = None
        self._wait()

    @property
    def open(self) -> bool:
        """Whether something can be said."""
        return self._channel is not None

    @property
    def ended(self) -> bool:
        """Whether the path was let go."""
        return self._task.done()

    def send(self, record: bytes) -> None:
        """Say a record, unless the path stands still."""
        channel = self._channel
        # aiortc refuses between the break and the event that tells of it.
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount + len(record) <= _BUFFERED_BYTES_MAX:
            channel.send(record)

    async def close(self) -> None:
        """Let the path go."""
        self._stop_waiting()
        self._channel = None
        await call_off(self._task)

    async def _run(self) -> None:
        try:
            await self._path.run()
        except (SessionGoneError, RpcError):
            self._ear.gone()

    def _prepare(self, peer: RTCPeerConnection) -> None:
        if self._offerer:
            self._tie(peer.createDataChannel(LABEL, protocol=PROTOCOL))
        else:
            peer.on("datachannel", self._tie)

    def _tie(self, channel: RTCDataChannel) -> None:
        if (channel.label, channel.protocol) != (LABEL, PROTOCOL):
            channel.close()  # of a version this program does not know
            return

        def opened() -> None:
            if self._path.channel_path() != peers_pb2.PATH_DIRECT:
                self._ear.failed()
                return
            self._stop_waiting()
            self._channel = channel
            self._ear.opened()

        def message(data: object) -> None:
            if channel is not self._channel:
                return
            try:
                self._ear.heard(data)
            except DirectError:
                channel.close()
                self._ear.failed()

        def closed() -> None:
            if channel is self._channel:
                self._channel = None
                self._wait()
                self._ear.closed()

        channel.on("message", message)
        channel.on("close", closed)
        if channel.readyState == "open":
            opened()
        else:
            channel.on("open", opened)

    def _wait(self) -> None:
        self._stop_waiting()
        self._patience = asyncio.get_running_loop().call_later(OPENS_WITHIN_S, self._ear.failed)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
