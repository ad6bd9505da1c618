"""`hutong send FILE...` and `hutong receive CODE`: files by a code, without an account."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import segno
import typer
from rich.filesize import decimal

from hutong.cli.files import Words
from hutong.cli.progress import WAYS, Bar, bars
from hutong.cli.session import FAILED, USAGE, console, lines, safe, tell, tell_error
from hutong.client import Client
from hutong.client.quicksend import QuickReceiver, QuickSender
from hutong.protocols.quicksend import Code, CodeError, Language, parse_code
from hutong.schema import quicksend_pb2 as pb

Work = Callable[[Client], Awaitable[None]]

_SHOWN_MAX = 20
# Left on the disk for everything else.
_SPARE_BYTES = 64 * 1024 * 1024


def send_by_code(files: list[Path], words: Words | None, *, relay_only: bool) -> Work:
    """Return what `hutong send` does without `--to`."""
    language = Language(words.value) if words is not None else _language()

    async def work(me: Client) -> None:
        sender = await QuickSender.open(me.connection, me.pushes, me.address, files)
        try:
            _show(sender, language, here=me.address.loopback)
            with bars() as shown:
                bar = Bar(shown, sender.offer.name)
                way = await sender.run(bar.show, relay_only=relay_only)
            tell(f"{safe(sender.offer.name)} has arrived, verified. It went {WAYS[way]}.")
        finally:
            await sender.close()

    return work


def receive_by_code(said: str, into: Path, *, yes: bool, relay_only: bool) -> Work:
    """Return what `hutong receive CODE` does. A code that cannot be one costs no guess."""
    try:
        code = parse_code(said)
    except CodeError as error:
        tell_error(str(error))
        raise typer.Exit(USAGE) from error

    async def work(me: Client) -> None:
        into.mkdir(parents=True, exist_ok=True)
        receiver = await _join(me, code)
        try:
            _show_offer(receiver.offer)
            if not _has_room(receiver.offer, into) or not (yes or await _agrees()):
                raise typer.Exit(FAILED)
            with bars() as shown:
                bar = Bar(shown, receiver.offer.name)
                taken = await receiver.accept(into, bar.show, relay_only=relay_only)
            tell(f"{safe(str(taken.path))} is here, verified. It came {WAYS[taken.way]}.")
        finally:
            await receiver.close()

    return work


def server_of(said: str) -> str:
    """Return the server of a link, or ''."""
    url = urlsplit(said.strip())
    return f"{url.scheme}://{url.netloc}" if url.scheme in {"http", "https"} and url.netloc else ""


async def _join(me: Client, code: Code) -> QuickReceiver:
    tell("[dim]Looking for the sender.[/]")
    return await QuickReceiver.join(me.connection, me.pushes, code)


def _show(sender: QuickSender, language: Language, *, here: bool) -> None:
    text = sender.code.text(language)
    offer = sender.offer
    tell(f"{safe(offer.name)}, {decimal(offer.size_bytes)}. Say this code to one person:")
    tell(f"\n    [bold]{text}[/]\n")
    tell(f"They run: hutong receive {text}")
    if sender.link:
        tell(f"or open: {safe(sender.link)}")
        if here:
            tell("[dim]That address is this machine's own: from elsewhere it leads nowhere.[/]")
        elif console.is_terminal:
            picture = io.StringIO()
            segno.make(sender.link, error="l").terminal(picture, compact=True)
            sys.stdout.write(f"\n{picture.getvalue()}\n")
    tell("[dim]The code is good once, for an hour, while this command runs. Ctrl-C calls it off.[/]")
    tell("[dim]Nobody but the two of you can read the files, not even whoever runs the server.[/]")


def _show_offer(offer: pb.Offer) -> None:
    tell(f"[bold]{safe(offer.name)}[/], {decimal(offer.size_bytes)}")
    if offer.files:
        for file in offer.listed[:_SHOWN_MAX]:
            tell(f"    {safe(file.path)}, {decimal(file.size_bytes)}")
        more = offer.files - min(_SHOWN_MAX, len(offer.listed))
        if more > 0:
            tell(f"    and {more} more")


def _has_room(offer: pb.Offer, into: Path) -> bool:
    free_bytes = max(0, shutil.disk_usage(into).free - _SPARE_BYTES)
    if offer.size_bytes <= free_bytes:
        return True
    tell_error(f"There is room for {decimal(free_bytes)} only.")
    return False


async def _agrees() -> bool:
    """Ask; silence is no agreement."""
    tell("Take it? [dim](y/n)[/]")
    answer = await (await lines()).get()
    if (answer or "").strip().casefold() in {"y", "yes", "j", "是", "好"}:
        return True
    tell("Not taken.")
    return False


def _language() -> Language:
    """Return the language of the terminal's words."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Language.CHINESE if named.startswith("zh") else Language.ENGLISH
