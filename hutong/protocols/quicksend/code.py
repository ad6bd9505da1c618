"""Codes: a channel's number and three words (QUICK1 to QUICK4).

The words stand for 24 bits: 20 that are secret, and 4 that follow from them and the number, so that of
sixteen slips of the tongue fifteen are found before a guess is spent on them.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from hutong.protocols.quicksend.words import CHINESE, ENGLISH

NUMBER_MIN, NUMBER_MAX = 1_000, 99_999
WORDS = 3
_SECRET_BITS, _CHECK_BITS = 20, 4
_CHECK_TAG = b"hutong quick send check\n"
_TEXT_CHARACTERS_MAX = 512
_LINK = "#/receive/"
_CHINESE_SIGNS = 2  # each Chinese word


class Language(Enum):
    """What the words are taken from."""

    ENGLISH = "en"
    CHINESE = "zh"


class CodeError(Exception):
    """This is no code; the text is a sentence for the person, `reason` and `word` are for programs.

    `reason`: number, words, unknown_word, check. `suggestions` are words like the unknown one.
    """

    def __init__(
        self, message: str, reason: str, *, word: str = "", suggestions: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.word = word
        self.suggestions = suggestions


@dataclass(frozen=True, slots=True)
class Code:
    """`value` are the 24 bits of the words."""

    number: int
    value: int

    @classmethod
    def make(cls, number: int, random: bytes) -> Code:
        """Return a code for a channel from at least 4 random bytes."""
        secret = int.from_bytes(random[:4], "big") >> (32 - _SECRET_BITS)
        return cls(number, secret << _CHECK_BITS | _check(number, secret))

    def words(self, language: Language = Language.ENGLISH) -> tuple[str, ...]:
        """Return the words in one language."""
        listed = ENGLISH if language is Language.ENGLISH else CHINESE
        return tuple(listed[byte] for byte in self.value.to_bytes(WORDS, "big"))

    def text(self, language: Language = Language.ENGLISH) -> str:
        """Return it as it is written: 4821-apple-river-window."""
        return "-".join([str(self.number), *self.words(language)])

    @property
    def password(self) -> bytes:
        """What both sides put into the exchange, whatever the language was."""
        return f"{self.number}-{self.value:06x}".encode()


def parse_code(text: str) -> Code:
    """Read what somebody typed or pasted: spaces, capitals, a link around it are fine. Raises `CodeError`."""
    text = text[:_TEXT_CHARACTERS_MAX]
    if _LINK in text:
        text = unquote(text.rpartition(_LINK)[2])
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = re.match(r"\W*(\d+)(.*)", plain, re.DOTALL)
    if found is None or not NUMBER_MIN <= int(found[1][:6]) <= NUMBER_MAX:
        raise CodeError("A code begins with a number of four or five digits.", "number")
    words = [word for part in re.findall(r"[^\W\d_]+", found[2]) for word in _split(part)]
    if len(words) != WORDS:
        raise CodeError("A code has a number and three words.", "words")
    code = Code(int(found[1]), int.from_bytes(bytes(map(_place, words)), "big"))
    secret, check = divmod(code.value, 1 << _CHECK_BITS)
    if check != _check(code.number, secret):
        raise CodeError(
            "Number and words do not belong together: a digit or a word is wrong, or two are exchanged.",
            "check",
        )
    return code


def _check(number: int, secret: int) -> int:
    digest = hashlib.sha256(_CHECK_TAG + f"{number}-{secret:05x}".encode()).digest()
    return digest[0] >> (8 - _CHECK_BITS)


def _split(part: str) -> list[str]:
    """Return the words of a run of letters: Chinese needs no spaces."""
    if part.isascii():
        return [part]
    return [part[at : at + _CHINESE_SIGNS] for at in range(0, len(part), _CHINESE_SIGNS)]


def _place(word: str) -> int:
    for listed in (ENGLISH, CHINESE):
        if word in listed:
            return listed.index(word)
    # A word of which enough was typed to know it.
    begun = [known for known in ENGLISH if len(word) > 2 and known.startswith(word)]
    if len(begun) == 1:
        return ENGLISH.index(begun[0])
    close = begun or difflib.get_close_matches(word, ENGLISH + CHINESE, n=3, cutoff=0.5)
    hint = f" Perhaps: {', '.join(close[:3])}?" if close else ""
    raise CodeError(
        f"“{word}” is no word of codes.{hint}", "unknown_word", word=word, suggestions=tuple(close[:3])
    )
