"""Direct TCP connections for a transfer that has begun on another channel (XFER16).

Each side listens, says where on the channel that is open, and tries the other's addresses. Who knocks has to
know the key that travelled with them; what is said then is sealed (`hutong.protocols.transfer.records`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable
from typing import cast

import aioice.ice
from google.protobuf.message import DecodeError

from hutong.client.transfers.buffers import Buffers
from hutong.client.transfers.line import RANK_DOOR, Files
from hutong.platform.clock import Randomness
from hutong.protocols.punch import is_unicast
from hutong.protocols.stun import Address
from hutong.protocols.transfer import Piece, RulesError
from hutong.protocols.transfer.records import (
    DOOR_PIECE_BYTES_MAX,
    KEY_BYTES,
    SALT_BYTES,
    TAG_BYTES,
    Records,
)
from hutong.schema import transfers_pb2 as pb

_ADDRESSES_MAX = 8
_GUESTS_MAX = 8
_KNOCK_WITHIN_S = 5.0
_WINDOW_BYTES = 8 * 1024 * 1024
_BUFFERED_BYTES_MAX = 1024 * 1024
# A direct path that is silent for so long is dead, and another one carries on.
_SILENT_S = 4
# Pieces of chunks up to this size are opened side by side in one buffer: they are written as they lie.
_CHUNK_BYTES = 1024 * 1024
_SMALL_BYTES = 64 * 1024


class DoorLine(asyncio.BufferedProtocol):
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
        self._early = bytearray(SALT_BYTES)  # theirs, as far as it has arrived
        self._early_bytes = 0
        self._announced: pb.Piece | None = None
        self._arriving = -1, memoryview(b"")  # a chunk, and where its pieces are put
        self._chunks = Buffers(_CHUNK_BYTES)
        self._sealed = Buffers(DOOR_PIECE_BYTES_MAX + TAG_BYTES)
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

    def send_piece(self, piece: Piece) -> None:
        """Seal and queue a piece: what it is, and then its data, which nobody copies on the way."""
        if self._transport is not None and self._records is not None:
            said = pb.Piece(chunk=piece.chunk, offset=piece.offset, leaf=piece.leaf)
            announcement = self._records.seal(pb.ChannelMessage(piece=said).SerializeToString())
            sealed = self._sealed.take(len(piece.data) + TAG_BYTES)
            self._transport.writelines([announcement + self._records.seal_data(piece.data, sealed), sealed])

    def close(self) -> None:
        """End it at once; what is lost is sent again."""
        if self._transport is not None:
            self._transport.abort()

    # ---- the connection ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Show our salt."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_BUFFERED_BYTES_MAX // 2)
        _notice_silence(self._transport.get_extra_info("socket"))
        self._transport.write(self._salt)
        self._timer = asyncio.get_running_loop().call_later(_KNOCK_WITHIN_S, self.close)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where what arrives is put."""
        del sizehint
        if self._records is None:
            return memoryview(self._early)[self._early_bytes :]
        return self._records.buffer()

    def buffer_updated(self, nbytes: int) -> None:
        """Take salt, proof, and then messages; anything else closes it."""
        if self._records is None:
            self._early_bytes += nbytes
            if self._early_bytes == SALT_BYTES:
                self._records = self._begin(bytes(self._early))
            return
        try:
            for record in self._records.filled(nbytes, self._place):
                self._take(record)
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
        self._transport = self._records = None
        self._arriving = -1, memoryview(b"")
        self._chunks.clear()
        self._sealed.clear()
        if self._known:
            self._files.closed(self)
        self._gone(self)

    def _begin(self, theirs: bytes) -> Records:
        """Derive the keys, and prove ours."""
        salts = self._salt + theirs if self._connecting else theirs + self._salt
        records = Records(self._key, salts, connecting=self._connecting)
        assert self._transport is not None
        self._transport.write(records.seal(b""))
        return records

    def _place(self, size_bytes: int) -> memoryview:
        """Return where the data of the announced piece is opened: behind the piece before it."""
        said = self._announced
        if said is None:
            raise RulesError("data of no piece")
        if size_bytes < _SMALL_BYTES or said.offset + size_bytes > _CHUNK_BYTES:
            return memoryview(bytearray(size_bytes))
        if self._arriving[0] != said.chunk:
            self._arriving = said.chunk, self._chunks.take(_CHUNK_BYTES)
        return self._arriving[1][said.offset : said.offset + size_bytes]

    def _take(self, record: bytes | memoryview) -> None:
        if not self._known:
            if record:
                raise RulesError("no proof of the key")
            self._known = True
            if self._timer is not None:
                self._timer.cancel()
            self._files.opened(self)
        elif isinstance(record, memoryview):
            said, self._announced = self._announced, None
            assert said is not None
            if said.leaf:
                self._arriving = -1, memoryview(b"")
            self._files.piece(self, Piece(said.chunk, said.offset, record, said.leaf))
        elif self._announced is not None:
            raise RulesError("a piece without its data")
        else:
            message = pb.ChannelMessage.FromString(record)
            if message.HasField("piece") and not message.piece.data:
                self._announced = message.piece
            else:
                self._files.message(self, message)


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


def _notice_silence(sock: socket.socket) -> None:
    """Have the kernel end a connection whose path is gone; by itself it would wait for minutes."""
    options = {
        "TCP_KEEPIDLE": 1,
        "TCP_KEEPINTVL": 1,
        "TCP_KEEPCNT": _SILENT_S,
        "TCP_USER_TIMEOUT": _SILENT_S * 1000,
    }
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in options.items():
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _read(text: str) -> Address | None:
    """Return an address somebody may want us to connect to: numeric, and no well-known port."""
    host, _, port = text.rpartition(":")
    try:
        numeric = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    address = Address(str(numeric), int(port) if port.isdecimal() else 0)
    if not is_unicast(address) or (numeric.is_loopback and not _is_alone()):
        return None
    return address


def _is_alone() -> bool:
    """Whether this machine has no other network than itself; else a loopback address is not the peer's."""
    hosts = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
    return all(ipaddress.ip_address(host).is_loopback for host in hosts)
