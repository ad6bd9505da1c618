"""A client of the POST carrier that says what a test tells it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.edge.raw import Answer, connected, parse
from tests.edge.sealed import Ended, Sealed


async def post(port: int, body: bytes, session: str = "", *, method: str = "POST", **other: str) -> Answer:
    """Send one request to the link's path; return its answer."""
    headers = {
        "Host": "localhost",
        "Connection": "close",
        "Content-Length": str(len(body)),
        "Hutong-Session": session,
        **other,
    }
    lines = [f"{method} /link HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items() if value)]
    async with connected(port) as raw:
        await raw.write("\r\n".join([*lines, "", ""]).encode() + body)
        return parse(await raw.rest())


def framed(*messages: bytes) -> bytes:
    return b"".join(len(each).to_bytes(2, "big") + each for each in messages)


def unframed(body: bytes) -> list[bytes]:
    messages = []
    while body:
        size = int.from_bytes(body[:2], "big")
        assert len(body) >= 2 + size
        messages.append(body[2 : 2 + size])
        body = body[2 + size :]
    return messages


class Posting(Sealed):
    """One session. Polls when it wants to hear something."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.name = ""
        self.messages: deque[bytes] = deque()

    async def carry(self, *messages: bytes) -> None:
        answer = await post(self.port, framed(*messages), self.name)
        if answer.status != 200:
            raise Ended(answer.status)
        self.name = self.name or answer.headers["hutong-session"]
        self.messages += unframed(answer.body)

    async def poll(self) -> list[bytes]:
        answer = await post(self.port, b"", self.name)
        if answer.status != 200:
            raise Ended(answer.status)
        return unframed(answer.body)

    async def carried(self) -> bytes:
        while not self.messages:
            self.messages += await self.poll()
        return self.messages.popleft()


@asynccontextmanager
async def posting(port: int) -> AsyncIterator[Posting]:
    """Open a session, up to the challenge."""
    client = Posting(port)
    await client.open()
    yield client
