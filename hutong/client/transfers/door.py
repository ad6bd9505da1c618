"""Direct TCP connections for a transfer that has begun on another channel (XFER16).

Each side listens, says where on the channel that is open, and tries the other's addresses. Who knocks has to
know the key that travelled with them; what is said then is sealed (`hutong.protocols.transfer.records`).
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import cast

import aioice.ice
from google.protobuf.message import DecodeError

from hutong.client.transfers.line import RANK_DOOR, Files
from hutong.platform.clock import Randomness
from hutong.protocols.transfer import RulesError
from hutong.protocols.transfer.records import (
    DOOR_PIECE_BYTES_MAX,
    KEY_BYTES,
    SALT_BYTES,
    Records,
)
from hutong.schema import transfers_pb2 as pb

_ADDRESSES_MAX = 8
_GUESTS_MAX = 8
_KNOCK_WITHIN_S = 5.0
_WINDOW_BYTES = 8 * 1024 * 1024
_BUFFERED_BYTES_MAX = 1024 * 1024
_PORT_MIN = 1024


class DoorLine(asyncio.Protocol):
    """One TCP connection, from the salts to the end."""

    rank = RANK_DOOR
    piece_bytes_max = DOOR_PIECE_BYTES_MAX
    window_bytes = _WINDOW_BYTES

    def __init__(
        self, key: bytes, files: Files, gone: Callable[[DoorLine], None], *, connecting: bool
    ) -> None:
        self._key = key
        self._files = files
        self._gone = gone
        self._connecting = connecting
        self._salt = Randomness().token(SALT_BYTES)
        self._early = bytearray()
        self._records: Records | None = None
        self._known = False  # the other side has shown that it has the key
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    # ---- the line ----

    @property
    def room(self) -> bool:
        """Whether the socket's buffer takes another message."""
        return self._transport is not None and (self._transport.get_write_buffer_size() < _BUFFERED_BYTES_MAX)

    def send(self, message: pb.ChannelMessage) -> None:
        """Seal and queue a message."""
        if self._transport is not None and self._records is not None:
            self._transport.write(self._records.seal(message.SerializeToString()))

    def close(self) -> None:
        """End it at once; what is lost is sent again."""
        if self._transport is not None:
            self._transport.abort()

    # ---- the connection ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Show our salt."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_BUFFERED_BYTES_MAX // 2)
        self._transport.write(self._salt)
        self._timer = asyncio.get_running_loop().call_later(_KNOCK_WITHIN_S, self.close)

    def data_received(self, data: bytes) -> None:
        """Take salt, proof, and then messages; anything else closes it."""
        try:
            if self._records is None:
                self._early += data
                if len(self._early) < SALT_BYTES:
                    return
                data = self._begin()
            for message in self._records.feed(data) if self._records is not None else ():
                self._take(message)
        except (RulesError, DecodeError):
            self.close()

    def resume_writing(self) -> None:
        """There is room again."""
        self._files.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the files."""
        del exc
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        if self._known:
            self._files.closed(self)
        self._gone(self)

    def _begin(self) -> bytes:
        """Derive the keys, prove ours; return what came after the salt."""
        theirs = bytes(self._early[:SALT_BYTES])
        rest = bytes(self._early[SALT_BYTES:])
        self._early.clear()
        salts = self._salt + theirs if self._connecting else theirs + self._salt
        self._records = Records(self._key, salts, connecting=self._connecting)
        assert self._transport is not None
        self._transport.write(self._records.seal(b""))
        return rest

    def _take(self, message: bytes) -> None:
        if self._known:
            self._files.message(self, pb.ChannelMessage.FromString(message))
            return
        if message:
            raise RulesError("no proof of the key")
        self._known = True
        if self._timer is not None:
            self._timer.cancel()
        self._files.opened(self)


class Door:
    """Our listener, and our knocks at theirs."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._key = Randomness().token(KEY_BYTES)
        self._server: asyncio.Server | None = None
        self._guests: set[DoorLine] = set()
        self._knocks: set[asyncio.Task[None]] = set()

    async def open(self) -> pb.Door | None:
        """Listen; return what to tell the other side, None when there is no network to listen on."""
        hosts = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)[:_ADDRESSES_MAX]
        if not hosts:
            return None
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: self._line(self._key, connecting=False), hosts, 0, backlog=_GUESTS_MAX
            )
        except OSError:
            return None
        names = [bound.getsockname() for bound in self._server.sockets]
        return pb.Door(addresses=[_written(name[0], name[1]) for name in names], key=self._key)

    def knock(self, door: pb.Door) -> None:
        """Try the other side's addresses, all at once. Nonsense is left alone."""
        if len(door.key) != KEY_BYTES or self._knocks:
            return
        for text in list(door.addresses)[:_ADDRESSES_MAX]:
            address = _read(text)
            if address is not None:
                task = asyncio.get_running_loop().create_task(self._try(*address, door.key))
                self._knocks.add(task)

    async def close(self) -> None:
        """Shut it, and end every connection."""
        for task in self._knocks:
            task.cancel()
        if self._knocks:
            await asyncio.wait(self._knocks)
        if self._server is not None:
            self._server.close()
        for guest in list(self._guests):
            guest.close()
        if self._server is not None:
            await self._server.wait_closed()

    async def _try(self, host: str, port: int, key: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_KNOCK_WITHIN_S):
                await loop.create_connection(lambda: self._line(key, connecting=True), host, port)
        except (OSError, TimeoutError):
            return  # this address is not to be reached from here

    def _line(self, key: bytes, *, connecting: bool) -> DoorLine:
        line = DoorLine(key, self._files, self._guests.discard, connecting=connecting)
        if len(self._guests) >= _GUESTS_MAX:
            return _Refused(key, self._files, self._guests.discard, connecting=connecting)
        self._guests.add(line)
        return line


class _Refused(DoorLine):
    """One guest too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close."""
        cast("asyncio.Transport", transport).abort()


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _read(text: str) -> tuple[str, int] | None:
    """Return an address somebody may want us to connect to: numeric, and no well-known port."""
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    if not port.isdecimal() or not _PORT_MIN <= int(port) <= 65535 or address.is_multicast:
        return None
    return str(address), int(port)
