"""Clients that say exactly what they are told, right or wrong: TCP, HTTP, WebSocket."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.edge.sealed import Ended, Sealed

# For what has to come; a machine that is busy may need long.
WAIT_S = 30
TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0
PROTOCOL = "hutong.1"


# Not `OSError`, because to wait in vain is one as well.
_CUT_OFF = (ConnectionError, ssl.SSLError)


class Raw:
    """A TCP or TLS connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def write(self, data: bytes) -> None:
        try:
            self.writer.write(data)
            await asyncio.wait_for(self.writer.drain(), WAIT_S)
        except _CUT_OFF as error:
            raise Ended from error

    async def read(self, size: int) -> bytes:
        try:
            return await asyncio.wait_for(self.reader.readexactly(size), WAIT_S)
        except (asyncio.IncompleteReadError, *_CUT_OFF) as error:
            raise Ended from error

    async def rest(self) -> bytes:
        """Return everything up to the end of the connection, which has to come."""
        try:
            return await asyncio.wait_for(self.reader.read(), WAIT_S)
        except _CUT_OFF:
            return b""

    async def ended(self) -> None:
        """Wait for the end of the connection, whatever arrives before."""
        await self.rest()


@asynccontextmanager
async def connected(
    port: int, *, tls: ssl.SSLContext | None = None, receive_buffer_bytes: int = 0
) -> AsyncIterator[Raw]:
    """Connect; close without waiting in the end."""
    sock = socket.socket()
    if receive_buffer_bytes:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    name = "localhost" if tls else None
    reader, writer = await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


# ---- HTTP ----


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def parse(data: bytes) -> Answer:
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), headers, body)


async def get(
    port: int,
    path: str,
    headers: dict[str, str] | None = None,
    *,
    method: str = "GET",
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Ask for one thing over HTTP."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    async with connected(port, tls=tls) as raw:
        await raw.write("\r\n".join([*lines, "", ""]).encode())
        return parse(await raw.rest())


# ---- WebSocket ----


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True, length: int = -1) -> bytes:
    """Return a frame; `length` announces another length than the payload has."""
    size = len(payload) if length < 0 else length
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([bit | 127]) + size.to_bytes(8, "big")
    # A mask of zeros is a mask.
    return head + (bytes(4) if masked else b"") + payload


class RawWebSocket(Raw, Sealed):
    """After the upgrade."""

    async def carry(self, *messages: bytes) -> None:
        await self.write(b"".join(frame(BINARY, each) for each in messages))

    async def receive(self) -> tuple[int, bytes]:
        """Return the next frame's opcode and payload."""
        first, second = await self.read(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(await self.read(2 if size == 126 else 8), "big")
        return first & 0x0F, await self.read(size)

    async def carried(self) -> bytes:
        """Return the next carrier message, passing over control frames."""
        while True:
            opcode, payload = await self.receive()
            if opcode == BINARY:
                return payload
            if opcode == CLOSE:
                raise Ended(int.from_bytes(payload[:2], "big"))

    async def close_code(self) -> int:
        """Return the code of the close frame that has to come; 0 when the connection ends without."""
        try:
            while True:
                await self.carried()
        except Ended as ended:
            return int(ended.args[0]) if ended.args else 0


def upgrade(path: str = "/link", protocol: str | None = PROTOCOL, **other: str) -> bytes:
    headers = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **other,
    }
    if protocol is not None:
        headers["Sec-WebSocket-Protocol"] = protocol
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode()


@asynccontextmanager
async def websocket(
    port: int, *, tls: ssl.SSLContext | None = None, receive_buffer_bytes: int = 0, sealed: bool = True
) -> AsyncIterator[RawWebSocket]:
    """Open a link, up to the challenge; without `sealed` nothing is said on it yet."""
    async with connected(port, tls=tls, receive_buffer_bytes=receive_buffer_bytes) as raw:
        link = RawWebSocket(raw.reader, raw.writer)
        await link.write(upgrade())
        head = await asyncio.wait_for(link.reader.readuntil(b"\r\n\r\n"), WAIT_S)
        assert head.startswith(b"HTTP/1.1 101"), head
        if sealed:
            await link.open()
        yield link
