"""The client's side of one carrier: says OPEN, then seals and opens (SEAL1 to SEAL9, SEAL14, SEAL19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from google.protobuf.message import DecodeError

from hutong.protocols.sealed import wire
from hutong.protocols.sealed.errors import SealedError
from hutong.protocols.sealed.keys import HPKE, EarlyKeys, agree, early_keys, main_keys, open_info
from hutong.protocols.sealed.record import Opener, Sealer
from hutong.schema import sealed_pb2

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The core has answered: `ClientSession.sealer` seals from now on."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The core has refused; nobody vouches for this but the signature of the manifest (`Pins.check`).

    With `REFUSAL_EPOCH` the carrier stays open: make a new session of the manifest and say its OPEN.
    """

    reason: sealed_pb2.Refusal
    manifest: sealed_pb2.SignedManifest | None


class ClientSession:
    """One OPEN and what follows. `manifest` is one that `Pins.check` returned, or None to ask for one.

    `exporter` is 32 bytes of the outer TLS, or none (SEAL4); `route` what the last `Challenge` gave, if any.
    """

    __slots__ = (
        "_early",
        "_early_left",
        "_early_sealer",
        "_ephemeral",
        "_exporter",
        "_opener",
        "opening",
        "sealer",
    )

    def __init__(
        self,
        manifest: sealed_pb2.Manifest | None,
        random: Random,
        *,
        exporter: bytes = b"",
        route: bytes = b"",
    ) -> None:
        self.sealer: Sealer | None = None
        self._opener: Opener | None = None
        self._exporter = exporter
        route = route or bytes(wire.ROUTE_BYTES)
        if manifest is None:
            self._early: EarlyKeys | None = None
            self._early_sealer: Sealer | None = None
            self.opening = wire.OPEN_HEADER.pack(wire.OPEN, wire.VERSION, 0, route)
            self._early_left = 0
            return
        self._ephemeral = X25519PrivateKey.from_private_bytes(random(wire.KEY_BYTES))
        hello = sealed_pb2.Hello(
            ephemeral=self._ephemeral.public_key().public_bytes_raw(),
            secret=random(wire.KEY_BYTES),
            protocol=wire.VERSION,
        )
        header = wire.OPEN_HEADER.pack(wire.OPEN, wire.VERSION, manifest.epoch, route)
        service_key = X25519PublicKey.from_public_bytes(manifest.service_key)
        self.opening = header + HPKE.encrypt(
            hello.SerializeToString(), service_key, open_info(header, exporter)
        )
        self._early = early_keys(hello.secret, self.opening, exporter)
        self._early_sealer = Sealer(self._early.client, early=True)
        self._early_left = wire.EARLY_BYTES_MAX - len(self.opening)

    @property
    def binding(self) -> bytes:
        """What a device signs to resume (SEAL15); empty when only the manifest was asked for."""
        return self._early.binding if self._early is not None else b""

    def seal_early(self, message: bytes, klass: int) -> list[bytes]:
        """Return the early records of a message, none when there is no room or no time left for it (SEAL14).

        Only requests that are `replay_safe` belong in it.
        """
        sealer = self._early_sealer
        if sealer is None or early_size_bytes(len(message)) > self._early_left:
            return []
        records = sealer.seal_all(message, klass)
        self._early_left -= sum(map(len, records))
        return records

    def receive(self, message: bytes) -> bytes | Accepted | Refused | None:
        """Take a carrier message: return the packet it completes, what the core answered, or None.

        Raises `SealedError`: the carrier is to be closed then.
        """
        if self._opener is not None:
            return self._opener.open(message)
        if not message or len(message) > wire.CARRIER_MESSAGE_BYTES_MAX:
            raise SealedError("An answer of no possible size.")
        if message[0] == wire.REFUSE:
            return _refused(message)
        if message[0] != wire.ACCEPT or len(message) != 1 + wire.KEY_BYTES or self._early is None:
            raise SealedError("That is no answer to an OPEN.")
        shared = agree(self._ephemeral, message[1:])
        keys = main_keys(self._early.secret, shared, self.opening, message, self._exporter)
        self.sealer = Sealer(keys.client, after=self._early_sealer)
        self._early_sealer = None
        self._opener = Opener(keys.core)
        return Accepted()


def early_size_bytes(size_bytes: int) -> int:
    """Return what a message of a size takes of the early records' bound, or a little more."""
    records = size_bytes // wire.FRAGMENT_BYTES_MAX + 1
    last = size_bytes % wire.FRAGMENT_BYTES_MAX + 1
    overhead = wire.RECORD_HEADER_BYTES + wire.TAG_BYTES
    return (records - 1) * wire.RECORD_BYTES_MAX + wire.padded_bytes(last) + overhead


def _refused(message: bytes) -> Refused:
    try:
        refused = sealed_pb2.Refused.FromString(message[1:])
    except DecodeError as error:
        raise SealedError("A REFUSE that says nothing.") from error
    return Refused(refused.reason, refused.manifest if refused.HasField("manifest") else None)
