"""SPAKE2 against RFC 9382's vectors, and against the vectors the web client reads too."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hutong.protocols.spake2 import Edwards25519, Exchange, Group, Role, Spake2Error
from tests.quicksend.p256 import P256

VECTORS = json.loads(
    (Path(__file__).resolve().parents[2] / "schema/vectors/spake2.json").read_text(encoding="utf-8")
)


def exchange(group: Group, role: Role, vector: dict[str, Any], random: str) -> Exchange:
    return Exchange(
        group,
        role,
        int(vector["w"], 16),
        bytes.fromhex(vector[random]).rjust(64, b"\x00"),
        names=(vector["a"].encode(), vector["b"].encode()),
        associated=vector.get("associated", "").encode(),
    )


@pytest.mark.parametrize(
    ("group", "vector"),
    [(P256(), vector) for vector in VECTORS["p256"]]
    + [(Edwards25519(), vector) for vector in VECTORS["edwards25519"]],
)
def test_vectors(group: Group, vector: dict[str, Any]) -> None:
    """QUICK8: RFC 9382, appendix B; and ours on edwards25519."""
    one, other = exchange(group, Role.A, vector, "x"), exchange(group, Role.B, vector, "y")
    assert (one.share.hex(), other.share.hex()) == (vector["share_a"], vector["share_b"])
    one.finish(other.share)
    other.finish(one.share)
    assert one.confirmation.hex() == vector["confirmation_a"]
    assert other.confirmation.hex() == vector["confirmation_b"]
    assert one.verify(other.confirmation).hex() == vector["shared"]
    assert other.verify(one.confirmation).hex() == vector["shared"]


def two(secret: int, other_secret: int, associated: bytes = b"") -> tuple[Exchange, Exchange]:
    names = (b"a", b"b")
    one = Exchange(Edwards25519(), Role.A, secret, os.urandom(64), names=names)
    other = Exchange(Edwards25519(), Role.B, other_secret, os.urandom(64), names=names, associated=associated)
    one.finish(other.share)
    other.finish(one.share)
    return one, other


@pytest.mark.parametrize(("secret", "associated"), [(8, b""), (7, b"another channel")])
def test_who_knows_something_else_is_found_out(secret: int, associated: bytes) -> None:
    """QUICK8."""
    one, other = two(7, secret, associated)
    with pytest.raises(Spake2Error):
        one.verify(other.confirmation)
    with pytest.raises(Spake2Error):
        other.verify(one.confirmation)


@pytest.mark.parametrize("share", VECTORS["invalid"]["shares"])
def test_what_is_no_element_is_refused(share: str) -> None:
    """QUICK8."""
    one = Exchange(Edwards25519(), Role.A, 7, os.urandom(64), names=(b"a", b"b"))
    with pytest.raises(Spake2Error):
        one.finish(bytes.fromhex(share))


def test_a_share_that_leaves_nothing_is_refused() -> None:
    """N to the secret alone: the difference would be the neutral element."""
    group = Edwards25519()
    one = Exchange(group, Role.A, 7, os.urandom(64), names=(b"a", b"b"))
    with pytest.raises(Spake2Error):
        one.finish(group.blind(group.n, 7))


def test_order() -> None:
    """One instance is one run, and nothing is confirmed before it."""
    one, other = two(7, 7)
    with pytest.raises(Spake2Error):
        one.finish(other.share)
    fresh = Exchange(Edwards25519(), Role.A, 7, os.urandom(64), names=(b"a", b"b"))
    with pytest.raises(Spake2Error):
        fresh.verify(other.confirmation)
    with pytest.raises(ValueError, match="64 random bytes"):
        Exchange(Edwards25519(), Role.A, 7, os.urandom(63), names=(b"a", b"b"))
