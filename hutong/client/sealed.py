"""The sealed layer on a carrier: packets go in, sealed messages come out (docs/protocol/sealed.md)."""

from __future__ import annotations

import asyncio

from hutong.client.carrier import Carrier, CarrierError
from hutong.client.identity import ServerIdentity
from hutong.client.link import LinkOwner
from hutong.platform.clock import Clock, Randomness
from hutong.protocols.sealed import (
    OPENS_MAX,
    PHASE_S_MAX,
    Accepted,
    ClientSession,
    Outbox,
    Refused,
    SealedError,
    Sealer,
)
from hutong.schema import sealed_pb2

_REFUSALS = {
    sealed_pb2.REFUSAL_VERSION: ("This client is too old for the server; please update it.", True),
    sealed_pb2.REFUSAL_BUSY: ("The server takes no new connections at this moment.", False),
}


class DoubtError(CarrierError):
    """The server has another key than we thought; the next OPEN asks for it."""


class SealedLink:
    """One carrier's link. It tells the owner of itself when the core has accepted.

    `accepted` is done at that moment, or raises `CarrierError` when it will not come to that.
    """

    def __init__(
        self,
        owner: LinkOwner,
        identity: ServerIdentity,
        *,
        route: bytes,
        clock: Clock,
        random: Randomness,
    ) -> None:
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._owner: LinkOwner | None = owner
        self._identity = identity
        self._route = route
        self._clock = clock
        self._random = random
        self._carrier: Carrier | None = None
        self._session: ClientSession | None = None
        self._opens = 0
        # Of the first flight, what has to wait for the ACCEPT.
        self._held: list[tuple[int, bytes]] = []
        self._outbox: Outbox | None = None
        self._sealer: Sealer | None = None
        self._phase_since = 0.0
        self._handed_bytes = 0

    # ---- for the connection ----

    @property
    def binding(self) -> bytes:
        """What a device signs to sign in on this link (SEAL15)."""
        assert self._session is not None
        return self._session.binding

    def send(self, packet: bytes, priority: int) -> None:
        """Queue one packet, after the ACCEPT; into the void when the link has ended."""
        if self._owner is None:
            return
        assert self._outbox is not None
        self._change_keys()
        for record in self._outbox.put(packet, priority):
            self._hand_over(record)
        if self._outbox.waiting_bytes:
            self.drained()

    def moved_bytes(self) -> int:
        """Return how much the machine has taken so far."""
        return self._handed_bytes - (self._carrier.waiting_bytes() if self._carrier is not None else 0)

    def close(self, *, at_once: bool) -> None:
        """End the link."""
        self._owner = None
        if not self.accepted.done():
            self.accepted.cancel()
        elif not self.accepted.cancelled():
            self.accepted.exception()  # seen, if it was one
        if self._carrier is not None:
            if not at_once:
                self._empty()
            self._carrier.close(at_once=at_once)

    async def wait_closed(self) -> None:
        """Return when the carrier has ended."""
        if self._carrier is not None:
            await self._carrier.wait_closed()

    # ---- what the carrier tells ----

    def opened(self, carrier: Carrier) -> None:
        """Say OPEN, and the first flight with it."""
        if self._owner is None:
            carrier.close(at_once=True)
            return
        self._carrier = carrier
        self._open()

    def restarted(self) -> None:
        """Nothing of what was sent has arrived: say it again."""
        if self._owner is not None:
            self._open()

    def received(self, message: bytes) -> None:
        """Open one carrier message."""
        if self._owner is None:
            return
        assert self._session is not None
        try:
            result = self._session.receive(message)
        except SealedError as error:
            self._end(CarrierError(f"The server does not speak as it should: {error}"))
            return
        if isinstance(result, bytes):
            self._owner.received(result)
        elif isinstance(result, Accepted):
            self._begin()
        elif isinstance(result, Refused):
            self._refused(result)

    def drained(self) -> None:
        """Let bulk have the room there is (SEAL13)."""
        if self._outbox is None or self._carrier is None:
            return
        while (record := self._outbox.take_bulk(self._carrier.waiting_bytes())) is not None:
            self._hand_over(record)

    def lost(self, error: CarrierError) -> None:
        """The carrier ended by itself."""
        self._end(error)

    # ---- within ----

    def _open(self) -> None:
        assert self._carrier is not None
        assert self._owner is not None
        manifest = self._identity.manifest
        self._opens += 1
        session = ClientSession(
            manifest, self._random.token, exporter=self._carrier.exporter, route=self._route
        )
        self._session = session
        self._held = []
        self._hand_over(session.opening)
        if manifest is None:
            return
        for priority, packet in self._owner.flight(session.binding):
            records = session.seal_early(packet, priority)
            if not records:
                self._held.append((priority, packet))
            for record in records:
                self._hand_over(record)

    def _begin(self) -> None:
        assert self._session is not None
        assert self._owner is not None
        sealer = self._session.sealer
        assert sealer is not None
        self._sealer = sealer
        self._outbox = Outbox(sealer)
        self._phase_since = self._clock.monotonic()
        if not self.accepted.done():
            self.accepted.set_result(None)
        held, self._held = self._held, []
        for priority, packet in held:
            self.send(packet, priority)
        self._owner.linked(self)

    def _refused(self, refused: Refused) -> None:
        again = refused.reason == sealed_pb2.REFUSAL_EPOCH and refused.manifest is not None
        if again and self._opens < OPENS_MAX:
            assert refused.manifest is not None
            try:
                self._identity.believe(refused.manifest)
            except CarrierError as error:
                self._end(error)
            else:
                self._open()
            return
        if refused.reason == sealed_pb2.REFUSAL_MALFORMED and self._identity.manifest is not None:
            self._identity.doubt()
            self._end(DoubtError("The server could not read the first message."))
            return
        words, hopeless = _REFUSALS.get(refused.reason, ("The server did not take the connection.", False))
        self._end(CarrierError(words, hopeless=hopeless))

    def _end(self, error: CarrierError) -> None:
        owner, self._owner = self._owner, None
        if self._carrier is not None:
            self._carrier.close(at_once=True)
        if not self.accepted.done():
            self.accepted.set_exception(error)
        elif owner is not None:
            owner.lost()

    def _change_keys(self) -> None:
        """SEAL8."""
        now = self._clock.monotonic()
        if now - self._phase_since >= PHASE_S_MAX:
            assert self._sealer is not None
            self._sealer.change_keys()
            self._phase_since = now

    def _empty(self) -> None:
        """Hand over all bulk that waits, because this is the end."""
        assert self._carrier is not None
        while self._outbox is not None and (record := self._outbox.take_bulk(0)) is not None:
            self._carrier.send(record)

    def _hand_over(self, message: bytes) -> None:
        assert self._carrier is not None
        self._handed_bytes += len(message)
        self._carrier.send(message)
