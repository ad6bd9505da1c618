"""The `Pins` service."""

from __future__ import annotations

from hutong.features.chat.api import Chat
from hutong.features.pins import store
from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition, PermissionDenied, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import pins_pb2 as pb

PINS = Rate("pin", burst=60, every_s=1)
PINS_MAX = 50


class PinsService:
    """Answers `hutong.pins.Pins`. A message that is erased is not pinned any more; no event says so."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._chat.on_erased(store.remove)

    def pin(self, caller: Caller, request: pb.PinRequest) -> Pending[pb.PinReply]:
        """Pin a message, or unpin it. What is so already changes nothing."""
        user, log, seq, on = caller.user, request.log, request.seq, request.on
        self._platform.limits.spend(PINS, user)

        def pin(tx: Transaction) -> pb.PinReply:
            room = self._chat.writable_room(tx, log, user)
            if room.group and user not in room.stewards:
                raise PermissionDenied("Only the owner and admins pin messages.", reason="admins_only")
            if not self._chat.said(tx, log, user, seq).body:
                raise FailedPrecondition("This message was recalled.", reason="recalled")
            pinned = store.pins_of(tx, log)
            if on == (seq in pinned):
                return pb.PinReply()
            if on and len(pinned) >= PINS_MAX:
                raise ResourceExhausted(f"At most {PINS_MAX} pinned messages.", reason="too_many_pins")
            appended = tx.append(log, pb.Pinned(seq=seq, on=on), author=user)
            if on:
                store.put(tx, log, seq, appended.seq)
            else:
                store.remove(tx, log, seq)
            return pb.PinReply()

        return caller.write(self._platform.writer, pb.PinReply, pin)

    async def list(self, caller: Caller, request: pb.ListRequest) -> pb.ListReply:
        """Return what is pinned, as far as the caller may see it."""
        user, log = caller.user, request.log

        def read(executor: Executor) -> pb.ListReply:
            self._chat.room(executor, log, user)
            first = self._platform.logs.first_readable(executor, user, log)
            return pb.ListReply(seqs=[seq for seq in store.pins_of(executor, log) if seq >= first])

        return await self._platform.read(read)
