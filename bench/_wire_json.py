"""The same information as JSON over a TLS WebSocket: our identifiers, and names nobody shortened."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
import zlib
from collections.abc import Callable
from typing import Any

from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_connect,
    ws_create_server,
)

from bench._certificate import Certificate, client_context
from tests.network.proxy import Proxy

LOG = "chat:0123456789ab"
AUTHOR = "0123456789ab"


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _request(number: int, text: str) -> dict[str, Any]:
    params = {"log": LOG, "content": {"text": text}}
    return {"id": number, "method": "chat.send", "key": str(uuid.uuid4()), "params": params}


def _result(request: dict[str, Any], seq: int, at_ms: int) -> dict[str, Any]:
    return {"id": request["id"], "result": {"seq": seq, "at_ms": at_ms}}


def _event(request: dict[str, Any], seq: int, at_ms: int) -> dict[str, Any]:
    return {
        "event": "chat.message_sent",
        "log": request["params"]["log"],
        "seq": seq,
        "author": AUTHOR,
        "at_ms": at_ms,
        "key": request["key"],
        "body": {"content": request["params"]["content"]},
    }


class _End(WSListener):
    """One side of one connection."""

    def __init__(self, on_message: Callable[[_End, bytes], object]) -> None:
        self._on_message = on_message
        self.transport: WSTransport

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._on_message(self, frame.get_payload_as_bytes())

    def send(self, value: object) -> None:
        self.transport.send(WSMsgType.TEXT, _dump(value))


class _Chat:
    """A server that acknowledges a message to its sender and tells everybody else."""

    def __init__(self) -> None:
        self.ends: list[_End] = []
        self._seq = 0

    def enter(self, _request: WSUpgradeRequest) -> _End:
        end = _End(self.take)
        self.ends.append(end)
        return end

    def take(self, sender: _End, message: bytes) -> None:
        request = json.loads(message)
        self._seq += 1
        at_ms = time.time_ns() // 1_000_000
        sender.send(_result(request, self._seq, at_ms))
        for end in self.ends:
            if end is not sender:
                end.send(_event(request, self._seq, at_ms))


def deflated_bytes(messages: list[str]) -> float:
    """Return what a message would take with permessage-deflate and its context kept (RFC 7692), calculated.

    Each message is then a pointer to the one before, which is what CRIME reads, and 64 KiB and more of memory
    a connection and side; servers leave it off unless told.
    """
    tls_bytes, header_bytes, mask_bytes = 22, 2, 4
    up, answers, events = (zlib.compressobj(6, zlib.DEFLATED, -15) for _ in range(3))
    spent = 0
    for number, text in enumerate(messages):
        request, at_ms = _request(number + 1, text), time.time_ns() // 1_000_000 + 3_000 * number
        for squeeze, value in (
            (up, request),
            (answers, _result(request, number + 1, at_ms)),
            (events, _event(request, number + 1, at_ms)),
        ):
            packed = squeeze.compress(_dump(value)) + squeeze.flush(zlib.Z_SYNC_FLUSH)
            spent += len(packed) - 4 + header_bytes + tls_bytes
        spent += mask_bytes
    return spent / len(messages)


async def json_bytes(certificate: Certificate, messages: list[str]) -> float:
    """Return bytes a message."""
    loop = asyncio.get_running_loop()
    server = await ws_create_server(_Chat().enter, "127.0.0.1", 0, ssl=certificate.server_context())
    answered: asyncio.Future[bytes] = loop.create_future()
    delivered: asyncio.Future[bytes] = loop.create_future()
    async with Proxy(server.sockets[0].getsockname()) as proxy:
        url, context = f"wss://127.0.0.1:{proxy.port}/", client_context()
        _, sender = await ws_connect(
            lambda: _End(lambda _end, message: answered.set_result(message)), url, ssl_context=context
        )
        _, receiver = await ws_connect(
            lambda: _End(lambda _end, message: delivered.set_result(message)), url, ssl_context=context
        )
        assert isinstance(sender, _End)
        assert isinstance(receiver, _End)
        await asyncio.sleep(0.2)
        before = proxy.up_bytes + proxy.down_bytes
        for number, text in enumerate(messages):
            answered, delivered = loop.create_future(), loop.create_future()
            sender.send(_request(number + 1, text))
            await asyncio.wait_for(answered, 10)
            assert json.loads(await asyncio.wait_for(delivered, 10))["body"]["content"]["text"] == text
        spent = proxy.up_bytes + proxy.down_bytes - before
        for end in (sender, receiver):
            end.transport.underlying_transport.abort()
    server.close()
    await server.wait_closed()
    return spent / len(messages)
