"""`hutong serve`: everything in one process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import sys
from pathlib import Path
from typing import Annotated

import segno
import typer
import uvloop
from rich.console import Console

from hutong.app import Core, build_core
from hutong.edge.server import Addresses, EdgeServer
from hutong.features.identity.api import Identity
from hutong.platform import journal
from hutong.platform.settings import Settings, SettingsError, load

# With a thread that writes beside the loop, the default of 5 ms would be added to many a commit.
SWITCH_INTERVAL_S = 0.0005

console = Console(highlight=False)


def serve(
    data: Annotated[Path | None, typer.Option(help="Folder for the database, files, keys.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The public port.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
) -> None:
    """Start the server: web client, API, link, relay."""
    try:
        settings = load(config=config, data=data, host=host, port=port)
        journal.configure(settings.log_level, readable=sys.stderr.isatty())
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        _allow_many_sockets()
        uvloop.run(_serve(settings))
    except SettingsError as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(2) from error
    except OSError as error:
        console.print(f"[red]The server could not start: {error}.[/]")
        console.print("Is another one running? `hutong doctor` tells; --port chooses another port.")
        raise typer.Exit(1) from error


def _allow_many_sockets() -> None:
    """Use as many file descriptors as the system permits: a connection, an allocation each need one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    core = build_core(settings)
    await core.start()
    edge = EdgeServer(core)
    try:
        addresses = await edge.start()
        # What lives now lives long: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        _greet(core, addresses)
        await stopped.wait()
    finally:
        with contextlib.suppress(Exception):
            await edge.close()
        await core.close()


def _greet(core: Core, addresses: Addresses) -> None:
    token = core.platform.use(Identity).first_admin_token()
    console.print(
        f"\n  [bold]{core.platform.settings.server_name}[/] is open at [bold]{addresses.public_url}[/]"
    )
    if sys.stdout.isatty():
        console.print()
        segno.make(addresses.public_url).terminal(compact=True)
    if token:
        console.print(f"  First administrator: {addresses.public_url}/#/join/{token}", soft_wrap=True)
    if addresses.link_port is not None:
        console.print(
            f"  Python and command line: hutong://{_host(addresses)}:{addresses.link_port}"
            f"#sha256={addresses.link_fingerprint}",
            soft_wrap=True,
        )
    if addresses.relay_port is not None:
        console.print(f"  STUN and TURN: {core.platform.endpoints.relay_host}:{addresses.relay_port}")
    console.print(f"  Data: {core.platform.settings.data.resolve()}   Stop with Ctrl-C.\n", soft_wrap=True)
    sys.stdout.flush()


def _host(addresses: Addresses) -> str:
    return addresses.public_url.split("://", 1)[1].rsplit(":", 1)[0].split("/", 1)[0]
