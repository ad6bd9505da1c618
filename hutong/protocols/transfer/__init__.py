"""Handing files over, without I/O: manifest, hash tree, journal, and the two sides.

The rules are in docs/protocol/transfer.md.
"""

from hutong.protocols.transfer.effects import Drop, Effect, Opened, Place, Write
from hutong.protocols.transfer.errors import ManifestError, RulesError, StoppedError, TransferError
from hutong.protocols.transfer.journal import (
    Journal,
    begin_journal,
    dropped_record,
    kept_record,
    read_journal,
)
from hutong.protocols.transfer.manifest import Entry, Manifest, Span, make_manifest
from hutong.protocols.transfer.names import local_paths, numbered, path_is_sound, safe_name
from hutong.protocols.transfer.piece import Bytes, Piece
from hutong.protocols.transfer.receiver import Receiver
from hutong.protocols.transfer.sender import Sender
from hutong.protocols.transfer.tree import leaf, leaf_of, root

__all__ = [
    "Bytes",
    "Drop",
    "Effect",
    "Entry",
    "Journal",
    "Manifest",
    "ManifestError",
    "Opened",
    "Piece",
    "Place",
    "Receiver",
    "RulesError",
    "Sender",
    "Span",
    "StoppedError",
    "TransferError",
    "Write",
    "begin_journal",
    "dropped_record",
    "kept_record",
    "leaf",
    "leaf_of",
    "local_paths",
    "make_manifest",
    "numbered",
    "path_is_sound",
    "read_journal",
    "root",
    "safe_name",
]
