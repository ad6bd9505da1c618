"""The hash tree: leaves are chunks, the root covers them and the manifest (XFER5, XFER17)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from blake3 import blake3

from hutong.protocols.transfer.chunks import ChunkSet
from hutong.protocols.transfer.piece import Bytes
from hutong.schema import transfers_pb2 as pb

LEAF_BYTES = 32
_TAG = b"hutong transfer 2\n"


def leaf(data: Bytes, kind: pb.TreeHash = pb.TREE_HASH_SHA256) -> bytes:
    """Return the hash of a chunk."""
    return leaf_of([data], kind)


def leaf_of(parts: Iterable[Bytes], kind: pb.TreeHash) -> bytes:
    """Return the hash of a chunk that lies in several pieces."""
    digest = blake3() if kind == pb.TREE_HASH_BLAKE3 else hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def root(manifest_digest: bytes, leaves: bytes | bytearray) -> bytes:
    """Return the hash of everything, from the leaves of all chunks in order."""
    return hashlib.sha256(_TAG + manifest_digest + leaves).digest()


class LeafTable:
    """The leaves of a manifest's chunks, as far as they are known. 32 bytes a chunk."""

    def __init__(self, chunks: int) -> None:
        self._leaves = bytearray(chunks * LEAF_BYTES)
        self._known = ChunkSet(chunks)

    def __contains__(self, chunk: int) -> bool:
        return chunk in self._known

    def __getitem__(self, chunk: int) -> bytes:
        assert chunk in self._known
        return self.pages(chunk, 1)

    def __setitem__(self, chunk: int, leaf_of: bytes) -> None:
        assert len(leaf_of) == LEAF_BYTES
        self._leaves[chunk * LEAF_BYTES : (chunk + 1) * LEAF_BYTES] = leaf_of
        self._known.add(chunk)

    @property
    def full(self) -> bool:
        """Whether all are known."""
        return self._known.full

    def pages(self, first: int, count: int) -> bytes:
        """Return some that follow each other."""
        return bytes(self._leaves[first * LEAF_BYTES : (first + count) * LEAF_BYTES])

    def root(self, manifest_digest: bytes) -> bytes:
        """Return the hash of everything; all have to be known."""
        assert self.full
        return root(manifest_digest, self._leaves)
