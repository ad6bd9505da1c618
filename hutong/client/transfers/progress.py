"""What a transfer tells while it goes on, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hutong.schema import peers_pb2


class Way(Enum):
    """How the bytes travelled."""

    UNKNOWN = peers_pb2.PATH_UNKNOWN
    DIRECT = peers_pb2.PATH_DIRECT
    RELAYED = peers_pb2.PATH_RELAYED
    STORED = peers_pb2.PATH_STORED


class Phase(Enum):
    """Where a transfer stands."""

    WAITING = "waiting"  # offered, nobody has taken it
    CONNECTING = "connecting"
    MOVING = "moving"
    VERIFYING = "verifying"
    STORING = "storing"  # on its way to, or from, the server's storage


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a transfer."""

    phase: Phase
    done_bytes: int
    size_bytes: int
    way: Way = Way.UNKNOWN


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has the whole file, verified; or, with `STORED`, can take it from the server."""

    transfer: str
    way: Way
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A file that arrived, verified."""

    transfer: str
    path: Path
    way: Way
    sha256: bytes


class TransferError(Exception):
    """The transfer did not come about; the text is a sentence for the person."""


class DeclinedError(TransferError):
    """The other person did not want the file."""


class CancelledTransferError(TransferError):
    """The transfer was called off."""


class ExpiredError(TransferError):
    """Nobody answered the offer for a week."""
