"""What `hutong send` and `hutong receive` say about the network while files go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hutong.cli.session import tell
from hutong.client import Client
from hutong.client.nat import Chance
from hutong.client.nat_watch import Surroundings

_WORDS = {
    Chance.NONE: "UDP does not pass here: files take the relay, or TCP.",
    Chance.SOME: "This network gives each destination another port: some direct paths will not open.",
}
_BETTER = "The network has changed; direct paths are likely again."


@asynccontextmanager
async def network_watched(me: Client, *, relay_only: bool) -> AsyncIterator[None]:
    """Keep a way in open for direct paths, and tell when there will hardly be one.

    Who shows nobody an address (`relay_only`) needs no way in.
    """
    if relay_only:
        yield
        return
    told = ""

    def changed(now: Surroundings) -> None:
        nonlocal told
        words = _WORDS.get(now.chance, "")
        if words != told:
            told = words
            tell(f"[dim]{words or _BETTER}[/]")

    async with me.nat.watching(changed):
        yield
