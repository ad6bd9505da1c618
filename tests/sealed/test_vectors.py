"""The vectors that Python and TypeScript have in common (schema/vectors/sealed.json)."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hutong.protocols.sealed import (
    ClientSession,
    ManifestError,
    Opener,
    OpenError,
    Pins,
    Refused,
    SealedError,
    Sealer,
    ServerSession,
    is_early,
    sign,
    verify,
    wire,
)
from hutong.protocols.sealed.keys import expand
from hutong.schema import sealed_pb2
from tests.sealed.vectors import EPOCH, PATH, ROOT, SERVICE, manifest

VECTORS = json.loads(PATH.read_text())
named = pytest.mark.parametrize


def name_of(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def messages(rows: list[dict[str, Any]], sealer: Sealer) -> list[list[str]]:
    """Say a vector's messages again."""
    records = []
    for row in rows:
        if row.get("change_keys"):
            sealer.change_keys()
        sealed = sealer.seal_all(bytes.fromhex(row["message"]), row["class"])
        records.append([record.hex() for record in sealed])
    return records


def heard(rows: list[dict[str, Any]], opener: Opener | ServerSession) -> list[str]:
    """Return the messages that a vector's records bring."""
    opened = [opener.open(bytes.fromhex(record)) for row in rows for record in row["records"]]
    return [message.hex() for message in opened if message is not None]


def test_padding() -> None:
    """SEAL11"""
    assert [[size, wire.padded_bytes(size)] for size, _ in VECTORS["padding"]] == VECTORS["padding"]


def test_derivation() -> None:
    """SEAL5 to SEAL8: `expand`"""
    for row in VECTORS["expand"]:
        secret, context = bytes.fromhex(row["secret"]), bytes.fromhex(row["context"])
        assert expand(secret, row["label"].encode(), context, row["bytes"]).hex() == row["out"]


@named("vector", VECTORS["sessions"], ids=name_of)
def test_a_core_reads_a_session(vector: dict[str, Any]) -> None:
    """SEAL4 to SEAL7, SEAL14, SEAL20: the OPEN, the ACCEPT and every record of both sides"""
    service = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["service_private"]))
    core = ServerSession()
    accept = core.accept(
        bytes.fromhex(vector["open"]),
        bytes.fromhex(vector["exporter"]),
        {vector["epoch"]: service}.get,
        lambda _size: bytes.fromhex(vector["core_ephemeral_private"]),
    )
    assert accept.hex() == vector["accept"]
    assert core.binding.hex() == vector["binding"]
    assert core.route.hex() == vector["route"]
    assert all(is_early(bytes.fromhex(record)) for row in vector["early"] for record in row["records"])
    for side in ("early", "client"):
        assert heard(vector[side], core) == [row["message"] for row in vector[side]]
    assert messages(vector["core"], core.sealer) == [row["records"] for row in vector["core"]]


@named("vector", VECTORS["sessions"], ids=name_of)
def test_a_client_says_the_same_records(vector: dict[str, Any]) -> None:
    """SEAL5 to SEAL10, SEAL12"""
    early = Sealer(bytes.fromhex(vector["client_early_secret"]), early=True)
    assert messages(vector["early"], early) == [row["records"] for row in vector["early"]]
    main = Sealer(bytes.fromhex(vector["client_main_secret"]), after=early)
    assert messages(vector["client"], main) == [row["records"] for row in vector["client"]]
    core = Opener(bytes.fromhex(vector["core_main_secret"]))
    assert heard(vector["core"], core) == [row["message"] for row in vector["core"]]


@named("vector", VECTORS["arrivals"], ids=name_of)
def test_arrivals(vector: dict[str, Any]) -> None:
    """SEAL2, SEAL3, SEAL7 to SEAL10, SEAL12"""
    opener = Opener(bytes.fromhex(vector["secret"]))
    delivered, ends = [], False
    for record in vector["records"]:
        try:
            message = opener.open(bytes.fromhex(record))
        except SealedError:
            ends = True
            break
        if message is not None:
            delivered.append(message.hex())
    assert (delivered, ends) == (vector["delivered"], vector["ends"])


@named("vector", VECTORS["opens"], ids=name_of)
def test_opens_that_are_refused(vector: dict[str, Any]) -> None:
    """SEAL1, SEAL3, SEAL4, SEAL19"""
    with pytest.raises(OpenError) as refused:
        ServerSession().accept(
            bytes.fromhex(vector["open"]),
            bytes.fromhex(vector["exporter"]),
            {EPOCH: SERVICE}.get,
            os.urandom,
        )
    assert sealed_pb2.Refusal.Name(refused.value.reason) == vector["reason"]


@named("vector", VECTORS["answers"], ids=name_of)
def test_answers_that_are_no_accept(vector: dict[str, Any]) -> None:
    """SEAL1, SEAL3, SEAL6"""
    client = ClientSession(verify(sign(manifest(), ROOT)), os.urandom)
    message = bytes.fromhex(vector["message"])
    if vector["refused"] is None:
        with pytest.raises(SealedError):
            client.receive(message)
    else:
        answer = client.receive(message)
        assert isinstance(answer, Refused)
        assert sealed_pb2.Refusal.Name(answer.reason) == vector["refused"]
    assert client.sealer is None


@named("vector", VECTORS["manifests"], ids=name_of)
def test_manifests(vector: dict[str, Any]) -> None:
    """SEAL17, SEAL18: believed or not, and nothing is pinned of one that is not"""
    pins = Pins(bytes.fromhex(vector["pinned_root"]), vector["seen_epoch"])
    before = (pins.root, pins.epoch)
    signed = sealed_pb2.SignedManifest.FromString(bytes.fromhex(vector["signed"]))
    if vector["believed"]:
        found = pins.check(signed, int(vector["now_ms"]))
        assert (pins.root, pins.epoch) == (found.root, found.epoch)
    else:
        with pytest.raises(ManifestError):
            pins.check(signed, int(vector["now_ms"]))
        assert (pins.root, pins.epoch) == before
