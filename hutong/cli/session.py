"""What the commands of a person have in common: which server, which device, and how an error is told.

Exit codes: 0 done, 1 it did not work, 2 wrong usage, 3 the server cannot be reached, 4 not signed in.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import unicodedata
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.markup import escape

from hutong.client import AddressError, Client, HomeError, UnreachableError, parse_address
from hutong.client.home import default_root
from hutong.client.transfers import TransferError
from hutong.platform.errors import RpcError, Unauthenticated

FAILED, USAGE, UNREACHABLE, SIGNED_OUT = 1, 2, 3, 4
# Control, format (bidirectional overrides among them), surrogate, private use, unassigned.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Format characters that scripts and emoji need.
_JOINERS = frozenset("\u200c\u200d")
_CURRENT = "server"
_DEFAULT_SERVER = "http://localhost:8300"

console = Console(highlight=False, soft_wrap=True)
errors = Console(highlight=False, soft_wrap=True, stderr=True)

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="HUTONG_SERVER",
        help="Address of the server; by default the one you last logged in to.",
    ),
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", envvar="HUTONG_HOME", help="Folder for this device's keys, one below it a server."
    ),
]


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command; turn what went wrong into a sentence and an exit code."""
    try:
        uvloop.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Unauthenticated as error:
        if error.reason == "wrong_password":
            tell_error(str(error))
            raise typer.Exit(FAILED) from error
        tell_error(f"{error} Try: hutong login")
        raise typer.Exit(SIGNED_OUT) from error
    except UnreachableError as error:
        tell_error(str(error))
        raise typer.Exit(UNREACHABLE) from error
    except (AddressError, HomeError) as error:
        tell_error(str(error))
        raise typer.Exit(USAGE) from error
    except (RpcError, TransferError) as error:
        tell_error(str(error))
        raise typer.Exit(FAILED) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        tell_error(f"{where}{error.strerror or error}")
        raise typer.Exit(FAILED) from error


async def with_client(
    server: str | None,
    home: Path | None,
    work: Callable[[Client], Awaitable[None]],
    *,
    signed_in: bool = True,
) -> None:
    """Connect as this device and do something. Raises what `run` tells."""
    root = home or default_root()
    address = parse_address(server or _current(root) or _DEFAULT_SERVER)
    async with Client(address, home=root / address.folder_name, catch_up=False) as me:
        if signed_in and not me.signed_in:
            raise Unauthenticated(f"You are not signed in at {address.authority}.", reason="signed_out")
        await work(me)


def remember_server(home: Path | None, client: Client) -> None:
    """Make this the server of the commands to come."""
    root = home or default_root()
    (root / _CURRENT).write_text(f"{client.address}\n")


def _current(root: Path) -> str:
    try:
        return (root / _CURRENT).read_text().strip()
    except OSError:
        return ""


def tell(text: str) -> None:
    """Print a line; the text may hold markup, so what people wrote has to be escaped."""
    console.print(text)
    sys.stdout.flush()


def tell_error(text: str) -> None:
    """Print a line about something that did not work."""
    errors.print(f"[red]{safe(text)}[/]")


def safe(text: str) -> str:
    """Return what somebody else wrote, fit for a terminal: no markup, no control or bidi characters."""
    shown = (
        sign if sign == "\n" or unicodedata.category(sign) not in _UNSHOWN or sign in _JOINERS else "\ufffd"
        for sign in text
    )
    # Lines after the first are set in, so that nobody's text looks like somebody else's message.
    return escape("".join(shown).replace("\n", "\n      "))


async def lines() -> asyncio.Queue[str | None]:
    """Return a queue of the lines of standard input, then None. Works with terminals, pipes and files."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1000)

    def read() -> None:
        for line in sys.stdin:
            asyncio.run_coroutine_threadsafe(queue.put(line.rstrip("\n")), loop).result()
        asyncio.run_coroutine_threadsafe(queue.put(None), loop).result()

    # A daemon, because nothing can wake it from waiting for a line when the command ends.
    threading.Thread(target=read, daemon=True).start()
    return queue
