"""Bytes on the wire for chat messages, each sent on its own: request, answer, and event to the other person.

Everybody carries the same texts over TLS 1.3 through a proxy that counts TCP payload, after signing in.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack

from bench import _prosody
from bench._certificate import Certificate
from bench._link import connect_stream, new_key
from bench._server import Pair, Server
from bench._wire_json import json_bytes
from bench._wire_matrix import matrix_bytes
from hutong.demo import content
from hutong.protocols.compression import compress
from hutong.schema import chat_pb2, link_pb2, options_pb2
from tests.network.proxy import Proxy

SEND = 408


def texts(count: int) -> list[str]:
    """Return what people of the demo say, English and Chinese by turns, the same each time."""
    now_ms = time.time_ns() // 1_000_000
    said = [
        [
            line.text
            for room in content.load(language, now_ms).rooms
            for line in room.script.lines
            if line.kind == "text"
        ]
        for language in ("en", "zh")
    ]
    chance = random.Random(1)
    return [chance.choice(said[number % 2]) for number in range(count)]


async def ours(server: Server, pair: Pair, messages: list[str]) -> float:
    """Return our bytes a message, padding included."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(("127.0.0.1", server.link_port)))
        sender, _ = await connect_stream(server, pair.one, port=proxy.port)
        receiver, _ = await connect_stream(server, pair.other, pair.log, port=proxy.port)
        await asyncio.sleep(0.5)  # tickets arrive
        before = proxy.up_bytes + proxy.down_bytes
        for number, text in enumerate(messages):
            answered, delivered = loop.create_future(), loop.create_future()
            sender.on_reply = answered.set_result
            receiver.on_event = delivered.set_result
            body = chat_pb2.SendRequest(log=pair.log, content=chat_pb2.Content(text=text)).SerializeToString()
            packed = compress(body)
            encoding = options_pb2.ENCODING_COMPRESSED if packed else options_pb2.ENCODING_PLAIN
            sender.send(SEND, packed or body, new_key(number), encoding)
            reply: link_pb2.Reply = await asyncio.wait_for(answered, 10)
            assert not reply.HasField("error"), reply
            await asyncio.wait_for(delivered, 10)
        spent = proxy.up_bytes + proxy.down_bytes - before
        sender.carrier.close()
        receiver.carrier.close()
    return spent / len(messages)


async def peers(certificate: Certificate, messages: list[str]) -> dict[str, float]:
    """Return the peers' bytes a message."""
    found = {
        "json_websocket_bytes_per_message": await json_bytes(certificate, messages),
        "matrix_bytes_per_message": await matrix_bytes(certificate, messages),
    }
    if _prosody.installed():
        found["xmpp_bytes_per_message"] = await _prosody.bytes_per_message(certificate, messages)
    return found
