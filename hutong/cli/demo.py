"""`hutong demo`: a server with people and conversations in it, for a first look."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hutong.cli.serve import serve
from hutong.demo import content
from hutong.demo.fill import RATE_LIMIT_FACTOR, fill
from hutong.demo.folder import DemoFolder, FolderError
from hutong.demo.script import ContentError
from hutong.platform import journal
from hutong.platform.clock import SystemClock
from hutong.platform.settings import Settings, SettingsError, load

console = Console(highlight=False, soft_wrap=True)


def demo(
    data: Annotated[
        Path, typer.Option(help="Folder for the demo: an empty one, or one filled before.")
    ] = Path("demo"),
    language: Annotated[str, typer.Option(help="Of the conversations: en or zh.")] = "",
    port: Annotated[int | None, typer.Option(help="The public port.")] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Only fill the folder.")] = False,
) -> None:
    """Fill a folder with a made-up community, and serve it."""
    folder = DemoFolder(data)
    try:
        settings = _settings(data, language)
        filled_in = folder.language()
        if not filled_in:
            filled_in = language or content.LANGUAGES[0]
            journal.configure("warning", readable=sys.stderr.isatty())
            _fill(folder, settings, filled_in)
        elif language not in {"", filled_in}:
            console.print(f"  {data} is filled in {filled_in} already; --data chooses another folder.")
    except (FolderError, SettingsError, ContentError) as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(2) from error
    _introduce(filled_in)
    if no_serve:
        console.print(f"  Start it with:  hutong serve --data {data}")
    else:
        serve(data=data, host=None, port=port, config=None)


def _settings(data: Path, language: str) -> Settings:
    """Return the settings to fill with. Raises `SettingsError` for what the demo cannot work with."""
    if language not in {"", *content.LANGUAGES}:
        raise SettingsError(f"The demo speaks {' and '.join(content.LANGUAGES)}, not {language!r}.")
    settings = load(data=data, sign_up="open", rate_limit_factor=RATE_LIMIT_FACTOR, recall_within_s=120)
    if settings.database_url or settings.blobs_url:
        raise SettingsError("The demo keeps everything in its folder: unset database_url and blobs_url.")
    return settings


def _fill(folder: DemoFolder, settings: Settings, language: str) -> None:
    began = time.monotonic()
    now_ms = SystemClock().now_ms()
    community = content.load(language, now_ms)
    folder.begin(language)
    with console.status(f"Filling {settings.data} with people and what they say ..."):
        filled = asyncio.run(fill(settings, community, now_ms))
    folder.finish(language)
    console.print(
        f"\n  {filled.people} people, {filled.conversations} conversations, {filled.messages} messages "
        f"in {settings.data}, made in {time.monotonic() - began:.1f} s."
    )


def _introduce(language: str) -> None:
    everybody = content.everybody(language)
    first, *others = everybody.people
    console.print(f"\n  Log in as [bold]{first.handle}[/] with the password [bold]{everybody.password}[/]")
    console.print(f"  The others have the same password: {', '.join(each.handle for each in others)}")
