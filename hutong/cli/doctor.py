"""`hutong doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.table import Table

from hutong.cli.diagnosis import Finding
from hutong.cli.doctor_client import examine_client
from hutong.cli.doctor_server import examine_server
from hutong.cli.session import FAILED, HomeOption, console, safe, tell_error
from hutong.platform.settings import SettingsError, load

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "problem": "[red]problem[/]"}
# The longest check waits for a silent relay; all of them together end well before this.
_TIMEOUT_S = 90.0


def doctor(
    data: Annotated[Path | None, typer.Option(help="The server's data folder.")] = None,
    config: Annotated[Path | None, typer.Option(help="The server's settings file (TOML).")] = None,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            envvar="HUTONG_SERVER",
            help="Look at this server from a client's side, unless --data or --config is given.",
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Check a server on this machine, or, with --server, a server from outside."""
    try:
        findings = uvloop.run(_examine(data, config, server, home))
    except SettingsError as error:
        tell_error(str(error))
        raise typer.Exit(2) from error
    _print(findings)
    if any(finding.result == "problem" for finding in findings):
        raise typer.Exit(FAILED)


async def _examine(
    data: Path | None, config: Path | None, server: str | None, home: Path | None
) -> list[Finding]:
    async with asyncio.timeout(_TIMEOUT_S):
        if server is not None and data is None and config is None:
            return await examine_client(server, home)
        return await examine_server(load(config=config, data=data))


def _print(findings: list[Finding]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("Check", "", "What was found", "What to do"):
        table.add_column(title, overflow="fold")
    for finding in findings:
        table.add_row(finding.check, _MARKS[finding.result], safe(finding.found), safe(finding.advice))
    console.print(table)
