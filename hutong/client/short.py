"""The short link: open, ask, close (LINK40, LINK56)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message as Body

from hutong.client.account import Account
from hutong.client.address import Address
from hutong.client.connection import Connection
from hutong.client.home import Home
from hutong.client.keepsake import Keepsake
from hutong.client.methods import Method
from hutong.client.pushes import Pushes
from hutong.platform.clock import SystemClock

Q = TypeVar("Q", bound=Body)
R = TypeVar("R", bound=Body)


async def ask_once(
    address: Address, folder: Path, method: Method[Q, R], request: Q, *, deadline_s: float
) -> R:
    """Ask one thing as the device of a home's folder, or as nobody. Raises as `Client.once`."""
    clock = SystemClock()
    home, memory, pushes = Home(folder), Keepsake(), Pushes()
    memory.open(home)
    connection = Connection(address, pushes, memory=memory, clock=clock)
    account = Account(home, connection, clock)
    pushes.add(account)
    account.begin(0.0)
    asking = asyncio.ensure_future(connection.call(method, request, deadline_s=deadline_s))
    arriving = asyncio.ensure_future(account.arrived())
    try:
        await asyncio.wait([asking, arriving], return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            await arriving
        return await asking
    finally:
        asking.cancel()
        arriving.cancel()
        await asyncio.gather(asking, arriving, return_exceptions=True)
        await connection.close()
