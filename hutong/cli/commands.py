"""The table of commands.

A command's module is loaded when it is asked for: `hutong chat` need not wait for what `serve` needs.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, cast

import typer
from typer.core import TyperGroup

# In the order of the help text: the command's name is the function's name in its module.
MODULES = {
    "serve": "hutong.cli.serve",
    "core": "hutong.cli.core",
    "edge": "hutong.cli.edge",
    "demo": "hutong.cli.demo",
    "doctor": "hutong.cli.doctor",
    "login": "hutong.cli.login",
    "logout": "hutong.cli.login",
    "chat": "hutong.cli.chat",
    "search": "hutong.cli.search",
    "bot": "hutong.cli.bot",
    "send": "hutong.cli.files",
    "receive": "hutong.cli.files",
}


class _Commands(Mapping[str, Any]):
    """Builds each command from its function, once."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            function = getattr(importlib.import_module(MODULES[name]), name)
            alone = typer.Typer(add_completion=False)
            alone.command()(function)
            self._built[name] = typer.main.get_command(alone)
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class CommandGroup(TyperGroup):
    """The commands of `MODULES`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = cast("Any", _Commands())
