"""One person's client in a process of its own, for `bench.transfer`.

`python -m bench._transfer_end URL FOLDER send` sends the files whose paths it reads, `... receive` takes what
is offered. Each answers with a line. `HUTONG_BENCH_RELAY=1` keeps them on the relay.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path

import uvloop

from hutong.client import Client, Event
from hutong.client.transfers import IncomingOffer

_RELAY_ONLY = os.environ.get("HUTONG_BENCH_RELAY") == "1"


def _tell(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def _send(me: Client) -> None:
    await me.contacts.ask((await me.contacts.find("receiver")).person)
    _tell(ready=True)
    loop = asyncio.get_running_loop()
    while path := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        conversation = await me.open("receiver")
        started = time.monotonic()
        delivered = await me.transfers.send(conversation, Path(path), relay_only=_RELAY_ONLY)
        seconds = time.monotonic() - started
        _tell(seconds=seconds, way=delivered.way.name.lower(), peak_bytes=_peak_bytes())


async def _receive(me: Client, into: Path) -> None:
    _tell(ready=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await me.contacts.ask((await me.contacts.find("sender")).person)
    events = me.events()
    await me.caught_up()
    _tell(ready=True)
    async for event in events:
        offer = IncomingOffer.of(event) if isinstance(event, Event) else None
        if offer is not None and offer.author != me.me.user:
            received = await me.transfers.receive(offer, into, relay_only=_RELAY_ONLY)
            _tell(path=str(received.path), peak_bytes=_peak_bytes())


async def _main(url: str, folder: Path, role: str) -> None:
    async with Client(url, home=folder / "home", catch_up=False) as me:
        await me.sign_up("sender" if role == "send" else "receiver", "correct horse")
        await (_send(me) if role == "send" else _receive(me, folder))


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
