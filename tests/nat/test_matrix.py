"""Every kind of NAT with every other: a file arrives, directly where that can be, else over the relay."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .network import Network, missing
from .rules import Nat
from .theory import LUCK, MISS, RELAY, agrees, expected, linger_s, pairs, table
from .town import Town, TownError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/nat.md"
WRITE = "HUTONG_WRITE_NAT_MATRIX"
_AT_ONCE = 7
# Four chunks: the one that is begun on the relay ends there.
_FILE_BYTES = 1_000_000
# A pair that had too little of a busy processor is tried again alone: theory says what can open,
# not how soon. More than these are no accident.
_AGAIN_MAX = 4
# Guessing misses once in a while, and has to open a path in one of so many attempts.
_LUCK_TRIES = 5

pytestmark = [
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("nat"),
    pytest.mark.skipif(bool(missing()), reason=missing() or "-"),
]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    network = Network()
    town: Town | None = None
    try:
        network.build()
        town = Town(network, tmp_path)
        await town.open(pairs())
        yield town
    finally:
        if town is not None:
            await town.close()
        network.close()


def _document(found: str) -> str:
    return f"""# Which way a file takes between two networks

Written by `tests/nat` (root, Linux network namespaces, nftables), which compares it with theory:
`{WRITE}=1 pytest tests/nat` writes it again. Two Python clients with a router each, one server in between,
one file a pair. **direct** is from device to device, by QUIC over UDP or by TCP, **relayed** over the
built-in relay.

{found}

- A device behind a *full cone* is reached by anybody once its port is open; *address-restricted* by those it
  has sent something to; *port-restricted* only from the very port it has sent to; *symmetric* takes another
  port for each of them, which the others do not know. *Double NAT* is one port-restricted router behind
  another.
- *After guessing*: the port-restricted side tries 1,000 ports of the symmetric one, which has opened 256.
  They meet within five seconds, most often within one. An attempt misses with a chance of {MISS:.1%}
  ((1 - 256/64,512)^1,000), and the relay carries until one of the next does not. Such a pair stands in the
  table when one of {_LUCK_TRIES} attempts was direct; the chance that all miss is {MISS**_LUCK_TRIES:.0e}.
- Where UDP is blocked, both connect over TCP at the same moment. Where only port 443 is open, the device
  reaches the relay over TCP and nobody else. A symmetric router takes another port for each TCP connection,
  too.
- "Only TCP 443" needs the relay on port 443 of an address of its own: `relay_port`, `relay_address`.
"""


async def _way(town: Town, sender: Nat, receiver: Nat) -> str:
    try:
        return await town.transfer(
            sender, receiver, os.urandom(_FILE_BYTES), linger_s=linger_s(sender, receiver)
        )
    except (TownError, TimeoutError) as error:
        return f"failed ({error})"


async def test_the_matrix(town: Town) -> None:
    """PUNCH1, PUNCH6, PUNCH8, PUNCH10."""
    started_s = time.monotonic()
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(sender: Nat, receiver: Nat) -> str:
        async with slots:
            way = await _way(town, sender, receiver)
            sys.stdout.write(
                f"{time.monotonic() - started_s:5.1f} {sender.value} -> {receiver.value}: {way}\n"
            )
            return way

    ways = await asyncio.gather(*(one(*pair) for pair in pairs()))
    matrix = dict(zip(pairs(), ways, strict=True))
    guessed = [pair for pair in pairs() if expected(*pair) == LUCK]
    for pair in guessed * (_LUCK_TRIES - 1):
        if matrix[pair] == RELAY:
            matrix[pair] = await _way(town, *pair)
    again = [pair for pair in pairs() if not agrees(matrix[pair], *pair)]
    if len(again) <= _AGAIN_MAX:
        for pair in again * 2:
            if not agrees(matrix[pair], *pair):
                matrix[pair] = await _way(town, *pair)
    lucky = {pair: LUCK for pair in guessed if agrees(matrix[pair], *pair)}
    found = table({**matrix, **lucky})
    sys.stdout.write(f"\n{found}\n{time.monotonic() - started_s:.1f} s, {len(again)} tried again\n")
    assert {**matrix, **lucky} == {pair: expected(*pair) for pair in pairs()}
    if os.environ.get(WRITE):
        DOCUMENT.write_text(_document(found))
    assert DOCUMENT.read_text() == _document(found), f"run it with {WRITE}=1 to write docs/nat.md"
