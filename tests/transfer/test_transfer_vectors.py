"""The vectors every implementation has in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from hutong.protocols.transfer import Entry, Manifest, ManifestError, leaf, local_paths, root
from hutong.protocols.transfer.chunks import numbers_of, runs_of
from hutong.schema import transfers_pb2 as pb

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "schema/vectors/transfer.json").read_text())


def _manifest(vector: dict[str, Any]) -> Manifest:
    return Manifest(tuple(Entry(**entry) for entry in vector["entries"]), vector["chunk_bytes"])


@pytest.mark.parametrize("vector", VECTORS["manifests"], ids=lambda vector: vector["name"])
def test_manifests(vector: dict[str, Any]) -> None:
    """XFER2, XFER4, XFER5, XFER6."""
    manifest = _manifest(vector)
    spans = [manifest.span(chunk) for chunk in range(manifest.chunks)]
    assert manifest.digest.hex() == vector["digest"]
    assert [[span.entry, span.offset, span.size_bytes] for span in spans] == vector["chunks"]
    leaves = b"".join(leaf(bytes([chunk % 256]) * span.size_bytes) for chunk, span in enumerate(spans))
    assert root(manifest.digest, leaves).hex() == vector["root"]


@pytest.mark.parametrize(
    ("vector", "fast"),
    list(zip(VECTORS["manifests"], VECTORS["blake3"], strict=True)),
    ids=lambda each: str(each["name"]),
)
def test_manifests_with_leaves_of_blake3(vector: dict[str, Any], fast: dict[str, Any]) -> None:
    """XFER17."""
    manifest = _manifest(vector).hashed_by(pb.TREE_HASH_BLAKE3)
    sizes = [manifest.span(chunk).size_bytes for chunk in range(manifest.chunks)]
    leaves = [leaf(bytes([chunk % 256]) * size, manifest.hash) for chunk, size in enumerate(sizes)]
    assert manifest.digest.hex() == fast["digest"]
    assert [each.hex() for each in leaves[:4]] == fast["leaves"]
    assert root(manifest.digest, b"".join(leaves)).hex() == fast["root"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_manifests_nobody_takes(vector: dict[str, Any]) -> None:
    """XFER2, XFER3."""
    with pytest.raises(ManifestError):
        _manifest(vector)


@pytest.mark.parametrize("vector", VECTORS["names"], ids=lambda vector: vector["paths"][0][:20])
def test_local_names(vector: dict[str, Any]) -> None:
    """XFER3."""
    assert local_paths(vector["paths"]) == vector["local"]


@pytest.mark.parametrize("vector", VECTORS["runs"], ids=lambda vector: str(vector["chunks"]))
def test_runs(vector: dict[str, Any]) -> None:
    runs = runs_of(vector["chunks"])
    assert [[run.first, run.count] for run in runs] == vector["runs"]
    assert list(numbers_of(runs, 100)) == vector["chunks"]


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda vector: vector["name"])
def test_messages(vector: dict[str, Any]) -> None:
    message = pb.ChannelMessage.FromString(bytes.fromhex(vector["hex"]))
    assert json_format.MessageToDict(message) == vector["json"]
    assert message.SerializeToString(deterministic=True).hex() == vector["hex"]
