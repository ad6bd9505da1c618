"""What the receiving side asks its shell to do."""

from __future__ import annotations

from dataclasses import dataclass

from hutong.protocols.transfer.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Opened:
    """A manifest has arrived: look at it, make room, begin its journal, and call `opened` or `stop`."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Write:
    """A chunk that is what its leaf says: write it and its record, then call `written`."""

    channel: int
    chunk: int
    data: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """What is written of this chunk is another: write that down."""

    chunk: int


@dataclass(frozen=True, slots=True)
class Place:
    """Everything is here and right: put it into its place, then call `placed`."""

    root: bytes


Effect = Opened | Write | Drop | Place
