"""What a receiver writes beside its files, so that it knows after a crash what it has (XFER13).

Records of a kind, a length, a body and a CRC-32, appended and never changed. What a crash tore ends the
journal; a chunk is trusted only after its bytes on disk were compared with its leaf.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from hutong.protocols.transfer.errors import RulesError
from hutong.protocols.transfer.manifest import Manifest, ManifestReader
from hutong.protocols.transfer.tree import LEAF_BYTES
from hutong.schema import transfers_pb2 as pb

_MANIFEST, _KEPT, _DROPPED = 1, 2, 3
_HEAD = struct.Struct(">BI")
_CRC = struct.Struct(">I")
_CHUNK = struct.Struct(">I")
_BODY_BYTES_MAX = 64 * 1024


@dataclass(slots=True)
class Journal:
    """What a journal says: `size_bytes` of it are sound, the rest is to be cut off."""

    manifest: Manifest | None = None
    kept: dict[int, bytes] = field(default_factory=dict)
    size_bytes: int = 0


def begin_journal(manifest: Manifest) -> bytes:
    """Return the records a journal starts with."""
    return b"".join(_record(_MANIFEST, part.SerializeToString()) for part in manifest.parts())


def kept_record(chunk: int, leaf: bytes) -> bytes:
    """Return the record of a chunk that was written."""
    return _record(_KEPT, _CHUNK.pack(chunk) + leaf)


def dropped_record(chunk: int) -> bytes:
    """Return the record of a chunk that turned out to be another."""
    return _record(_DROPPED, _CHUNK.pack(chunk))


def read_journal(data: bytes) -> Journal:
    """Return what is sound in a journal; without a whole manifest there is nothing."""
    journal = Journal()
    reader = ManifestReader()
    for kind, body, end in _records(data):
        if journal.manifest is None:
            try:
                if kind != _MANIFEST:
                    break
                journal.manifest = reader.take(pb.ManifestPart.FromString(body))
            except (DecodeError, RulesError):
                break
        elif not _apply(journal.kept, journal.manifest, kind, body):
            break
        journal.size_bytes = end
    return journal if journal.manifest is not None else Journal()


def _apply(kept: dict[int, bytes], manifest: Manifest, kind: int, body: bytes) -> bool:
    if len(body) != _CHUNK.size + (LEAF_BYTES if kind == _KEPT else 0):
        return False
    (chunk,) = _CHUNK.unpack_from(body)
    if chunk >= manifest.chunks or kind not in {_KEPT, _DROPPED}:
        return False
    if kind == _KEPT:
        kept[chunk] = body[_CHUNK.size :]
    else:
        kept.pop(chunk, None)
    return True


def _record(kind: int, body: bytes) -> bytes:
    head = _HEAD.pack(kind, len(body)) + body
    return head + _CRC.pack(zlib.crc32(head))


def _records(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield kind, body and where the next begins, up to the first that is not sound."""
    at = 0
    while at + _HEAD.size + _CRC.size <= len(data):
        kind, size_bytes = _HEAD.unpack_from(data, at)
        end = at + _HEAD.size + size_bytes
        if size_bytes > _BODY_BYTES_MAX or end + _CRC.size > len(data):
            return
        if _CRC.unpack_from(data, end)[0] != zlib.crc32(data[at:end]):
            return
        yield kind, data[at + _HEAD.size : end], end + _CRC.size
        at = end + _CRC.size
