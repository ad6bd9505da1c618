"""`hutong send` and `hutong receive`: files from device to device."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars

from hutong.cli.session import (
    HomeOption,
    ServerOption,
    console,
    run,
    safe,
    tell,
    tell_error,
    with_client,
)
from hutong.client import Client, Event
from hutong.client.transfers import IncomingOffer, Phase, Progress, Received, TransferError, Way
from hutong.platform.errors import RpcError

_WAYS = {
    Way.DIRECT: "directly from device to device, encrypted, past every server",
    Way.RELAYED: "over the relay, encrypted from device to device",
    Way.STORED: "through the server's storage, where whoever runs the server can read it",
    Way.UNKNOWN: "on a path that was closed before it could be named",
}
_PHASES = {
    Phase.WAITING: "waiting to be accepted",
    Phase.CONNECTING: "looking for a path",
    Phase.MOVING: "moving",
    Phase.VERIFYING: "checking",
    Phase.STORING: "through the server",
}
# Ids of transfers that were taken, so that a stored one is not taken twice.
_TAKEN = "received.json"
_TAKEN_MAX = 1_000
_AT_ONCE_MAX = 3
# Left on the disk for everything else.
_SPARE_BYTES = 64 * 1024 * 1024


def send(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    to: Annotated[str, typer.Option("--to", help="The handle of one of your contacts.")],
    server: ServerOption = None,
    home: HomeOption = None,
    *,
    relay_only: Annotated[
        bool, typer.Option("--relay-only", help="Do not show the other device your address.")
    ] = False,
    wait_s: Annotated[
        int, typer.Option("--wait", help="Seconds to wait for an answer, then store it.")
    ] = 300,
) -> None:
    """Send a file: directly if the other person takes it now, else through the server's storage."""

    async def work(me: Client) -> None:
        conversation = await me.open(to)
        with _bars() as bars:
            bar = _Bar(bars, file.name)
            delivered = await me.transfers.send(
                conversation, file, on_progress=bar.show, accept_within_s=wait_s, relay_only=relay_only
            )
        who = safe(conversation.title)
        stored = delivered.way is Way.STORED
        verb = f"waits for {who}" if stored else f"arrived at {who}'s device, verified"
        tell(f"{safe(file.name)} {verb}. It went {_WAYS[delivered.way]}.")

    run(with_client(server, home, work))


def receive(
    into: Annotated[Path, typer.Option("--into", file_okay=False, help="Where files are put.")] = Path(),
    server: ServerOption = None,
    home: HomeOption = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="End after one file.")] = False,
    relay_only: Annotated[
        bool, typer.Option("--relay-only", help="Do not show the other device your address.")
    ] = False,
) -> None:
    """Accept the files your contacts offer, those that wait and those to come, until Ctrl-C."""

    async def work(me: Client) -> None:
        into.mkdir(parents=True, exist_ok=True)
        await _Receiver(me, into, relay_only=relay_only).run(once=once)

    run(with_client(server, home, work))


class _Receiver:
    """Takes offers, a few at once."""

    def __init__(self, me: Client, into: Path, *, relay_only: bool) -> None:
        self._me = me
        self._into = into
        self._relay_only = relay_only
        self._record = me.folder / _TAKEN
        self._taken = _read_taken(self._record)

    async def run(self, *, once: bool) -> None:
        running: set[asyncio.Task[bool]] = set()
        with _bars() as bars:
            try:
                async for offer in self._offers():
                    task = asyncio.create_task(self._take(bars, offer))
                    running.add(task)
                    while running and (once or len(running) >= _AT_ONCE_MAX):
                        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                        if once and any(each.result() for each in done):
                            return
            finally:
                for task in running:
                    task.cancel()
                if running:
                    await asyncio.wait(running)

    async def _offers(self) -> AsyncIterator[IncomingOffer]:
        """Yield what waits, then what comes."""
        me = self._me
        events = me.events()
        await me.caught_up()
        seen: set[str] = set()
        for offer in await me.transfers.open_offers(me.me.user):
            seen.add(offer.transfer)
            if offer.transfer not in self._taken:
                yield offer
        tell("[dim]Waiting for files; Ctrl-C ends.[/]")
        async for event in events:
            fresh = IncomingOffer.of(event) if isinstance(event, Event) else None
            if fresh is not None and fresh.author != me.me.user and fresh.transfer not in seen:
                yield fresh

    async def _take(self, bars: Bars, offer: IncomingOffer) -> bool:
        author = await self._me.person(offer.author)
        free_bytes = shutil.disk_usage(self._into).free - _SPARE_BYTES
        if offer.size_bytes > free_bytes:
            tell_error(
                f"{offer.name} from {author.name} has {decimal(offer.size_bytes)}, "
                f"and there is room for {decimal(max(free_bytes, 0))}."
            )
            return False
        bar = _Bar(bars, offer.name)
        try:
            received = await self._me.transfers.receive(
                offer, self._into, on_progress=bar.show, relay_only=self._relay_only
            )
        except (RpcError, TransferError, OSError) as error:
            tell_error(f"{offer.name} from {author.name}: {error}")
            return False
        finally:
            bar.remove()
        self._remember(received)
        tell(f"{safe(str(received.path))} from {safe(author.name)}, verified. It came {_WAYS[received.way]}.")
        return True

    def _remember(self, received: Received) -> None:
        self._taken = [*self._taken, received.transfer][-_TAKEN_MAX:]
        temporary = self._record.with_suffix(".new")
        temporary.write_text(json.dumps(self._taken))
        temporary.replace(self._record)


class _Bar:
    """One transfer's progress bar."""

    def __init__(self, bars: Bars, name: str) -> None:
        self._bars = bars
        self._task: TaskID = bars.add_task(safe(name), total=None, phase="")

    def show(self, progress: Progress) -> None:
        way = "" if progress.way is Way.UNKNOWN else f" ({progress.way.name.lower()})"
        self._bars.update(
            self._task,
            total=progress.size_bytes,
            completed=progress.done_bytes,
            phase=f"{_PHASES[progress.phase]}{way}",
        )

    def remove(self) -> None:
        self._bars.remove_task(self._task)


def _bars() -> Bars:
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[phase]}"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _read_taken(path: Path) -> list[str]:
    try:
        taken = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [each for each in taken if isinstance(each, str)] if isinstance(taken, list) else []
