"""The rules without a server."""

from __future__ import annotations

import pytest

from hutong.features.identity import model
from hutong.platform.errors import InvalidArgument, Unauthenticated
from hutong.platform.text import line
from hutong.testing import refused


@pytest.mark.parametrize(
    ("text", "handle"), [("Wang_1", "wang_1"), (" @li_na ", "li_na"), ("a" * 32, "a" * 32)]
)
def test_handles_are_lower_case(text: str, handle: str) -> None:
    assert model.handle(text) == handle


@pytest.mark.parametrize("text", ["", "ab", "a" * 33, "wang li", "王力", "a-b-c", "@@abc", "ab\nc"])
def test_bad_handles_are_refused(text: str) -> None:
    with refused(InvalidArgument, "bad_handle"):
        model.handle(text)


@pytest.mark.parametrize("text", ["王力", "👨‍👩‍👧 family", "O'Brien", "نور", "e\u0301"])
def test_names_in_any_script(text: str) -> None:
    assert line(text, what="A name", maximum=64)


def test_names_are_normalized() -> None:
    assert line(" e\u0301 ", what="A name", maximum=64) == "\u00e9"


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\u202eb", "a\u2028b", "a\x7fb"])
def test_lines_without_controls(text: str) -> None:
    with refused(InvalidArgument, "bad_characters"):
        line(text, what="A name", maximum=64)


@pytest.mark.parametrize("signature", [b"", b"x" * 63, b"x" * 64, b"x" * 65])
def test_a_wrong_signature_is_one_error(signature: bytes) -> None:
    with refused(Unauthenticated, "bad_signature"):
        model.verify(bytes(32), signature, b"signed")
