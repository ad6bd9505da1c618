"""Hostile bytes for every parser: nothing but `SealedError` comes out, and nothing is delivered (SEAL3)."""

from __future__ import annotations

import contextlib
import os

from hypothesis import given, settings
from hypothesis import strategies as st

from hutong.protocols.sealed import (
    MESSAGE,
    ClientSession,
    Opener,
    OpenError,
    Pins,
    SealedError,
    Sealer,
    ServerSession,
    is_early,
    refuse,
    sign,
    verify,
)
from hutong.schema import sealed_pb2
from tests.sealed.talk import Talk
from tests.sealed.vectors import EPOCH, NOW_MS, ROOT, SERVICE, manifest

SIGNED = sign(manifest(), ROOT)
OPENING = ClientSession(verify(SIGNED), os.urandom).opening
REFUSED = refuse(sealed_pb2.REFUSAL_EPOCH, SIGNED)
RECORD = Sealer(bytes(32)).seal(b"text", MESSAGE)
often = settings(max_examples=300, deadline=None)


@st.composite
def damaged(draw: st.DrawFn, *good: bytes) -> bytes:
    """Noise, or something good with bytes changed, cut off or put in."""
    message = draw(st.one_of(st.binary(max_size=300), st.sampled_from(good)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(message)))
        end = draw(st.integers(place, len(message)))
        message = message[:place] + draw(st.binary(max_size=12)) + message[end:]
    return message


@often
@given(damaged(OPENING, RECORD, REFUSED))
def test_a_core_before_the_open(message: bytes) -> None:
    """SEAL3, SEAL4"""
    core = ServerSession()
    try:
        core.accept(message, b"", {EPOCH: SERVICE}.get, os.urandom)
    except OpenError:
        assert message != OPENING
    else:
        assert message == OPENING


@often
@given(damaged(OPENING, RECORD, REFUSED), st.booleans())
def test_a_core_after_the_open(message: bytes, begun: bool) -> None:
    """SEAL3"""
    talk = Talk()
    if begun:
        talk.core.open(talk.accepted().seal(b"main", MESSAGE))
    with contextlib.suppress(SealedError):
        assert talk.core.open(message) is None
    is_early(message)


@often
@given(damaged(OPENING, RECORD, REFUSED, Talk().accept))
def test_a_client(message: bytes) -> None:
    """SEAL3: a REFUSE may be anybody's, an ACCEPT of anybody else leads nowhere"""
    client = ClientSession(verify(SIGNED), os.urandom)
    with contextlib.suppress(SealedError):
        client.receive(message)
    with contextlib.suppress(SealedError):
        assert not isinstance(client.receive(message), bytes)


@often
@given(damaged(RECORD))
def test_an_opener(message: bytes) -> None:
    """SEAL3, SEAL10"""
    opener = Opener(bytes(32))
    try:
        assert opener.open(message) in {None, b"text"}
    except SealedError:
        assert message != RECORD


@often
@given(damaged(SIGNED.manifest), damaged(SIGNED.signature))
def test_a_manifest(content: bytes, signature: bytes) -> None:
    """SEAL17, SEAL18"""
    pins = Pins()
    try:
        pins.check(sealed_pb2.SignedManifest(manifest=content, signature=signature), NOW_MS)
    except SealedError:
        assert pins == Pins()
    else:
        assert (content, signature) == (SIGNED.manifest, SIGNED.signature)
