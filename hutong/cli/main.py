"""The `hutong` command. Each command is a module of its own, listed in `commands`."""

from __future__ import annotations

import typer

from hutong.cli.commands import CommandGroup

app = typer.Typer(
    name="hutong",
    cls=CommandGroup,
    help="Chat, calls and files on your own server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def hutong() -> None:
    """Chat, calls and files on your own server."""
