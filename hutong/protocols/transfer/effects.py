"""What the receiving side asks its shell to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hutong.protocols.transfer.manifest import Manifest
from hutong.protocols.transfer.piece import Bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A manifest has arrived: look at it, make room, begin its journal, and call `opened` or `stop`."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Write:
    """A chunk has arrived, in parts that follow each other.

    Compare it with its leaf. If it is what the leaf says, write it and its record and call `written`; else
    call `damaged` and close the channel. Hashing is the shell's: it takes as long as everything else, and a
    thread.
    """

    channel: int
    chunk: int
    parts: Sequence[Bytes]
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
