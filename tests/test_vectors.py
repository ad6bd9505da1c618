"""The vectors that the Python and the TypeScript code have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from hutong.features.identity import model
from hutong.schema import link_pb2

VECTORS = Path(__file__).resolve().parent.parent / "schema/vectors"
PACKETS = json.loads((VECTORS / "packets.json").read_text())
SIGNATURES = json.loads((VECTORS / "signatures.json").read_text())


@pytest.mark.parametrize("vector", PACKETS["packets"], ids=lambda vector: vector["name"])
def test_packets(vector: dict[str, Any]) -> None:
    packet = link_pb2.Packet.FromString(bytes.fromhex(vector["hex"]))
    assert json_format.MessageToDict(packet) == vector["json"]
    assert packet.SerializeToString(deterministic=True).hex() == vector["hex"]


def test_joined_packets() -> None:
    """CONN1."""
    by_name = {vector["name"]: bytes.fromhex(vector["hex"]) for vector in PACKETS["packets"]}
    joined = b"".join(by_name[name] for name in PACKETS["joined"]["parts"])
    assert json_format.MessageToDict(link_pb2.Packet.FromString(joined)) == PACKETS["joined"]["json"]


@pytest.mark.parametrize("text", PACKETS["invalid"]["hex"])
def test_no_packets(text: str) -> None:
    """CONN5."""
    with pytest.raises(DecodeError):
        link_pb2.Packet.FromString(bytes.fromhex(text))


@pytest.mark.parametrize("name", ["resume", "link"])
def test_signatures(name: str) -> None:
    """CONN7."""
    vector = SIGNATURES[name]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SIGNATURES["private_key"]))
    context = model.RESUME_CONTEXT if name == "resume" else model.LINK_CONTEXT
    said = bytes.fromhex(vector["binding"]) if name == "resume" else vector["token"].encode()
    assert (context + said).hex() == vector["message"]
    assert key.sign(context + said).hex() == vector["signature"]
