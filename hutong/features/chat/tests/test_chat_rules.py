"""What groups may be called, without a server."""

from __future__ import annotations

import pytest

from hutong.features.chat import model
from hutong.platform.errors import InvalidArgument
from hutong.testing import refused


@pytest.mark.parametrize("title", ["家 👨‍👩‍👧", "Team\u3000A", "x" * 64])
def test_titles(title: str) -> None:
    assert model.title(f" {title} ") == title


@pytest.mark.parametrize(
    ("title", "reason"), [("", "bad_length"), ("x" * 65, "bad_length"), ("a\nb", "bad_characters")]
)
def test_bad_titles(title: str, reason: str) -> None:
    with refused(InvalidArgument, reason):
        model.title(title)
