"""`hutong serve`: edge and core in one process."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from hutong.app import build_core
from hutong.cli.greeting import greet, last_words
from hutong.cli.running import explaining, prepare, settle, stop_signal
from hutong.edge.server import EdgeServer
from hutong.features.identity.api import Identity
from hutong.platform.settings import Settings, load


def serve(
    data: Annotated[Path | None, typer.Option(help="Folder for the database, files, keys.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The public port.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
) -> None:
    """Start the server: web client, API, link, relay."""
    with explaining():
        settings = load(config=config, data=data, host=host, port=port)
        prepare(settings)
        uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stopped = stop_signal()
    core = build_core(settings)
    await core.start()
    edge = EdgeServer(core)
    try:
        addresses = await edge.start()
        settle()
        greet(settings.server_name, addresses, core.platform.use(Identity).first_admin_token())
        last_words(str(settings.data.resolve()))
        await stopped.wait()
    finally:
        # Goodbyes first, while the listeners still carry them.
        core.platform.sessions.close()
        with contextlib.suppress(Exception):
            await edge.close()
        await core.close()
