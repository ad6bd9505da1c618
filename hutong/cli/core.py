"""`hutong core`: everything but the listeners, which `hutong edge` brings."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from hutong.app import build_core
from hutong.cli.greeting import last_words
from hutong.cli.running import console, explaining, prepare, settle, stop_signal
from hutong.edge.apart import EdgeGate
from hutong.edge.apart.wire import Secret, read_secret
from hutong.features.identity.api import Identity
from hutong.platform.endpoints import ensure_secret
from hutong.platform.settings import Settings, load


def core(
    data: Annotated[Path | None, typer.Option(help="Folder for the database, files, keys.")] = None,
    address: Annotated[str | None, typer.Option(help="Where edges come: host:port or unix:/path.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
) -> None:
    """Start the core alone: accounts, messages, files. Edges bring the clients."""
    with explaining():
        settings = load(config=config, data=data, core_address=address)
        prepare(settings)
        uvloop.run(_run(settings))


def _secret(settings: Settings) -> Secret:
    if settings.core_secret_file is not None:
        return read_secret(settings.core_secret_file)
    return Secret(ensure_secret(settings.data, "edge"))


async def _run(settings: Settings) -> None:
    stopped = stop_signal()
    # Before anything is opened: what is wrong with it is said at once.
    secret = _secret(settings)
    core = build_core(settings)
    core.relay_secret = secret.derive(b"relay")
    await core.start()
    gate = EdgeGate(core, secret)
    try:
        address = await gate.start()
        settle()
        console.print(f"\n  The core of [bold]{settings.server_name}[/] takes edges at [bold]{address}[/]")
        invitation = core.platform.use(Identity).first_admin_token()
        if invitation:
            console.print(
                f"  First administrator: #/join/{invitation} behind the edge's address", soft_wrap=True
            )
        where = settings.core_secret_file or settings.data.resolve() / "edge.secret"
        console.print(f"  Edges need the secret in {where}", soft_wrap=True)
        last_words(str(settings.data.resolve()))
        await stopped.wait()
    finally:
        # Goodbyes first, while the edges still carry them.
        core.platform.sessions.close()
        with contextlib.suppress(Exception):
            await gate.close()
        await core.close()
