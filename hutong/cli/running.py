"""What the long-lived commands share: sockets, signals, and what is said when they cannot start."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from hutong.platform import journal
from hutong.platform.settings import Settings, SettingsError

# With a thread that writes beside the loop, the default of 5 ms would be added to many a commit.
_SWITCH_INTERVAL_S = 0.0005

console = Console(highlight=False)


@contextmanager
def explaining() -> Iterator[None]:
    """Say in a sentence why a command could not start, and end it."""
    try:
        yield
    except SettingsError as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(2) from error
    except OSError as error:
        console.print(f"[red]The server could not start: {error}.[/]")
        console.print("Is another one running? `hutong doctor` tells; --port chooses another port.")
        raise typer.Exit(1) from error


def prepare(settings: Settings) -> None:
    """Set this process up for many connections."""
    journal.configure(settings.log_level, readable=sys.stderr.isatty())
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    # A connection, an allocation each need a file descriptor.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def stop_signal() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def settle() -> None:
    """Be called when all stands: what lives now lives long, the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    # A message leaves no cycles behind. A thousand under way are 15,000 objects, which come and go with
    # every commit: at 10,000 the collector looked at them again and again, 3 us a message and 8 ms at a time.
    gc.set_threshold(50_000, 20, 50)
