"""Text as the tokens that are found again. No I/O.

Chinese, Japanese and Korean are written without spaces. A dictionary cuts them into words, and finds nothing
where it cuts the text one way and the query another: names, new words, parts of words. So a run of such
characters becomes its pairs, each overlapping the next, and its last character: 中国人 is 中国 国人 人. A
query of two characters or more is a phrase of pairs, which is found exactly where the text has it; one
character is the beginning of a token (docs/decisions/0018-search.md has the measurement).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Scripts without spaces: ideographs with their extensions, kana, hangul, bopomofo, and the marks that stand
# among them (々〇); Thai, Lao, Burmese, Khmer.
_UNSPACED = (
    "\u3005\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff\u0e01-\u0e3a\u0e40-\u0eff\u1000-\u1049\u1050-\u109f\u1780-\u17d3"
)
# Vowel signs of Indic scripts are no letters to Python, and stand inside words.
_SIGNS = "\u0900-\u0963\u0966-\u0dff"
_RUN = re.compile(f"[{_UNSPACED}]+|(?:[^\\W{_UNSPACED}_]|[{_SIGNS}])+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
# Accents, and the points of Hebrew and Arabic. Other marks make other letters: ガ is not カ.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]"
)
_PART = re.compile('["“”„]([^"“”„]*)["“”]|\\S+')
# Longer ones are no words: keys, addresses, base64.
TOKEN_CHARACTERS_MAX = 40
# Of so many characters are the unfinished words that many others begin like. Of one: FTS5's own index.
BEGINNINGS = (2, 3)
# PostgreSQL counts positions to 16,383.
TEXT_TOKENS_MAX = 16_000


class Token(NamedTuple):
    """A token and where it stands in the folded text."""

    text: str
    start: int
    end: int


class Phrase(NamedTuple):
    """Tokens that stand next to each other. With `prefix` the last one may be the beginning of a word."""

    tokens: tuple[str, ...]
    prefix: bool


def fold(text: str) -> str:
    """Return text without what nobody means when searching: case, width, accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in its order: those that `placed` yields, sooner."""
    found: list[str] = []
    for run in _RUN.findall(fold(text)):
        if _IS_UNSPACED.match(run):
            found.extend(_pairs(run))
        else:
            found.append(run[:TOKEN_CHARACTERS_MAX])
        if len(found) >= TEXT_TOKENS_MAX:
            break
    return found[:TEXT_TOKENS_MAX]


def beginnings(words: Iterable[str]) -> list[str]:
    """Return how tokens of scripts with spaces begin, in each of the lengths of `BEGINNINGS`; each once."""
    spaced = [word for word in words if not _IS_UNSPACED.match(word)]
    return list(dict.fromkeys(word[:size] for size in BEGINNINGS for word in spaced if len(word) > size))


def placed(folded: str) -> Iterator[Token]:
    """Yield the tokens of a folded text and where they stand, at most `TEXT_TOKENS_MAX`."""
    left = TEXT_TOKENS_MAX
    for match in _RUN.finditer(folded):
        run, start = match.group(), match.start()
        if not _IS_UNSPACED.match(run):
            yield Token(run[:TOKEN_CHARACTERS_MAX], start, match.end())
            left -= 1
        else:
            for place in range(min(left, len(run))):
                yield Token(run[place : place + 2], start + place, min(start + place + 2, match.end()))
            left -= len(run)
        if left <= 0:
            return


def phrases(query: str) -> list[Phrase]:
    """Return what a query asks for, all of it: words, and "words in quotes" that stand next to each other.

    Any text is a query. The last word may be unfinished, unless a space or a quote ends it.
    """
    found: list[Phrase] = []
    for match in _PART.finditer(query):
        quoted = match.group(1)
        runs: list[str] = _RUN.findall(fold(match.group(0) if quoted is None else quoted))
        if runs:
            found.append(_joined(runs, unfinished=quoted is None and match.end() == len(query)))
    return list(dict.fromkeys(found))


def _joined(runs: list[str], *, unfinished: bool) -> Phrase:
    """Return runs that stand next to each other as one phrase."""
    joined: list[str] = []
    *before, last = runs
    for run in before:
        # Before another run, a run's last character is a token of its own, as it is in the text.
        joined.extend(_pairs(run) if _IS_UNSPACED.match(run) else [run[:TOKEN_CHARACTERS_MAX]])
    if not _IS_UNSPACED.match(last):
        return Phrase((*joined, last[:TOKEN_CHARACTERS_MAX]), unfinished)
    # At the end it may begin a pair that the query does not know.
    pairs = _pairs(last)
    return Phrase((*joined, *(pairs[:-1] or pairs)), len(pairs) == 1)


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run))]
