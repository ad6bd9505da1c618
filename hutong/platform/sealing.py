"""The core's door: opens what carriers bring and seals what connections say (docs/protocol/sealed.md)."""

from __future__ import annotations

import hmac
import ipaddress

from hutong.platform.channel import BULK
from hutong.platform.clock import Timer
from hutong.platform.connection import Connection
from hutong.platform.door import Arrival, Carrier
from hutong.platform.errors import ResourceExhausted
from hutong.platform.limits import Limits, Rate, network_of
from hutong.platform.service_keys import ServiceKeys
from hutong.platform.sessions import Sessions
from hutong.protocols.sealed import (
    OPENS_MAX,
    OpenError,
    Outbox,
    SealedError,
    Sealer,
    ServerSession,
    is_early,
    refuse,
)
from hutong.protocols.sealed.wire import FRAGMENT_BYTES_MAX
from hutong.schema import sealed_pb2

# A whole school may come back at once from behind one address.
OPENS = Rate("open", burst=1000, every_s=0.05)
OPEN_WITHIN_S = 10
# How long bulk that waits may take to leave after the end.
LINGER_S = 5
TAG_BYTES = 16
NETWORK_BYTES = 8


class CoreDoor:
    """Takes carriers for the sessions of this process. Implements `Door`.

    `secret` makes the tags of devices and networks; it outlives a restart, as tickets do.
    """

    def __init__(self, sessions: Sessions, keys: ServiceKeys, limits: Limits, *, secret: bytes) -> None:
        self.sessions = sessions
        self.keys = keys
        self.limits = limits
        self.refused = sessions.metrics.counter("hutong_opens_refused", "OPENs that were not accepted")
        self.broken = sessions.metrics.counter("hutong_sealed_errors", "Connections ended by a broken record")
        self._secret = secret

    def open(self, carrier: Carrier, arrival: Arrival) -> SealedInlet:
        """Return the inlet of a carrier that has just opened; it has to say its OPEN soon."""
        return SealedInlet(self, carrier, arrival)

    def device_tag(self, device: str) -> bytes:
        """Return what stands for a device towards an edge."""
        return hmac.digest(self._secret, b"device\x00" + device.encode(), "sha256")[:TAG_BYTES]

    def network(self, address: str) -> bytes:
        """Return what stands for the network an address is in."""
        try:
            parsed = ipaddress.ip_address(address)
            if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
                parsed = parsed.ipv4_mapped
            prefix = parsed.packed[: 3 if parsed.version == 4 else 6]
        except ValueError:  # a UNIX socket has none
            prefix = address.encode()
        return hmac.digest(self._secret, b"network\x00" + prefix, "sha256")[:NETWORK_BYTES]


class SealedInlet:
    """One carrier: `Inlet` to the edge, `Channel` to its connection."""

    __slots__ = (
        "_arrival",
        "_carrier",
        "_connection",
        "_door",
        "_opens",
        "_outbox",
        "_over",
        "_sealer",
        "_session",
        "_tag",
        "_timer",
    )

    _sealer: Sealer

    def __init__(self, door: CoreDoor, carrier: Carrier, arrival: Arrival) -> None:
        self._door = door
        self._carrier = carrier
        self._arrival: Arrival | None = arrival  # until the connection stands
        self._tag = arrival.tag
        self._session = ServerSession()
        self._connection: Connection | None = None
        self._outbox: Outbox | None = None
        self._opens = 0
        self._over = False
        self._timer: Timer | None = door.sessions.clock.call_later(OPEN_WITHIN_S, self._too_late)

    # ---- what the edge says ----

    def receive(self, message: bytes) -> None:
        """Open a carrier message and hand on what it completes."""
        if self._over:
            return
        connection = self._connection
        if connection is None:
            self._begin(message)
            return
        try:
            packets = self._session.open(message)
        except SealedError:
            self._door.broken.inc()
            self._end(at_once=True)
            return
        if packets is not None:
            connection.receive(packets, early=is_early(message))

    def finished(self) -> None:
        """Answer what came, then close."""
        if self._connection is not None:
            self._connection.finish()
        elif not self._over:
            self._end(at_once=False)

    def drained(self) -> None:
        """Hand on more bulk."""
        if self._outbox is not None and not self._over:
            self._pump(self._outbox)

    def closed(self) -> None:
        """Forget the carrier."""
        self._over = True
        self._cancel_timer()
        if self._connection is not None:
            self._connection.closed()

    # ---- beginning and end ----

    def _begin(self, message: bytes) -> None:
        door, arrival = self._door, self._arrival
        assert arrival is not None
        if self._opens and is_early(message):
            return  # it was on its way with an OPEN to a key that is not in use; nobody can open it
        self._opens += 1
        try:
            if door.sessions.closing:
                raise ResourceExhausted("The server is restarting.", reason="busy")
            door.limits.spend(OPENS, network_of(arrival.address))
        except ResourceExhausted:
            self._refuse(sealed_pb2.REFUSAL_BUSY)
            return
        door.keys.refresh()
        try:
            accept = self._session.accept(
                message, arrival.exporter, door.keys.find, door.sessions.random.token
            )
        except OpenError as error:
            self._refuse(error.reason)
            return
        self._cancel_timer()
        self._sealer = self._session.sealer
        self._carrier.send(accept)
        self._connection = Connection(
            door.sessions,
            self,
            network_of(arrival.address),
            binding=self._session.binding,
            network=door.network(arrival.address),
        )
        self._arrival = None

    def _refuse(self, reason: sealed_pb2.Refusal) -> None:
        self._door.refused.inc()
        # Too old a client finds in the manifest which version is asked of it.
        helpful = reason in {sealed_pb2.REFUSAL_EPOCH, sealed_pb2.REFUSAL_VERSION}
        self._carrier.send(refuse(reason, self._door.keys.manifest if helpful else None))
        if reason != sealed_pb2.REFUSAL_EPOCH or self._opens >= OPENS_MAX:
            self._end(at_once=False)

    def _too_late(self) -> None:
        self._timer = None
        self._end(at_once=True)

    def _end(self, *, at_once: bool) -> None:
        self.closed()
        self._carrier.close(at_once=at_once)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ---- what the connection says ----

    def send(self, packets: bytes, klass: int) -> None:
        """Seal packets; bulk waits for its turn (SEAL13)."""
        if klass != BULK and len(packets) <= FRAGMENT_BYTES_MAX:
            self._carrier.send(self._sealer.seal(packets, klass))
            return
        if self._outbox is None:
            self._outbox = Outbox(self._sealer)
        for record in self._outbox.put(packets, klass):
            self._carrier.send(record)
        self._pump(self._outbox)

    def _pump(self, outbox: Outbox) -> None:
        while (record := outbox.take_bulk(self._carrier.waiting_bytes())) is not None:
            self._carrier.send(record)
        if self._timer is not None and not outbox.waiting_bytes:
            self._end(at_once=False)

    def waiting_bytes(self) -> int:
        """Return what waits here and in the carrier."""
        waiting_bytes = self._carrier.waiting_bytes()
        return waiting_bytes if self._outbox is None else waiting_bytes + self._outbox.waiting_bytes

    def admits(self, device: str) -> bool:
        """Tell whether the ticket this carrier resumed with, if any, is this device's."""
        tag = self._tag
        return not tag or hmac.compare_digest(tag, self._door.device_tag(device))

    def identified(self, device: str) -> None:
        """Let the edge bind its tickets to the device."""
        self._carrier.identified(self._door.device_tag(device))

    def change_keys(self) -> None:
        """Go on with the next phase."""
        self._sealer.change_keys()

    def close(self, *, at_once: bool) -> None:
        """End the carrier; bulk that waits may leave before, for a while."""
        if self._over:
            return
        if at_once or self._outbox is None or not self._outbox.waiting_bytes:
            self._end(at_once=at_once)
        elif self._timer is None:
            self._timer = self._door.sessions.clock.call_later(LINGER_S, self._too_late)
