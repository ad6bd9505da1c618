"""A core with a gate, and an edge that reaches it over a real socket: all in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hutong.edge.apart import EdgeGate, RemoteCore
from hutong.edge.apart.wire import Secret
from hutong.edge.post import PostCarriers
from hutong.edge.server import EdgeServer
from hutong.platform.settings import Settings
from hutong.testing import TestServer
from tests.platform.scene import until

SECRET = Secret(b"s" * 32)


@dataclass
class Near:
    server: TestServer
    gate: EdgeGate
    remote: RemoteCore
    port: int
    link_port: int
    posts: PostCarriers


def settings(folder: Path, address: str) -> Settings:
    return Settings(data=folder, port=0, link_port=0, relay_port=-1, core_address=address)


@asynccontextmanager
async def near(folder: Path, address: str = "127.0.0.1:0") -> AsyncIterator[Near]:
    """Run a core with a gate, and an edge that reaches it over a real socket."""
    options: dict[str, Any] = {"rate_limit_factor": 1000, "core_address": address}
    async with TestServer.run(folder / "core", **options) as server:
        gate = EdgeGate(server.core, SECRET)
        remote = RemoteCore(settings(folder / "edge", await gate.start()), SECRET)
        (folder / "edge").mkdir()
        await remote.start()
        edge = EdgeServer(remote)
        addresses = await edge.start()
        assert addresses.link_port is not None
        try:
            yield Near(server, gate, remote, addresses.port, addresses.link_port, edge._posts)
        finally:
            server.core.platform.sessions.close()
            await edge.close()
            await remote.close()
            await gate.close()
            await until(lambda: not gate._edges)
