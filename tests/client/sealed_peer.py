"""A core and a carrier played by the test, and an owner that writes down what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hutong.client.carrier import CarrierError, Receiver
from hutong.client.identity import ServerIdentity
from hutong.client.link import Link
from hutong.client.memory import Memory
from hutong.client.sealed import SealedLink
from hutong.platform.clock import ManualClock, SeededRandomness
from hutong.protocols.sealed import BULK as BULK
from hutong.protocols.sealed import CONTROL as CONTROL
from hutong.protocols.sealed import LOW_WATER_BYTES, MESSAGE, OpenError, ServerSession, is_early, refuse, sign
from hutong.schema import sealed_pb2

DAY_MS = 86_400_000


class Keys:
    """A root and its service keys by epoch."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.root = Ed25519PrivateKey.generate()
        self.services: dict[int, X25519PrivateKey] = {}
        self.rotate()

    @property
    def public(self) -> bytes:
        return self.root.public_key().public_bytes_raw()

    @property
    def epoch(self) -> int:
        return max(self.services)

    def rotate(self) -> None:
        self.services[len(self.services) + 1] = X25519PrivateKey.generate()

    def manifest(self, epoch: int = 0, **changes: int) -> sealed_pb2.SignedManifest:
        epoch = epoch or self.epoch
        now_ms = self._clock.now_ms()
        manifest = sealed_pb2.Manifest(
            epoch=epoch,
            service_key=self.services[epoch].public_key().public_bytes_raw(),
            not_before_ms=now_ms - DAY_MS,
            not_after_ms=now_ms + 7 * DAY_MS,
        )
        for name, value in changes.items():
            setattr(manifest, name, value)
        return sign(manifest, self.root)


class RawCarrier:
    """What the client says ends up in `said`; the test answers with `receiver`."""

    def __init__(self, receiver: Receiver, exporter: bytes = b"") -> None:
        self.receiver = receiver
        self.exporter = exporter
        self.said: list[bytes] = []
        self.waiting = 0
        self.full_after_one = False
        self.ends: list[bool] = []

    def send(self, message: bytes) -> None:
        assert not self.ends
        self.said.append(message)
        if self.full_after_one:
            self.waiting = LOW_WATER_BYTES

    def waiting_bytes(self) -> int:
        return self.waiting

    def close(self, *, at_once: bool) -> None:
        self.ends.append(at_once)

    async def wait_closed(self) -> None:
        assert self.ends


class Owner:
    """Has a first flight, and keeps what comes."""

    def __init__(self, flight: Iterable[tuple[int, bytes]] = ()) -> None:
        self._flight = list(flight)
        self.bindings: list[bytes] = []
        self.links: list[Link] = []
        self.packets: list[bytes] = []
        self.losses = 0

    def flight(self, binding: bytes) -> list[tuple[int, bytes]]:
        self.bindings.append(binding)
        return self._flight

    def linked(self, link: Link) -> None:
        self.links.append(link)

    def received(self, packet: bytes) -> None:
        self.packets.append(packet)

    def lost(self) -> None:
        self.losses += 1


class Peer:
    """One link, and the core on the other side of it."""

    def __init__(
        self,
        *,
        flight: Iterable[tuple[int, bytes]] = (),
        known: bool = True,
        root: bytes = b"",
        exporter: bytes = b"",
    ) -> None:
        self.clock = ManualClock()
        self.random = SeededRandomness(5)
        self.keys = Keys(self.clock)
        self.memory = Memory()
        if known:
            self.memory.keep_identity(self.keys.public, self.keys.manifest().SerializeToString())
        self.identity = ServerIdentity(root, self.memory, self.clock)
        self.owner = Owner(flight)
        self.link = self.new_link()
        self.carrier = RawCarrier(self.link, exporter)
        self.session = ServerSession()
        self.accept = b""
        self._read = 0

    def new_link(self) -> SealedLink:
        return SealedLink(self.owner, self.identity, route=b"r" * 16, clock=self.clock, random=self.random)

    def begin(self) -> None:
        self.link.opened(self.carrier)

    def hear(self) -> list[tuple[bytes, bool]]:
        """Open what the client said since; each message with whether it was early. Accept an OPEN."""
        heard: list[tuple[bytes, bool]] = []
        while self._read < len(self.carrier.said):
            message = self.carrier.said[self._read]
            self._read += 1
            if message[0] == 1:
                self._take(message)
                continue
            if not self.accept:
                continue  # behind an OPEN that was refused
            opened = self.session.open(message)
            if opened is not None:
                heard.append((opened, is_early(message)))
        return heard

    def _take(self, opening: bytes) -> None:
        self.session = ServerSession()
        self.accept = b""
        try:
            self.accept = self.session.accept(
                opening, self.carrier.exporter, self.keys.services.get, self.random.token
            )
        except OpenError as error:
            again = error.reason == sealed_pb2.REFUSAL_EPOCH
            self.carrier.receiver.received(refuse(error.reason, self.keys.manifest() if again else None))

    def say(self, packet: bytes, klass: int = MESSAGE) -> None:
        for record in self.session.sealer.seal_all(packet, klass):
            self.carrier.receiver.received(record)

    async def establish(self) -> None:
        self.begin()
        await self.agree()

    async def agree(self) -> None:
        self.hear()
        self.carrier.receiver.received(self.accept)
        await asyncio.wait_for(self.link.accepted, 1)

    async def fails(self) -> CarrierError:
        """Return what the link came to."""
        try:
            await asyncio.wait_for(self.link.accepted, 1)
        except CarrierError as error:
            return error
        raise AssertionError("it did not fail")
