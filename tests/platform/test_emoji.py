"""What counts as one emoji, without a server."""

from __future__ import annotations

import pytest

from hutong.platform.emoji import one_emoji
from hutong.platform.errors import InvalidArgument
from hutong.testing import refused

EMOJI = ["👍", "❤️", "❤", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👁️‍🗨️", "🇨🇳", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "©️", "🫠", "🐈‍⬛", "👩🏽‍🚀"]
NOT_EMOJI = ["", "a", "1", "ok", "你", " ", "👍👍", "👍a", "👍 ", "🏽", "🇨", "🇨🇳🇨🇳", "\x00"]
JOINERS = ["\u200d", "\ufe0f", "👍\u200d", "👨" + "\u200d👨" * 5]


@pytest.mark.parametrize("text", EMOJI)
def test_one_emoji(text: str) -> None:
    assert one_emoji(text) == text


@pytest.mark.parametrize("text", [*NOT_EMOJI, *JOINERS])
def test_anything_else(text: str) -> None:
    with refused(InvalidArgument, "not_an_emoji"):
        one_emoji(text)
