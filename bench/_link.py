"""A client as lean as it can be: frames over a WebSocket, callbacks instead of tasks."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench._server import Person
from hutong.schema import identity_pb2, link_pb2, log_pb2

RESUME = 203
FOLLOW = 101


def new_key(counter: int) -> bytes:
    """Return a request key that grows with time, as clients make them (CONN13)."""
    return time.time_ns().to_bytes(8, "big")[1:] + counter.to_bytes(4, "big") + os.urandom(5)


class Link(WSListener):
    """One signed-in device."""

    def __init__(self) -> None:
        self.transport: WSTransport | None = None
        self.challenge: asyncio.Future[link_pb2.Challenge] = asyncio.get_running_loop().create_future()
        self.on_reply: Callable[[link_pb2.Reply], object] = lambda _reply: None
        self.on_event: Callable[[log_pb2.Event], object] = lambda _event: None
        self._out: list[link_pb2.Request] = []
        self._ids = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        """Hand out what arrived."""
        if frame.msg_type != WSMsgType.BINARY:
            return
        packet = link_pb2.Packet.FromString(frame.get_payload_as_bytes())
        if not self.challenge.done():
            self.challenge.set_result(packet.challenge)
        for reply in packet.replies:
            self.on_reply(reply)
        for event in packet.events:
            self.on_event(event)

    def send(self, method: int, body: bytes, key: bytes = b"") -> int:
        """Queue a request; those of one turn of the loop leave together."""
        self._ids += 1
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(link_pb2.Request(id=self._ids, method=method, body=body, key=key))
        return self._ids

    def _flush(self) -> None:
        assert self.transport is not None
        out, self._out = self._out, []
        self.transport.send(WSMsgType.BINARY, link_pb2.Packet(requests=out).SerializeToString())

    async def call(self, method: int, body: bytes) -> bytes:
        """Send one request and wait for its answer."""
        answer: asyncio.Future[link_pb2.Reply] = asyncio.get_running_loop().create_future()
        self.on_reply = answer.set_result
        self.send(method, body)
        reply = await asyncio.wait_for(answer, 30)
        self.on_reply = lambda _reply: None
        if reply.HasField("error"):
            raise RuntimeError(reply.error.message)
        return reply.body


async def connect(port: int, person: Person, *logs: str) -> Link:
    """Open a link, prove the device, follow some logs."""
    _, link = await ws_connect(
        Link, f"ws://127.0.0.1:{port}/link", extra_headers={"Sec-WebSocket-Protocol": "hutong.1"}
    )
    assert isinstance(link, Link), link
    challenge = await asyncio.wait_for(link.challenge, 30)
    signature = person.key.sign(b"hutong resume v1\x00" + challenge.nonce)
    resume = identity_pb2.ResumeRequest(device=person.device, signature=signature)
    await link.call(RESUME, resume.SerializeToString())
    cursors = [log_pb2.Cursor(log=log) for log in logs]
    await link.call(FOLLOW, log_pb2.FollowRequest(cursors=cursors).SerializeToString())
    return link
