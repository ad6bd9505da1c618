"""Issues tickets and takes them back, for the link port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from hutong.edge.tickets.guard import EarlyDataGuard
from hutong.edge.tickets.store import IDENTITY_BYTES, KeptTicket, TicketStore, TicketStoreError
from hutong.platform import journal
from hutong.platform.clock import Clock, Randomness
from hutong.protocols.tls13 import ServerConnection, Ticket, TicketFormatError, TicketOffered
from hutong.protocols.tls13.limits import EARLY_DATA_BYTES_MAX

LIFE_S = 24 * 3600
# To each connection that signed in: one for the next, one for when that one is lost on its way.
ISSUED_AT_ONCE = 2
# A store that needs longer costs more than the round trip it saves.
ANSWER_S = 0.25
PURGE_EVERY_S = 600
_NONCE_BYTES = 8

log = journal.get(__name__)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A ticket that is out of the store: this connection may use it, and no other ever again."""

    ticket: Ticket
    tag: bytes
    early: bool  # whether early data may be taken


class TicketOffice:
    """One for an edge."""

    def __init__(self, store: TicketStore, clock: Clock, random: Randomness) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._guard = EarlyDataGuard(clock)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to purge now and then."""
        self._keep_up(self._purge())

    async def close(self) -> None:
        """Stop, and close the store."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._store.close()

    async def redeem(self, offered: TicketOffered, fits: Callable[[Ticket], bool]) -> Redeemed | None:
        """Return the offered ticket, taken out of the store, or None: the handshake goes on without.

        `fits` tells whether the client knows the ticket's secret; what it raises passes through, and the
        ticket stays. A store that fails or is slow means None, for a while without being asked.
        """
        if self._guard.store_is_sick:
            return None
        now_ms = self._clock.now_ms()
        try:
            async with asyncio.timeout(ANSWER_S):
                kept = await self._store.look(offered.identity, now_ms)
            if kept is None:
                return None
            ticket = Ticket.from_bytes(kept.secret)
            if not fits(ticket):
                return None
            async with asyncio.timeout(ANSWER_S):
                if await self._store.consume(offered.identity, now_ms) is None:
                    return None
        except (TicketStoreError, TicketFormatError, TimeoutError) as error:
            self._failed(error)
            return None
        claimed_age_ms = (offered.obfuscated_age - ticket.age_add) & 0xFFFFFFFF
        issued_ms = round(ticket.issued_at * 1000)
        early = offered.early_data and self._guard.allows(issued_ms, claimed_age_ms)
        return Redeemed(ticket, kept.tag, early)

    def issue(self, connection: ServerConnection, tag: bytes) -> None:
        """Give a connection whose device signed in its tickets; they are in `data_to_send()` then."""
        if self._guard.store_is_sick:
            return
        for _ in range(ISSUED_AT_ONCE):
            ticket = connection.issue_ticket(
                identity=self._random.token(IDENTITY_BYTES),
                lifetime_s=LIFE_S,
                age_add=int.from_bytes(self._random.token(4), "big"),
                nonce=self._random.token(_NONCE_BYTES),
                max_early_data=EARLY_DATA_BYTES_MAX,
            )
            expires_ms = self._clock.now_ms() + LIFE_S * 1000
            self._keep_up(self._keep(ticket.identity, KeptTicket(ticket.to_bytes(), tag, expires_ms)))

    async def _keep(self, identity: bytes, kept: KeptTicket) -> None:
        try:
            await self._store.keep(identity, kept)
        except TicketStoreError as error:
            self._failed(error)

    async def _purge(self) -> None:
        while True:
            try:
                await self._store.purge(self._clock.now_ms())
            except TicketStoreError as error:
                self._failed(error)
            await asyncio.sleep(PURGE_EVERY_S)

    def _failed(self, error: Exception) -> None:
        # Whatever was on its way fails with it: that is one failure.
        if not self._guard.store_is_sick:
            log.warning("ticket_store_failed", error=type(error).__name__)
        self._guard.store_failed()

    def _keep_up(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
