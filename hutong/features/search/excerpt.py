"""The part of a text where something was found, and where in it. No I/O.

Matching is done on folded text, which may be shorter or longer than what was written (ß is ss, ﾊﾞ is バ); what
is shown is what was written.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from hutong.features.search.segment import Phrase, Token, fold, placed

BEFORE_CHARACTERS = 30
EXCERPT_CHARACTERS_MAX = 160
SPANS_MAX = 20
# What is forwarded in one piece may be long, and a page has fifty of them.
LOOKED_AT_CHARACTERS_MAX = 20_000
# Hangul vowels and final consonants: they join what stands before them.
_JOINING = range(0x1160, 0x1200)


class Excerpt(NamedTuple):
    """A part of a text, on one line; spans are (start, length) in its code points, in order."""

    text: str
    spans: list[tuple[int, int]]


def excerpt(text: str, phrases: Sequence[Phrase]) -> Excerpt:
    """Return the part of `text` where the first of the phrases stands; its beginning when none does."""
    text = text[:LOOKED_AT_CHARACTERS_MAX]
    spans = _merged(_spans(text, phrases))
    first = spans[0][0] if spans else 0
    start = _start(text, first)
    end = min(len(text), start + EXCERPT_CHARACTERS_MAX)
    lead, tail = ("…" if start else ""), ("…" if end < len(text) else "")
    shown = [
        (begin - start + len(lead), min(stop, end) - begin) for begin, stop in spans if start <= begin < end
    ]
    # One line of it: a character for a character, so that the spans stay.
    part = "".join(" " if character.isspace() else character for character in text[start:end])
    return Excerpt(lead + part + tail, shown[:SPANS_MAX])


def _start(text: str, first: int) -> int:
    """Return where to begin so that there is something before what was found; at a word, if one is near."""
    start = max(0, first - BEFORE_CHARACTERS)
    if start:
        space = next(
            (place for place in range(start, start + BEFORE_CHARACTERS // 2) if text[place].isspace()), -1
        )
        start = space + 1 if space >= 0 else start
        while start < first and unicodedata.combining(text[start]):
            start += 1
    return start


def _spans(text: str, phrases: Sequence[Phrase]) -> Iterator[tuple[int, int]]:
    starts, folded = _folded(text)
    tokens = list(placed(folded))
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(tokens):
        places[token.text].append(place)
    for phrase in phrases:
        anywhere = phrase.prefix and len(phrase.tokens) == 1
        for place in range(len(tokens)) if anywhere else places[phrase.tokens[0]]:
            stretch = tokens[place : place + len(phrase.tokens)]
            if _matches(stretch, phrase):
                last = stretch[-1]
                end = last.start + len(phrase.tokens[-1]) if phrase.prefix else last.end
                yield _written(starts, len(text), stretch[0].start, end)


def _matches(stretch: Sequence[Token], phrase: Phrase) -> bool:
    if len(stretch) < len(phrase.tokens):
        return False
    *before, last = phrase.tokens
    if any(token.text != wanted for token, wanted in zip(stretch, before, strict=False)):
        return False
    return stretch[-1].text.startswith(last) if phrase.prefix else stretch[-1].text == last


def _folded(text: str) -> tuple[list[int], str]:
    """Return for each character of the folded text where in `text` it comes from, and the folded text."""
    if text.isascii():
        return list(range(len(text))), fold(text)
    # Characters that may melt into one are folded together.
    cuts = [place for place, character in enumerate(text) if place == 0 or not _joins(character)]
    starts: list[int] = []
    parts: list[str] = []
    for begin, end in pairwise([*cuts, len(text)]):
        part = fold(text[begin:end])
        starts.extend([begin] * len(part))
        parts.append(part)
    return starts, "".join(parts)


def _joins(character: str) -> bool:
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.combining(first) != 0 or ord(first) in _JOINING


def _written(starts: list[int], length: int, begin: int, end: int) -> tuple[int, int]:
    """Return which part of the text as written became `begin` to `end` of the folded one."""
    following = bisect_right(starts, starts[end - 1])
    return starts[begin], starts[following] if following < len(starts) else length


def _merged(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
