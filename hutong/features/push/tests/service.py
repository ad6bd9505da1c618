"""A push service of the tests' own (RFC 8030): the browsers' services cannot be reached from a test.

It checks what they check (VAPID by RFC 8292, the headers) and reads bodies with `http_ece`, which shares no
code with the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hutong.schema import push_pb2 as pb

DAY_S = 24 * 3600


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """The receiving end of one subscription."""

    path: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def p256dh(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def read(self, body: bytes) -> pb.Nudge:
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return pb.Nudge.FromString(plain)


@dataclass
class Taken:
    """One request, checked."""

    headers: dict[str, str]
    nudge: pb.Nudge
    size_bytes: int


class PushService:
    """Takes pushes on loopback. `answers` are given first, then 201."""

    def __init__(self, now_s: int) -> None:
        self.now_s = now_s
        self.port = 0
        self.key = b""  # what the browsers subscribed with
        self.browsers: dict[str, Browser] = {}
        self.taken: list[tuple[str, Taken]] = []
        self.refused: list[str] = []
        self.answers: list[str] = []
        self.held: asyncio.Event | None = None
        self.free = 0  # so many are taken before others are held
        self.under_way: dict[str, int] = {}
        self.under_way_max = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    @asynccontextmanager
    async def open(cls, now_s: int) -> AsyncIterator[PushService]:
        service = cls(now_s)
        server = await asyncio.start_server(service._connected, "127.0.0.1", 0)
        service.port = server.sockets[0].getsockname()[1]
        try:
            yield service
        finally:
            server.close()
            for task in service._tasks:
                task.cancel()
            await asyncio.gather(*service._tasks, return_exceptions=True)

    def browser(self, name: str) -> pb.SubscribeRequest:
        """Return the request with which a browser subscribes."""
        browser = self.browsers[name] = Browser(f"/push/{name}")
        return pb.SubscribeRequest(
            endpoint=self.origin + browser.path, p256dh=browser.p256dh, auth=browser.auth
        )

    def nudges(self, name: str) -> list[pb.Nudge]:
        return [taken.nudge for each, taken in self.taken if each == name]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            answer = await self._taken(first, headers, body)
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _taken(self, first: str, headers: dict[str, str], body: bytes) -> str:
        method, path, _ = first.split(" ")
        name = path.removeprefix("/push/")
        self.under_way[name] = self.under_way.get(name, 0) + 1
        self.under_way_max = max(self.under_way_max, self.under_way[name])
        try:
            if self.held is not None and len(self.taken) >= self.free:
                await self.held.wait()
            if self.answers:
                self.refused.append(self.answers[0])
                return self.answers.pop(0)
            assert method == "POST"
            self._check(headers)
            taken = Taken(headers, self.browsers[name].read(body), len(body))
            self.taken.append((name, taken))
        except Exception as error:  # noqa: BLE001  the test looks at what was refused
            self.refused.append(repr(error))
            return "400 Bad Request"
        finally:
            self.under_way[name] -= 1
        return "201 Created"

    def _check(self, headers: dict[str, str]) -> None:
        scheme, _, rest = headers["authorization"].partition(" ")
        assert scheme == "vapid"
        token, key = (part.strip()[2:] for part in rest.split(","))
        assert decoded(key) == self.key
        head, claims, signature = token.split(".")
        numbers = decoded(signature)
        assert len(numbers) == 64
        r, s = (int.from_bytes(half, "big") for half in (numbers[:32], numbers[32:]))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.key)
        public.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        assert json.loads(decoded(head)) == {"typ": "JWT", "alg": "ES256"}
        said = json.loads(decoded(claims))
        assert said["aud"] == self.origin
        assert self.now_s < said["exp"] <= self.now_s + DAY_S
        assert headers["content-encoding"] == "aes128gcm"
        assert 0 < int(headers["ttl"]) <= 4 * 7 * DAY_S
        assert headers["urgency"] in {"very-low", "low", "normal", "high"}
        assert 0 < len(headers["topic"]) <= 32
