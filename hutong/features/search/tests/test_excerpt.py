from __future__ import annotations

import random

import pytest

from hutong.features.search.excerpt import EXCERPT_CHARACTERS_MAX, SPANS_MAX, excerpt
from hutong.features.search.segment import fold, phrases


def marked(text: str, query: str) -> list[str]:
    part = excerpt(text, phrases(query))
    return [part.text[start : start + length] for start, length in part.spans]


@pytest.mark.parametrize(
    ("text", "query", "parts"),
    [
        ("Tea, and more tea!", "tea ", ["Tea", "tea"]),
        ("Teapots of tea", "tea", ["Tea", "tea"]),  # of an unfinished word what is typed
        ("the teapot", "a", []),
        ("我是中国人", "中国", ["中国"]),
        ("我是中国人", "人", ["人"]),
        ("北京北京", "北京", ["北京北京"]),
        ("Straße and STRASSE", "strasse ", ["Straße", "STRASSE"]),
        ("cafe\u0301 noir", "café ", ["cafe\u0301"]),
        ("ｶﾞﾗｽの", "ガラス", ["ｶﾞﾗｽ"]),
        ("ﬁne", "fi", ["ﬁ"]),
        ("\u1112\u1161\u11ab글", "한글", ["\u1112\u1161\u11ab글"]),
        ("😀 tea 😀 北京", "tea 北京", ["tea", "北京"]),
        ("one two three", '"two three"', ["two three"]),
        ("in 北京 tomorrow", "in北京", ["in 北京"]),
    ],
)
def test_what_is_marked(text: str, query: str, parts: list[str]) -> None:
    assert marked(text, query) == parts


def test_a_part_of_a_long_text() -> None:
    part = excerpt("word " * 100 + "needle" + " word" * 100, phrases("needle "))
    ((start, length),) = part.spans
    assert part.text[start : start + length] == "needle"
    assert part.text.startswith("…word ")
    assert part.text.endswith("…")
    assert len(part.text) <= EXCERPT_CHARACTERS_MAX + 2
    assert excerpt("short\ntext", []).text == "short text"
    assert len(excerpt("a " * 200, phrases("a ")).spans) == SPANS_MAX


def test_spans_stay_inside_whatever_the_text() -> None:
    chance = random.Random(3)
    alphabet = "aBß ﬁ北京\u0301\u3099ｶﾞ\u1112\u1161한é\n😀٠ि"
    for _ in range(500):
        text = "".join(chance.choices(alphabet, k=chance.randint(1, 250)))
        query = "".join(chance.choices(text, k=chance.randint(1, 4)))
        part = excerpt(text, phrases(query))
        ends = 0
        for start, length in part.spans:
            assert length > 0
            assert ends <= start
            ends = start + length
            assert ends <= len(part.text)
        assert fold(fold(text)) == fold(text)
