"""`hutong edge`: the listeners, TLS and the relay, in front of a core elsewhere."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from hutong.cli.greeting import greet, last_words
from hutong.cli.running import explaining, prepare, settle, stop_signal
from hutong.edge.apart import RemoteCore
from hutong.edge.apart.wire import read_secret
from hutong.edge.server import EdgeServer
from hutong.platform.settings import Settings, load


def edge(
    data: Annotated[Path | None, typer.Option(help="Folder for certificates and tickets.")] = None,
    core: Annotated[str | None, typer.Option(help="Where the core is: host:port or unix:/path.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The public port.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
) -> None:
    """Start an edge alone: it ends connections, and passes on what it cannot read."""
    with explaining():
        settings = load(config=config, data=data, core_address=core, host=host, port=port)
        prepare(settings)
        uvloop.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopped = stop_signal()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    core = RemoteCore(settings, read_secret(settings.core_secret_file or settings.data / "edge.secret"))
    await core.start()
    edge = EdgeServer(core)
    try:
        addresses = await edge.start()
        settle()
        greet(settings.server_name, addresses, "")
        last_words(str(settings.data.resolve()))
        await stopped.wait()
    finally:
        with contextlib.suppress(Exception):
            await edge.close()
        await core.close()
