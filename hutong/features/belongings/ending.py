"""The end of an account, and of what it said if its owner wants that."""

from __future__ import annotations

import asyncio
import contextlib

from hutong.features.belongings import store
from hutong.features.chat.api import Traces
from hutong.features.identity.api import Identity
from hutong.platform import journal
from hutong.platform.errors import PermissionDenied
from hutong.platform.feature import Platform
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import belongings_pb2 as pb

# So many messages are taken back with one commit: others want to write meanwhile.
_AT_ONCE = 50
_PAUSE_S = 0.05
_AGAIN_S = 5.0

log = journal.get(__name__)


class Ending:
    """The part of `Belongings` for leaving."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._identity = platform.use(Identity)
        self._traces = platform.use(Traces)
        self._wanted = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Go on with what an earlier process did not finish."""
        self._wanted.set()
        self._work = asyncio.get_running_loop().create_task(self._take_back_all())

    async def on_stop(self) -> None:
        """Leave the rest for the next start."""
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work

    async def delete_account(self, caller: Caller, request: pb.DeleteAccountRequest) -> pb.DeleteAccountReply:
        """End the caller's account."""
        user, device, messages = caller.user, caller.device, request.messages
        matches = await self._identity.has_password(user, request.password)

        def end(tx: Transaction) -> pb.DeleteAccountReply:
            # Refused in here: a retry finds no password any more, and still gets its first answer.
            if not matches:
                raise PermissionDenied("The password is wrong.", reason="wrong_password")
            self._identity.delete(tx, user, asking=device)
            if messages:
                store.put_taking_back(tx, user)
            return pb.DeleteAccountReply()

        # The digest that is kept to know a retry again must not help anybody to guess the password.
        body = pb.DeleteAccountRequest(messages=messages).SerializeToString()
        reply = await caller.write(self._platform.writer, pb.DeleteAccountReply, end, body)
        self._wanted.set()
        return reply

    async def _take_back_all(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                for user in await self._platform.read(store.all_taking_back):
                    await self._take_back(user)
            except Exception:  # whatever it was, what is promised is tried again
                log.exception("taking_back_failed")
                self._platform.clock.call_later(_AGAIN_S, self._wanted.set)

    async def _take_back(self, user: str) -> None:
        for name in await self._platform.read(lambda read: self._traces.wrote_in(read, user)):
            more = True
            while more:
                more = await self._platform.writer.work(
                    lambda tx, name=name: self._traces.recall_own(tx, name, user, _AT_ONCE)  # type: ignore[misc]
                )
                await asyncio.sleep(_PAUSE_S)
        await self._platform.writer.work(lambda tx: store.remove_taking_back(tx, user))
