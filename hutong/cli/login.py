"""`hutong login` and `hutong logout`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from hutong.cli.session import HomeOption, ServerOption, remember_server, run, safe, tell, with_client
from hutong.client import Client
from hutong.platform.errors import FailedPrecondition


def login(
    handle: Annotated[str, typer.Argument(help="Your handle, 3 to 32 letters, digits or _.")],
    server: ServerOption = None,
    home: HomeOption = None,
    *,
    new: Annotated[bool, typer.Option("--new", help="Create the account.")] = False,
    name: Annotated[str, typer.Option(help="What people see, for a new account.")] = "",
    invitation: Annotated[str, typer.Option(help="The first administrator's token.")] = "",
    device: Annotated[str, typer.Option(help="What this device is called.")] = "",
) -> None:
    """Sign in on this device, or sign up with --new.

    The password is asked for, or read from HUTONG_PASSWORD or standard input.
    """

    async def work(me: Client) -> None:
        if me.signed_in:
            raise FailedPrecondition(
                f"You are signed in as @{me.me.handle} already. First: hutong logout", reason="signed_in"
            )
        if not me.address.vouched and not me.address.loopback:
            tell(
                "[yellow]Nothing but this first contact says that this is the server you mean.[/] Its root "
                f"key is {me.server_root}; compare it with what hutong serve prints there."
            )
        password = _password(new=new)
        if new:
            person = await me.sign_up(handle, password, name=name, invitation=invitation, device_name=device)
        else:
            person = await me.log_in(handle, password, device_name=device)
        remember_server(home, me)
        where = safe(f"{me.server_name} ({me.address.authority})")
        tell(f"Signed in at {where} as [bold]{safe(person.name)}[/] @{person.handle}.")

    run(with_client(server, home, work, signed_in=False))


def logout(server: ServerOption = None, home: HomeOption = None) -> None:
    """Sign this device out for good and forget its key."""

    async def work(me: Client) -> None:
        handle = me.me.handle
        await me.log_out()
        tell(f"Signed out @{handle}.")

    run(with_client(server, home, work))


def _password(*, new: bool) -> str:
    given = os.environ.get("HUTONG_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=new))
