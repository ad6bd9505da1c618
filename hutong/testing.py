"""A kit for tests: a server in this process on a real SQLite file, and clients without a socket."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from hutong.app import Core, build_core
from hutong.features.contacts.api import Contacts
from hutong.local import Client, LocalServer, MemoryCarrier
from hutong.platform.clock import Clock, ManualClock, Randomness
from hutong.platform.errors import RpcError
from hutong.platform.settings import Settings
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2

__all__ = ["Client", "MemoryCarrier", "TestServer", "refused"]


@contextmanager
def refused(kind: type[RpcError], reason: str) -> Iterator[None]:
    """Expect a request to be refused with this code and reason."""
    refusal = None
    try:
        yield
    except RpcError as error:
        refusal = error
    assert refusal is not None, f"not refused, though {kind.__name__} ({reason}) was expected"
    assert (type(refusal), refusal.reason) == (kind, reason), f"refused otherwise: {refusal!r}"


def _connect(contacts: Contacts, one: str, other: str, tx: Transaction) -> None:
    contacts.connect(tx, one, other)


class TestServer(LocalServer):
    """A core on a folder of its own."""

    __test__ = False  # not a test class, whatever its name

    def __init__(self, core: Core, clock: ManualClock) -> None:
        # Not seeded: keys must not repeat when a test opens the same folder again.
        super().__init__(core, Randomness())
        self.clock = clock

    @classmethod
    @asynccontextmanager
    async def run(
        cls,
        folder: Path,
        *,
        clock: Clock | None = None,
        random: Randomness | None = None,
        **settings: Any,
    ) -> AsyncIterator[TestServer]:
        """Open the folder's server; close it in the end."""
        manual = clock if isinstance(clock, ManualClock) else ManualClock()
        core = build_core(Settings(data=folder, **settings), clock=clock or manual, random=random)
        await core.start()
        try:
            yield cls(core, manual)
        finally:
            await core.close()

    async def people(self, *handles: str) -> list[Client]:
        """Sign people up, each with one connected device."""
        return [await Client(self).sign_up(handle) for handle in handles]

    async def friends(self, *handles: str) -> list[Client]:
        """Sign people up who are all contacts of each other."""
        people = await self.people(*handles)
        contacts = self.core.platform.use(Contacts)
        for one, other in itertools.combinations(people, 2):
            await self.core.platform.writer.work(partial(_connect, contacts, one.user, other.user))
        return people

    async def conversation(self, one: Client, other: Client) -> str:
        """Return the log of two contacts' conversation."""
        reply = await one.call("Chat.Open", chat_pb2.OpenRequest(user=other.user))
        return str(reply.conversation.log)
