"""The same messages as Matrix carries them: PUT, and /sync, by HTTP/1.1 with keep-alive over TLS.

The client's headers are those of a bot library (matrix-nio on aiohttp), which sends a third of what a browser
does; the server's are Synapse's.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import urllib.parse

from bench._certificate import Certificate, client_context
from tests.network.proxy import Proxy

HOST = "matrix.hutong.example"
ROOM = "!" + "a" * 18 + ":hutong.example"
SENDER = "@0123456789ab:hutong.example"
TOKEN = "syt_" + "a" * 52
_SYNC_WAIT_S = 10

CLIENT_HEADERS = (
    f"Host: {HOST}\r\nAuthorization: Bearer {TOKEN}\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n"
    "User-Agent: matrix-nio/0.25.2\r\n"
)
SERVER_HEADERS = (
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sat, 21 Nov 2026 15:04:05 GMT\r\n"
    "Content-Type: application/json\r\nContent-Length: {size}\r\nConnection: keep-alive\r\n"
    "Cache-Control: no-cache, no-store, must-revalidate\r\nAccess-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"
    "Access-Control-Allow-Headers: X-Requested-With, Content-Type, Authorization, Date\r\n"
    "Access-Control-Expose-Headers: Synapse-Trace-Id, Server\r\n\r\n"
)


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


async def _read(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Return the first line and the body of a request or an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    size = next((int(line[16:]) for line in lines if line.lower().startswith("content-length: ")), 0)
    return first, await reader.readexactly(size)


class _Homeserver:
    def __init__(self) -> None:
        self._stream = 1_000
        self._new: asyncio.Queue[dict[str, object]] = asyncio.Queue(1)
        self._served: set[asyncio.Future[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._served.add(served)
        try:
            while True:
                first, body = await _read(reader)
                answer = _dump(await (self._send(body) if first.startswith("PUT") else self._sync()))
                writer.write(SERVER_HEADERS.format(size=len(answer)).encode() + answer)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            writer.close()
        finally:
            served.set_result(None)

    async def end(self) -> None:
        """Let the /sync that waits end, too."""
        await self._new.put({})
        await asyncio.wait_for(asyncio.gather(*self._served), 10)

    async def _send(self, body: bytes) -> object:
        event_id = "$" + secrets.token_urlsafe(32)
        event = {
            "type": "m.room.message",
            "sender": SENDER,
            "content": json.loads(body),
            "origin_server_ts": time.time_ns() // 1_000_000,
            "unsigned": {"membership": "join", "age": 12},
            "event_id": event_id,
        }
        await self._new.put(event)
        return {"event_id": event_id}

    async def _sync(self) -> object:
        event = await asyncio.wait_for(self._new.get(), _SYNC_WAIT_S)
        self._stream += 1
        since = f"s{self._stream}_1_0_1_1_1_1_1_0_1"
        timeline = {
            "events": [event],
            "prev_batch": f"s{self._stream - 1}_1_0_1_1_1_1_1_0_1",
            "limited": False,
        }
        room = {
            "timeline": timeline,
            "state": {"events": []},
            "account_data": {"events": []},
            "ephemeral": {"events": []},
            "unread_notifications": {"notification_count": 1, "highlight_count": 0},
            "summary": {},
        }
        return {
            "next_batch": since,
            "device_one_time_keys_count": {"signed_curve25519": 0},
            "org.matrix.msc2732.device_unused_fallback_key_types": [],
            "device_unused_fallback_key_types": [],
            "rooms": {"join": {ROOM: room}},
        }


async def matrix_bytes(certificate: Certificate, messages: list[str]) -> float:
    """Return bytes a message: PUT and its answer, the answer to /sync and the next /sync."""
    homeserver = _Homeserver()
    server = await asyncio.start_server(homeserver.serve, "127.0.0.1", 0, ssl=certificate.server_context())
    room = urllib.parse.quote(ROOM, safe="")
    async with Proxy(server.sockets[0].getsockname()) as proxy:
        context = client_context()
        one = await asyncio.open_connection("127.0.0.1", proxy.port, ssl=context)
        other = await asyncio.open_connection("127.0.0.1", proxy.port, ssl=context)

        def sync(since: str) -> None:
            path = f"/_matrix/client/v3/sync?timeout=30000&since={since}"
            other[1].write(f"GET {path} HTTP/1.1\r\n{CLIENT_HEADERS}\r\n".encode())

        sync("s1000_1_0_1_1_1_1_1_0_1")
        await asyncio.sleep(0.2)
        before = proxy.up_bytes + proxy.down_bytes
        for number, text in enumerate(messages):
            body = _dump({"msgtype": "m.text", "body": text})
            path = (
                f"/_matrix/client/v3/rooms/{room}/send/m.room.message/m{time.time_ns() // 1_000_000}.{number}"
            )
            headers = f"{CLIENT_HEADERS}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            one[1].write(f"PUT {path} HTTP/1.1\r\n{headers}".encode() + body)
            await asyncio.wait_for(_read(one[0]), 10)
            _, answer = await asyncio.wait_for(_read(other[0]), 10)
            sync(json.loads(answer)["next_batch"])
        await asyncio.sleep(0.2)
        spent = proxy.up_bytes + proxy.down_bytes - before
        for _, writer in (one, other):
            writer.transport.abort()
        await homeserver.end()
    server.close()
    await server.wait_closed()
    return spent / len(messages)
