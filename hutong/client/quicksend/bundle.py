"""Several files and folders, handed over as one."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from pathlib import Path

from hutong.client.transfers.source import Source
from hutong.protocols.transfer import Entry, Manifest, make_manifest
from hutong.schema import quicksend_pb2 as pb
from hutong.schema import transfers_pb2

LISTED_MAX = 200
# Of their paths: an offer is one letter, of at most 72 KiB (QUICK11).
LISTED_BYTES_MAX = 48 * 1024


class Bundle(Source):
    """Reads like one source. Raises `OSError`, `ManifestError` (two of the same name, too many)."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._sources = [Source(path.resolve()) for path in paths]
        parts = [source.manifest for source in self._sources]
        self.manifest = make_manifest(entry for part in parts for entry in part.entries)
        for source, part in zip(self._sources, parts, strict=True):
            source.manifest = Manifest(part.entries, self.manifest.chunk_bytes)
        self._ends = list(accumulate(source.manifest.chunks for source in self._sources))

    def read(
        self, chunks: list[int], kind: transfers_pb2.TreeHash = transfers_pb2.TREE_HASH_SHA256
    ) -> list[tuple[int, memoryview, bytes]]:
        """Return chunks with their leaves of a kind. Blocks. Raises `SourceError`."""
        read: list[tuple[int, memoryview, bytes]] = []
        for chunk in chunks:
            which = bisect_right(self._ends, chunk)
            first = self._ends[which - 1] if which else 0
            ((_, data, leaf),) = self._sources[which].read([chunk - first], kind)
            read.append((chunk, data, leaf))
        return read

    def close(self) -> None:
        """Let go of the files that were read last."""
        for source in self._sources:
            source.close()

    def offer(self) -> pb.Offer:
        """Return what the receiver is shown before it decides."""
        entries = self.manifest.entries
        single = len(entries) == 1 and not entries[0].folder
        name = self._paths[0].resolve().name
        if len(self._paths) > 1:
            name = f"{Path(name).stem} +{len(self._paths) - 1}"
        files = [entry for entry in entries if not entry.folder]
        return pb.Offer(
            name=name,
            size_bytes=self.manifest.size_bytes,
            files=0 if single else len(entries),
            listed=_listed(files),
            manifest=self.manifest.digest,
        )


def _listed(files: list[Entry]) -> list[pb.OfferedFile]:
    """Return the first files, as many as an offer has room for."""
    reached = accumulate(len(entry.path.encode()) for entry in files[:LISTED_MAX])
    return [
        pb.OfferedFile(path=entry.path, size_bytes=entry.size_bytes)
        for entry, size_bytes in zip(files, reached, strict=False)
        if size_bytes <= LISTED_BYTES_MAX
    ]
