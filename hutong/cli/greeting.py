"""What an edge says when it listens: its addresses, with the key that clients pin."""

from __future__ import annotations

import sys

import segno

from hutong.cli.running import console
from hutong.edge.server import Addresses


def greet(server_name: str, addresses: Addresses, invitation: str) -> None:
    """Print where the server is reached; `invitation` makes the first administrator, or is empty."""
    url, root = addresses.public_url, addresses.root
    console.print(f"\n  [bold]{server_name}[/] is open at [bold]{url}[/]")
    with_key = f"{url}/#root={root}"
    if sys.stdout.isatty():
        console.print()
        segno.make(with_key).terminal(compact=True)
    # The key stands behind the route, so that the page finds both.
    console.print(f"  To hand on, with the server's key: {with_key}", soft_wrap=True)
    if invitation:
        console.print(f"  First administrator: {url}/#/join/{invitation}/root={root}", soft_wrap=True)
    if addresses.link_port is not None:
        host = addresses.endpoints.link_host
        shown = f"[{host}]" if ":" in host else host
        console.print(
            f"  Python and command line: hutong://{shown}:{addresses.link_port}#root={root}",
            soft_wrap=True,
            markup=False,
        )
    if addresses.endpoints.relay_port:
        console.print(f"  STUN and TURN: {addresses.endpoints.relay_host}:{addresses.endpoints.relay_port}")


def last_words(folder: str) -> None:
    """Print what comes after all addresses."""
    console.print(f"  Data: {folder}   Stop with Ctrl-C.\n", soft_wrap=True)
    sys.stdout.flush()
