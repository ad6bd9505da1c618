"""`hutong bot`: accounts for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from hutong.cli.session import HomeOption, ServerOption, run, tell, with_client
from hutong.client import Client, methods
from hutong.schema import bots_pb2


def bot(
    handle: Annotated[
        str | None, typer.Argument(help="The handle of a new bot; without, yours are listed.")
    ] = None,
    name: Annotated[str, typer.Option(help="What people see; the handle unless given.")] = "",
    server: ServerOption = None,
    home: HomeOption = None,
) -> None:
    """Make an account for a program, and print its token: it is shown this once."""

    async def work(me: Client) -> None:
        if handle is None:
            bots = (await me.call(methods.LIST_BOTS, bots_pb2.ListBotsRequest())).bots
            for each in bots:
                tell(f"@{each.profile.handle}  {each.profile.name}")
            if not bots:
                tell("You have no bots. `hutong bot HANDLE` makes one.")
            return
        request = bots_pb2.CreateBotRequest(handle=handle, name=name or handle)
        tell((await me.call(methods.CREATE_BOT, request)).token)

    run(with_client(server, home, work))
