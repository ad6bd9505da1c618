"""`hutong send` and `hutong receive`: files from device to device."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.progress import Progress as Bars

from hutong.cli.network import network_watched
from hutong.cli.progress import WAYS, Bar, bars
from hutong.cli.session import (
    HomeOption,
    ServerOption,
    run,
    safe,
    tell,
    tell_error,
    with_client,
)
from hutong.client import Client, Event
from hutong.client.transfers import IncomingOffer, Received, TransferError, Way
from hutong.platform.errors import RpcError

RelayOption = Annotated[bool, typer.Option("--relay-only", help="Do not show the other device your address.")]


class Words(StrEnum):
    """Languages of codes."""

    ENGLISH = "en"
    CHINESE = "zh"


# Ids of transfers that were taken, so that a stored one is not taken twice.
_TAKEN = "received.json"
_TAKEN_MAX = 1_000
_AT_ONCE_MAX = 3
# Left on the disk for everything else.
_SPARE_BYTES = 64 * 1024 * 1024


def send(
    files: Annotated[list[Path], typer.Argument(exists=True, readable=True, help="Files and folders.")],
    to: Annotated[
        str | None,
        typer.Option("--to", help="The handle of one of your contacts; without it, anybody with the code."),
    ] = None,
    server: ServerOption = None,
    home: HomeOption = None,
    *,
    relay_only: RelayOption = False,
    wait_s: Annotated[
        int, typer.Option("--wait", help="With --to: seconds to wait for an answer, then store it.")
    ] = 300,
    words: Annotated[
        Words | None, typer.Option("--words", help="Language of the code's words.", case_sensitive=False)
    ] = None,
) -> None:
    """Send files: to a contact, or to anybody to whom you say a code.

    A contact's files go directly if they are taken now, else through the server's storage. With a code the
    other side needs no account: it opens a link or runs `hutong receive CODE`, while this command runs.
    """
    if to is None:
        from hutong.cli.quick import send_by_code

        run(with_client(server, home, send_by_code(files, words, relay_only=relay_only), signed_in=False))
        return

    async def work(me: Client) -> None:
        conversation = await me.open(to)
        async with network_watched(me, relay_only=relay_only):
            for file in files:
                with bars() as shown:
                    bar = Bar(shown, file.name)
                    delivered = await me.transfers.send(
                        conversation,
                        file,
                        on_progress=bar.show,
                        accept_within_s=wait_s,
                        relay_only=relay_only,
                    )
                who = safe(conversation.title)
                stored = delivered.way is Way.STORED
                verb = f"waits for {who}" if stored else f"arrived at {who}'s device, verified"
                tell(f"{safe(file.name)} {verb}. It went {WAYS[delivered.way]}.")

    run(with_client(server, home, work))


def receive(
    code: Annotated[
        list[str] | None,
        typer.Argument(help="The code or the link somebody gave you; without it, what your contacts send."),
    ] = None,
    into: Annotated[Path, typer.Option("--into", file_okay=False, help="Where files are put.")] = Path(),
    server: ServerOption = None,
    home: HomeOption = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Without a code: end after one file.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With a code: do not ask, take it.")] = False,
    relay_only: RelayOption = False,
) -> None:
    """Take what is behind a code; without one, what your contacts offer, until Ctrl-C."""
    if code:
        from hutong.cli.quick import receive_by_code, server_of

        said = " ".join(code)
        work = receive_by_code(said, into, yes=yes, relay_only=relay_only)
        run(with_client(server_of(said) or server, home, work, signed_in=False))
        return

    async def take(me: Client) -> None:
        into.mkdir(parents=True, exist_ok=True)
        async with network_watched(me, relay_only=relay_only):
            await _Receiver(me, into, relay_only=relay_only).run(once=once)

    run(with_client(server, home, take))


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
        with bars() as shown:
            try:
                async for offer in self._offers():
                    task = asyncio.create_task(self._take(shown, offer))
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

    async def _take(self, shown: Bars, offer: IncomingOffer) -> bool:
        author = await self._me.person(offer.author)
        free_bytes = shutil.disk_usage(self._into).free - _SPARE_BYTES
        if offer.size_bytes > free_bytes:
            tell_error(
                f"{offer.name} from {author.name} has {decimal(offer.size_bytes)}, "
                f"and there is room for {decimal(max(free_bytes, 0))}."
            )
            return False
        bar = Bar(shown, offer.name)
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
        tell(f"{safe(str(received.path))} from {safe(author.name)}, verified. It came {WAYS[received.way]}.")
        return True

    def _remember(self, received: Received) -> None:
        self._taken = [*self._taken, received.transfer][-_TAKEN_MAX:]
        temporary = self._record.with_suffix(".new")
        temporary.write_text(json.dumps(self._taken))
        temporary.replace(self._record)


def _read_taken(path: Path) -> list[str]:
    try:
        taken = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [each for each in taken if isinstance(each, str)] if isinstance(taken, list) else []
