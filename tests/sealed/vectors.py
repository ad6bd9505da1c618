"""Writes schema/vectors/sealed.json: `python -m tests.sealed.vectors`.

HPKE draws its own randomness, so that every run seals other OPENs; all the rest follows from fixed keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hutong.protocols.sealed import ClientSession, Sealer, ServerSession, refuse, sign, verify, wire
from hutong.protocols.sealed.keys import HPKE, agree, early_keys, expand, main_keys, open_info
from hutong.schema import sealed_pb2

PATH = Path(__file__).resolve().parents[2] / "schema/vectors/sealed.json"
DAY_MS = 24 * 3600 * 1000
NOW_MS = 1_800_000_000_000
EPOCH = 7


def fixed(name: str, size_bytes: int = 32) -> bytes:
    """Return bytes that follow from a name."""
    return hashlib.shake_256(name.encode()).digest(size_bytes)


ROOT = Ed25519PrivateKey.from_private_bytes(fixed("root"))
SERVICE = X25519PrivateKey.from_private_bytes(fixed("service key"))


def manifest(**changes: Any) -> sealed_pb2.Manifest:
    fields: dict[str, Any] = {
        "epoch": EPOCH,
        "service_key": SERVICE.public_key().public_bytes_raw(),
        "not_before_ms": NOW_MS,
        "not_after_ms": NOW_MS + 35 * DAY_MS,
        "minimum_protocol": 1,
        "endpoints": [
            sealed_pb2.Endpoint(kind=sealed_pb2.Endpoint.KIND_LINK, host="hutong.example", port=8301),
            sealed_pb2.Endpoint(kind=sealed_pb2.Endpoint.KIND_WEB, host="::1", port=8300, plain=True),
        ],
    }
    return sealed_pb2.Manifest(**{**fields, **changes})


def drawn(*names: str) -> Callable[[int], bytes]:
    """Return a source of randomness that gives fixed bytes, in order."""
    rest = iter(names)
    return lambda size_bytes: fixed(next(rest), size_bytes)


def said(sealer: Sealer, messages: list[tuple[int, bytes]]) -> list[dict[str, Any]]:
    """Return messages with their records; one that is empty stands for a change of keys before the next."""
    rows: list[dict[str, Any]] = []
    for klass, message in messages:
        if not message:
            sealer.change_keys()
        rows.append(
            {"change_keys": not message, "class": klass, "message": message.hex()}
            | {"records": [record.hex() for record in sealer.seal_all(message, klass)]}
        )
    return rows


EARLY = [(wire.MESSAGE, b"a text"), (wire.CONTROL, b"a ping"), (wire.MESSAGE, b"x" * 255)]
MAIN = [*EARLY, (wire.MESSAGE, b""), (wire.CONTROL, b"after"), (wire.BULK, b"y" * 256), (wire.MESSAGE, b"")]
LARGE = bytes(range(256)) * 64  # a byte more than fits into one record


def session(name: str, exporter: bytes, route: bytes, larger: list[tuple[int, bytes]]) -> dict[str, Any]:
    randomness = drawn(f"{name} ephemeral", f"{name} secret")
    client = ClientSession(verify(sign(manifest(), ROOT)), randomness, exporter=exporter, route=route)
    early = [
        {"class": klass, "message": message.hex()}
        | {"records": [record.hex() for record in client.seal_early(message, klass)]}
        for klass, message in EARLY
    ]
    core = ServerSession()
    accept = core.accept(client.opening, exporter, {EPOCH: SERVICE}.get, drawn(f"{name} core"))
    client.receive(accept)
    assert client.sealer is not None
    secret, ephemeral = (
        fixed(f"{name} secret"),
        X25519PrivateKey.from_private_bytes(fixed(f"{name} ephemeral")),
    )
    first = early_keys(secret, client.opening, exporter)
    both = main_keys(first.secret, agree(ephemeral, accept[1:]), client.opening, accept, exporter)
    return {
        "name": name,
        "exporter": exporter.hex(),
        "route": (route or bytes(16)).hex(),
        "epoch": EPOCH,
        "service_private": SERVICE.private_bytes_raw().hex(),
        "service_public": SERVICE.public_key().public_bytes_raw().hex(),
        "client_ephemeral_private": ephemeral.private_bytes_raw().hex(),
        "client_secret": secret.hex(),
        "core_ephemeral_private": fixed(f"{name} core").hex(),
        "open": client.opening.hex(),
        "accept": accept.hex(),
        "early_secret": first.secret.hex(),
        "client_early_secret": first.client.hex(),
        "binding": first.binding.hex(),
        "client_main_secret": both.client.hex(),
        "core_main_secret": both.core.hex(),
        "early": early,
        "client": said(client.sealer, [*MAIN, *larger]),
        "core": said(core.sealer, MAIN),
    }


def arrivals() -> list[dict[str, Any]]:
    """Return records of one direction as they arrive, and what is delivered before an error."""
    secret = fixed("direction")
    rows: list[dict[str, Any]] = []

    def row(name: str, records: list[bytes], delivered: list[bytes], *, ends: bool = False) -> None:
        rows.append(
            {
                "name": name,
                "secret": secret.hex(),
                "records": [record.hex() for record in records],
                "delivered": [message.hex() for message in delivered],
                "ends": ends,
            }
        )

    def flipped(record: bytes, place: int, bit: int = 1) -> bytes:
        changed = bytearray(record)
        changed[place] ^= bit
        return bytes(changed)

    def raw(padded: bytes, klass: int = 0) -> bytes:
        return Sealer(secret)._seal(padded, klass)

    sealer = Sealer(secret)
    one, two = sealer.seal(b"one", wire.MESSAGE), sealer.seal(b"two", wire.MESSAGE)
    ping = sealer.seal(b"ping", wire.CONTROL)
    sealer.change_keys()
    three, pong = sealer.seal(b"three", wire.MESSAGE), sealer.seal(b"pong", wire.CONTROL)
    row("in order", [one, two, ping, three, pong], [b"one", b"two", b"ping", b"three", b"pong"])
    row("a better class ahead", [ping, one, two], [b"ping", b"one", b"two"])
    row(
        "a better class of the next phase ahead",
        [one, ping, pong, two, three],
        [b"one", b"ping", b"pong", b"two", b"three"],
    )
    row("twice", [one, one, two, one, two], [b"one", b"two"])
    row("twice while another is missing", [ping, one, one, ping, two], [b"ping", b"one", b"two"])
    row("one class out of its order", [two], [], ends=True)
    row("one left out", [one, ping, three], [b"one", b"ping"], ends=True)
    row("cut", [one[:-1]], [], ends=True)
    row("too short", [one[:5]], [], ends=True)
    row("a flipped bit of the ciphertext", [flipped(one, 9)], [], ends=True)
    row("another class", [flipped(one, 0, wire.CONTROL)], [], ends=True)
    row("class 3", [flipped(one, 0, 3)], [], ends=True)
    row("a reserved bit", [flipped(one, 0, 0x04)], [], ends=True)
    row("another number", [flipped(one, 2)], [], ends=True)
    row("early among main", [flipped(one, 0, wire.EARLY)], [], ends=True)
    row("another phase", [flipped(one, 0, wire.PHASE)], [], ends=True)
    row("only padding", [raw(bytes(16))], [], ends=True)
    row("a marker that means nothing", [raw(b"text\x04" + bytes(11))], [], ends=True)
    row("padding beyond the bucket", [raw(b"text\x03" + bytes(59))], [b"text"])
    row("1,024 behind", [_ahead(secret, 1024), one], [b"ahead", b"one"])
    row("1,025 behind is dropped", [_ahead(secret, 1025), one], [b"ahead"])
    row("half of all numbers ahead", [_ahead(secret, 32_766), one], [b"ahead"])
    parts = Sealer(secret)
    first, text = parts._seal(b"half a \x01" + bytes(8), wire.BULK), parts.seal(b"text", wire.MESSAGE)
    last = parts.seal(b"message", wire.BULK)
    row("a text between two fragments", [first, text, last], [b"text", b"half a message"])
    return rows


def _ahead(secret: bytes, sequence: int) -> bytes:
    """Return the record of the first control message, sealed after `sequence` other records."""
    sealer = Sealer(secret)
    sealer._sequence = sequence
    return sealer.seal(b"ahead", wire.CONTROL)


def manifests() -> list[dict[str, Any]]:
    good = sign(manifest(), ROOT)
    other_root = Ed25519PrivateKey.from_private_bytes(fixed("another root"))
    root = ROOT.public_key().public_bytes_raw()
    unsigned = sealed_pb2.SignedManifest(manifest=good.manifest, signature=bytes(64))
    minute = 60 * 1000
    changed = manifest(epoch=EPOCH + 1)
    changed.root = root
    forged = sealed_pb2.SignedManifest(
        manifest=changed.SerializeToString(deterministic=True), signature=good.signature
    )
    outside_context = sealed_pb2.SignedManifest(manifest=good.manifest, signature=ROOT.sign(good.manifest))
    many = sign(manifest(endpoints=[sealed_pb2.Endpoint(host="h", port=n) for n in range(1, 34)]), ROOT)
    end = NOW_MS + 35 * DAY_MS
    cases: list[tuple[str, sealed_pb2.SignedManifest, bytes, int, int, bool]] = [
        ("first contact", good, b"", 0, NOW_MS, True),
        ("pinned", good, root, EPOCH, NOW_MS + DAY_MS, True),
        ("newer than seen", good, root, EPOCH - 1, NOW_MS, True),
        ("older than seen", good, root, EPOCH + 1, NOW_MS, False),
        ("another root than the pinned", sign(manifest(), other_root), root, EPOCH, NOW_MS, False),
        ("five minutes early", good, root, EPOCH, NOW_MS - 5 * minute, True),
        ("too early", good, root, EPOCH, NOW_MS - 5 * minute - 1, False),
        ("five minutes late", good, root, EPOCH, end + 5 * minute, True),
        ("too late", good, root, EPOCH, end + 5 * minute + 1, False),
        ("no signature", sealed_pb2.SignedManifest(manifest=good.manifest), root, EPOCH, NOW_MS, False),
        ("zeros for a signature", unsigned, root, EPOCH, NOW_MS, False),
        ("changed after signing", forged, root, EPOCH, NOW_MS, False),
        ("signed in no context", outside_context, root, EPOCH, NOW_MS, False),
        ("no service key", sign(manifest(service_key=b""), ROOT), root, EPOCH, NOW_MS, False),
        ("epoch 0", sign(manifest(epoch=0), ROOT), b"", 0, NOW_MS, False),
        ("for newer clients", sign(manifest(minimum_protocol=2), ROOT), root, EPOCH, NOW_MS, False),
        ("too many endpoints", many, root, EPOCH, NOW_MS, False),
        (
            "no manifest",
            sealed_pb2.SignedManifest(manifest=b"\xff", signature=bytes(64)),
            b"",
            0,
            NOW_MS,
            False,
        ),
    ]
    return [
        {
            "name": name,
            "signed": signed.SerializeToString(deterministic=True).hex(),
            "pinned_root": pinned.hex(),
            "seen_epoch": seen,
            "now_ms": str(now_ms),
            "believed": believed,
        }
        for name, signed, pinned, seen, now_ms, believed in cases
    ]


def opens() -> list[dict[str, Any]]:
    """Return OPENs that are refused, and the reason the core gives."""
    believed = verify(sign(manifest(), ROOT))

    def opening(**changes: Any) -> bytes:
        return ClientSession(believed, drawn("ephemeral", "secret"), **changes).opening

    def hello(**changes: Any) -> bytes:
        fields: dict[str, Any] = {"ephemeral": fixed("ephemeral"), "secret": fixed("secret"), "protocol": 1}
        header = wire.OPEN_HEADER.pack(wire.OPEN, wire.VERSION, EPOCH, bytes(wire.ROUTE_BYTES))
        said = sealed_pb2.Hello(**{**fields, **changes}).SerializeToString()
        return header + HPKE.encrypt(said, SERVICE.public_key(), open_info(header, b""))

    good = opening()
    other_epoch = verify(sign(manifest(epoch=EPOCH + 1), ROOT))
    cases = [
        ("asks for the manifest", ClientSession(None, drawn()).opening, b"", "EPOCH"),
        ("another epoch", ClientSession(other_epoch, drawn("ephemeral", "secret")).opening, b"", "EPOCH"),
        ("another version", good[:1] + b"\x02" + good[2:], b"", "VERSION"),
        ("another route", good[:6] + bytes([good[6] ^ 1]) + good[7:], b"", "MALFORMED"),
        ("cut", good[:-1], b"", "MALFORMED"),
        ("a byte more", good + b"\x00", b"", "MALFORMED"),
        ("nothing inside", good[:22], b"", "MALFORMED"),
        ("an ephemeral key of low order", hello(ephemeral=bytes(32)), b"", "MALFORMED"),
        ("a short ephemeral key", hello(ephemeral=bytes(31)), b"", "MALFORMED"),
        ("a short secret", hello(secret=bytes(16)), b"", "MALFORMED"),
        ("a client of no version", hello(protocol=0), b"", "VERSION"),
        ("another carrier's exporter", opening(exporter=fixed("exporter")), fixed("another"), "MALFORMED"),
        ("no exporter where there is one", good, fixed("exporter"), "MALFORMED"),
    ]
    return [
        {"name": name, "open": message.hex(), "exporter": exporter.hex(), "reason": f"REFUSAL_{reason}"}
        for name, message, exporter, reason in cases
    ]


def answers() -> list[dict[str, Any]]:
    """Return what a client may hear instead of an ACCEPT."""
    signed = sign(manifest(), ROOT)
    cases = [
        ("epoch", refuse(sealed_pb2.REFUSAL_EPOCH, signed), "REFUSAL_EPOCH"),
        ("busy", refuse(sealed_pb2.REFUSAL_BUSY), "REFUSAL_BUSY"),
        ("a REFUSE that is none", b"\x03\x0f", None),
        ("a record before the ACCEPT", Sealer(fixed("direction")).seal(b"text", 0), None),
        ("an ACCEPT that is too short", b"\x02" + bytes(31), None),
        ("an ACCEPT that is too long", b"\x02" + bytes(33), None),
        ("an ACCEPT with a key of low order", b"\x02" + bytes(32), None),
        ("an OPEN", b"\x01\x01" + bytes(20), None),
        ("nothing", b"", None),
    ]
    return [{"name": name, "message": message.hex(), "refused": reason} for name, message, reason in cases]


def build() -> dict[str, Any]:
    sizes = [*range(1, 20), 255, 256, 257, 288, 289, 512, 513, 1000, 4096, 4097, 16_383, 16_384]
    return {
        "about": "The sealed layer (docs/protocol/sealed.md), by tests/sealed/vectors.py; bytes are hex.",
        "padding": [[size, wire.padded_bytes(size)] for size in sizes],
        "expand": [
            {"label": label, "secret": fixed("secret").hex(), "context": context.hex(), "bytes": size}
            | {"out": expand(fixed("secret"), label.encode(), context, size).hex()}
            for label, context, size in [("key", b"", 32), ("iv", b"", 12), ("c main", fixed("th"), 32)]
        ],
        "sessions": [
            session("without an exporter", b"", b"", []),
            session("bound to TLS", fixed("exporter"), fixed("route", 16), [(wire.BULK, LARGE)]),
        ],
        "arrivals": arrivals(),
        "opens": opens(),
        "answers": answers(),
        "manifests": manifests(),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(build(), indent=1) + "\n")
