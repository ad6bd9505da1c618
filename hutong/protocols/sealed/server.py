"""The core's side of one carrier: takes the OPEN, then opens and seals (SEAL1 to SEAL9, SEAL14, SEAL16)."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from google.protobuf.message import DecodeError

from hutong.protocols.sealed import wire
from hutong.protocols.sealed.errors import OpenError, SealedError
from hutong.protocols.sealed.keys import HPKE, agree, early_keys, main_keys, open_info
from hutong.protocols.sealed.record import Opener, Sealer
from hutong.schema import sealed_pb2

# The service key of an epoch, or None for one that is not in use.
FindKey = Callable[[int], X25519PrivateKey | None]
Random = Callable[[int], bytes]

_ENC_BYTES = 32


class ServerSession:
    """Before `accept` nothing else may be called."""

    __slots__ = ("_client", "_early", "_early_left", "_opener", "binding", "route", "sealer")

    sealer: Sealer
    _client: bytes
    _opener: Opener

    def __init__(self) -> None:
        self.binding = b""
        self.route = b""
        self._early: Opener | None = None
        self._early_left = 0

    def accept(self, opening: bytes, exporter: bytes, find_key: FindKey, random: Random) -> bytes:
        """Return the ACCEPT that answers an OPEN. Raises `OpenError`; another OPEN may follow then."""
        hello, header = _read(opening, exporter, find_key)
        mine = X25519PrivateKey.from_private_bytes(random(wire.KEY_BYTES))
        try:
            shared = agree(mine, hello.ephemeral)
        except SealedError as error:
            raise OpenError(str(error), sealed_pb2.REFUSAL_MALFORMED) from error
        accept = bytes([wire.ACCEPT]) + mine.public_key().public_bytes_raw()
        early = early_keys(hello.secret, opening, exporter)
        keys = main_keys(early.secret, shared, opening, accept, exporter)
        self.binding = early.binding
        self.route = header[3]
        self._early = Opener(early.client, early=True)
        self._early_left = wire.EARLY_BYTES_MAX - len(opening)
        self._client = keys.client
        self.sealer = Sealer(keys.core)
        return accept

    def open(self, record: bytes) -> bytes | None:
        """Return the message a record completes, if it does; `is_early(record)` tells which kind it was.

        Raises `SealedError`.
        """
        if self._early is not None:
            if is_early(record):
                return self._open_early(self._early, record)
            # Not before: somebody who only listens has one opener, not two.
            self._opener = Opener(self._client)
            self._opener.follow(self._early)
            self._early = None  # SEAL16
        return self._opener.open(record)

    def _open_early(self, opener: Opener, record: bytes) -> bytes | None:
        self._early_left -= len(record)
        if self._early_left < 0:
            raise SealedError("Too much before the ACCEPT.")
        return opener.open(record)


def is_early(record: bytes) -> bool:
    """Tell whether a RECORD says that it was sealed before the ACCEPT; true once it has opened."""
    return bool(record) and record[0] & (wire.RECORD | wire.EARLY) == wire.RECORD | wire.EARLY


def refuse(reason: sealed_pb2.Refusal, manifest: sealed_pb2.SignedManifest | None = None) -> bytes:
    """Return a REFUSE."""
    return bytes([wire.REFUSE]) + sealed_pb2.Refused(reason=reason, manifest=manifest).SerializeToString()


def _read(
    opening: bytes, exporter: bytes, find_key: FindKey
) -> tuple[sealed_pb2.Hello, tuple[int, int, int, bytes]]:
    size_bytes = wire.OPEN_HEADER.size
    if not size_bytes <= len(opening) <= wire.CARRIER_MESSAGE_BYTES_MAX or opening[0] != wire.OPEN:
        raise OpenError("That was no OPEN.", sealed_pb2.REFUSAL_MALFORMED)
    header: tuple[int, int, int, bytes] = wire.OPEN_HEADER.unpack_from(opening)
    _, version, epoch, _ = header
    if version != wire.VERSION:
        raise OpenError("This version is not spoken here.", sealed_pb2.REFUSAL_VERSION)
    key = find_key(epoch)
    if key is None:
        raise OpenError("This epoch's key is not in use.", sealed_pb2.REFUSAL_EPOCH)
    sealed = opening[size_bytes:]
    if len(sealed) < _ENC_BYTES + wire.TAG_BYTES:
        raise OpenError("There is nothing in this OPEN.", sealed_pb2.REFUSAL_MALFORMED)
    try:
        hello = sealed_pb2.Hello.FromString(
            HPKE.decrypt(sealed, key, open_info(opening[:size_bytes], exporter))
        )
    except (InvalidTag, ValueError, DecodeError) as error:
        raise OpenError("This OPEN does not open.", sealed_pb2.REFUSAL_MALFORMED) from error
    if len(hello.secret) != wire.KEY_BYTES or len(hello.ephemeral) != wire.KEY_BYTES:
        raise OpenError("The Hello has keys of the wrong size.", sealed_pb2.REFUSAL_MALFORMED)
    if hello.protocol < wire.VERSION:
        raise OpenError("This client is too old.", sealed_pb2.REFUSAL_VERSION)
    return hello, header
