"""A person in a namespace: the Python client, told what to do on standard input, a JSON line each.

`python -m tests.nat.person ADDRESS HANDLE FOLDER`. Takes every file that is offered.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from hutong.client import Client, Event
from hutong.client.transfers import IncomingOffer

from .observed import Observed, observe, pace

PASSWORD = "correct horse"


def tell(**values: Any) -> None:
    """Write a line for whoever started this."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


class Person:
    """One client and what it is doing."""

    def __init__(self, me: Client, folder: Path) -> None:
        self._me = me
        self._into = folder / "received"
        self._into.mkdir()
        self._tasks: set[asyncio.Task[None]] = set()
        self._observed: dict[str, Observed] = {}
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Listen to offers and commands until the end of input."""
        events = self._me.events()
        await self._me.caught_up()
        self._start("listen", self._listen(events))
        tell(ready=True)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while line := await reader.readline():
            command = json.loads(line)
            self._start(command["id"], self._do(command))
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _listen(self, events: Any) -> None:
        async for event in events:
            offer = IncomingOffer.of(event) if isinstance(event, Event) else None
            if offer is not None and offer.author != self._me.me.user:
                self._start(offer.name, self._receive(offer))

    async def _receive(self, offer: IncomingOffer) -> None:
        observed = self._observed[offer.name] = Observed()
        with observe(observed):
            received = await self._me.transfers.receive(offer, self._into)
        way = received.way.name.lower()
        tell(id=offer.name, way=way, path=str(received.path), line=observed.line, **observed.told())

    async def _do(self, command: dict[str, Any]) -> None:
        if command["do"] == "know":
            await self._me.contacts.ask((await self._me.contacts.find(command["handle"])).person)
            tell(id=command["id"])
        elif command["do"] == "observed":
            observed = self._observed.get(command["file"], Observed())
            tell(id=command["id"], **observed.told())
        elif command["do"] == "hurry":
            self._hurry.set()
            tell(id=command["id"])
        else:
            conversation = await self._me.open(command["to"])
            with pace(command["bytes_per_s"], command["linger_s"], self._hurry):
                delivered = await self._me.transfers.send(conversation, Path(command["path"]))
            tell(id=command["id"], way=delivered.way.name.lower())

    def _start(self, name: str, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._told(name, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _told(name: str, work: Any) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  whoever waits for it has to hear of it
            tell(id=name, error=f"{type(error).__name__}: {error}")


async def main(address: str, handle: str, folder: Path) -> None:
    """Sign up and live."""
    async with Client(address, home=folder / "home", patience_s=20) as me:
        await me.sign_up(handle, PASSWORD)
        await Person(me, folder).run()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
