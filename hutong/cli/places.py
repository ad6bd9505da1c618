"""Where `hutong chat` is to talk: with somebody by their handle, in a group by its title or by a link."""

from __future__ import annotations

from hutong.client import Client, Conversation
from hutong.client.invites import token_of
from hutong.platform.errors import FailedPrecondition, NotFound


async def place_of(me: Client, name: str) -> Conversation | None:
    """Return the conversation a name stands for; None when one has to wait to be let in.

    Raises `NotFound`, and `FailedPrecondition` for a title that several groups have.
    """
    token = token_of(name)
    if token:
        return await me.invites.join(token)
    groups = [each for each in await me.conversations() if each.group and _same(each.title, name)]
    if name.startswith("@") or not groups:
        return await me.open(name)
    try:
        return await me.open(name)
    except NotFound:
        if len(groups) > 1:
            raise FailedPrecondition(f"{len(groups)} of your groups are called {name}.") from None
        return groups[0]


def _same(title: str, name: str) -> bool:
    return title.casefold() == name.strip().casefold()
