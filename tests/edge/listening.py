"""A server in this process that listens on real sockets."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hutong.edge.link_port import LinkPort
from hutong.edge.post import PostCarriers
from hutong.edge.server import Addresses, EdgeServer
from hutong.platform.clock import Clock
from hutong.protocols.sealed import ClientSession
from hutong.schema import identity_pb2, link_pb2
from hutong.testing import Client, TestServer
from tests.edge.sealed import Sealed


@dataclass
class Listening:
    """The server, and where it listens."""

    server: TestServer
    addresses: Addresses
    folder: Path
    posts: PostCarriers
    link: LinkPort | None

    @property
    def port(self) -> int:
        return self.addresses.port

    @property
    def root(self) -> bytes:
        return self.server.core.root

    @property
    def link_port(self) -> int:
        assert self.addresses.link_port is not None
        return self.addresses.link_port


@asynccontextmanager
async def listening(
    folder: Path, *, edge_clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Listening]:
    options = {"port": 0, "link_port": 0, "relay_port": -1, "rate_limit_factor": 1000, **settings}
    async with TestServer.run(folder, **options) as server:
        edge = EdgeServer(server.core, clock=edge_clock)
        try:
            yield Listening(server, await edge.start(), folder, edge._posts, edge._link)
        finally:
            server.core.platform.sessions.close()
            await edge.close()


def trusting() -> ssl.SSLContext:
    """Return the client side of TLS to a server with a certificate of its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def packet(*requests: link_pb2.Request, ping: int = 0) -> bytes:
    return link_pb2.Packet(requests=requests, ping=ping).SerializeToString()


def resume(
    server: TestServer, device: Client, link: Sealed | ClientSession, number: int = 1
) -> link_pb2.Request:
    """Return the request that signs a connection in as somebody's device (SEAL15)."""
    session = link.session if isinstance(link, Sealed) else link
    signature = device.key.sign(b"hutong resume v2\x00" + session.binding)
    body = identity_pb2.ResumeRequest(device=device.device, signature=signature).SerializeToString()
    return link_pb2.Request(id=number, method=server.method("Identity.Resume").id, body=body)
