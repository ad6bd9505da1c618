"""Builds the compression dictionary from the word lists and made-up conversations beside this file.

    python schema/dictionary/build.py

The result is committed in two forms of the same text, for Python and for TypeScript. A change of one token
is a new dictionary with a new number (docs/protocol/compression.md), so this runs by hand and not in
`make schema`; a test holds the committed forms to each other and to this script.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = ROOT / "hutong/protocols/compression/dictionary.py"
TYPESCRIPT = ROOT / "web/src/link/compression-dictionary.ts"

ABOUT = "Dictionary 1, built by schema/dictionary/build.py: tokens in the order of their codes; ␣ is a space."
ONE_BYTE_CODES = 224
TWO_BYTE_CODES = 31 * 256
TOKEN_BYTES_MAX = 24

PUNCTUATION = (
    "。 ， ？ ！ 、 ： ； “ ” ‘ ’ （ ） 《 》 【 】 … …… — —— ～ · ！！ ！！！ ？？ ？！ 。。。 "  # noqa: RUF001
    ".␣ ,␣ ?␣ !␣ ... .. !! !!! ?? ?! :␣ ;␣ ␣- ␣( )␣ \" ' ␣& ␣= ␣/␣ :00 :30 :15 :45 ␣pm ␣am ␣2026 ␣2027"
)
SHAPES = (
    "chat: inbox: image/jpeg image/png image/webp image/gif application/pdf application/zip text/plain "
    "video/mp4 audio/mpeg .jpg .jpeg .png .webp .gif .pdf .doc .docx .xlsx .pptx .txt .md .csv .zip .mp4 "
    ".mov .mp3 IMG_ https://www. https:// http:// .com .org .net .cn / /? .html @ # %20 &amp; 127.0.0.1 "
    "Screenshot_ 截图"
)
PIECES = 380
# Tags of the first fields, and the length of an identifier.
TAGS = (0x08, 0x0A, 0x10, 0x12, 0x18, 0x1A, 0x22, 0x0C)
# Texts up to this length have the headers of SendRequest's or MessageSent's nested fields in one token.
NESTED_TEXT_BYTES_MAX = 93


def words(name: str) -> list[str]:
    """Return a list's words, the commonest first, each once."""
    return list(dict.fromkeys((HERE / name).read_text(encoding="utf-8").split()))


def pieces() -> dict[str, int]:
    """Return what English words are made of, and in how many of the list: others are spelt with them."""
    times = Counter(
        word[start : start + size]
        for word in words("english.txt")
        for size in (2, 3, 4)
        for start in range(len(word) - size + 1)
        if word.isascii() and word.islower()
    )
    best = sorted(times, key=lambda piece: (-times[piece] * (len(piece) - 1), piece))
    return {piece: times[piece] for piece in best[:PIECES]}


def characters() -> Iterable[str]:
    """Return the 3,755 common characters of GB 2312, level 1."""
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF if row < 0xD7 else 0xFA):
            yield bytes((row, cell)).decode("gb2312")


def weigh() -> dict[str, float]:
    """Return every token with a guess of how often it is used: Zipf's law over each list."""
    weights: Counter[str] = Counter()
    for rank, word in enumerate(words("english.txt")):
        times = 20_000 / (rank + 20)
        weights[f" {word}"] += 0.8 * times
        weights[word] += 0.1 * times
        if word[0].islower():
            weights[word.capitalize()] += 0.1 * times
    for rank, word in enumerate(words("chinese.txt")):
        weights[word] += 20_000 / (rank + 30)
    for rank, sign in enumerate(words("emoji.txt")):
        weights[sign] += 3_000 / (rank + 20)
    for piece, times in pieces().items():
        weights[piece] += 2 * times
    for character in characters():
        weights[character] += 0.3
    for sign in PUNCTUATION.split():
        weights[sign.replace("␣", " ")] += 60
    for shape in SHAPES.split():
        weights[shape] += 10
    for length in range(1, NESTED_TEXT_BYTES_MAX + 1):
        weights[f"\x12{chr(length + 2)}\n{chr(length)}"] += 20
        weights[f"\n{chr(length + 2)}\n{chr(length)}"] += 20
    weights["\n\x11chat:"] += 1_000
    for byte in TAGS:
        weights[chr(byte)] += 5_000
    for size in (2, 3, 4, 5, 6, 8, 12, 17, 22):
        weights[f"\n{chr(size)}"] += 50
        weights[f"\x12{chr(size)}"] += 50
    for letter in "abcdefghijklmnopqrstuvwxyz0123456789 .,'?!:-":
        weights[letter] += 1_000_000
    return weights


def cheapest(text: str, costs: dict[str, int]) -> list[str]:
    """Cut a text into the tokens that cost least; what has none costs two bytes for each of its own."""
    best: list[tuple[int, str]] = [(0, "")]
    for end in range(1, len(text) + 1):
        options = [(best[end - 1][0] + 2 * len(text[end - 1].encode()), text[end - 1])]
        for start in range(max(0, end - TOKEN_BYTES_MAX), end):
            token = text[start:end]
            if token in costs:
                options.append((best[start][0] + costs[token], token))
        best.append(min(options))
    tokens = []
    end = len(text)
    while end:
        tokens.append(best[end][1])
        end -= len(best[end][1])
    return tokens[::-1]


def build() -> list[str]:
    """Return all tokens: first those with one-byte codes, then those with two, in a stable order."""
    weights = weigh()
    lines = (HERE / "conversations.txt").read_text(encoding="utf-8").splitlines()
    costs = dict.fromkeys(weights, 2)
    short: list[str] = []
    for _ in range(4):
        counts: Counter[str] = Counter()
        for line in lines:
            counts.update(dict.fromkeys(set(cheapest(line, costs)), 0))
            for token in cheapest(line, costs):
                counts[token] += 40
        for token, weight in weights.items():
            counts[token] += weight
        ranked = sorted((token for token in weights), key=lambda token: (-counts[token], token))
        short = ranked[:ONE_BYTE_CODES]
        costs = dict.fromkeys(weights, 2) | dict.fromkeys(short, 1)
    rest = sorted(set(weights) - set(short), key=lambda token: (-weights[token], token))
    assert len(rest) <= TWO_BYTE_CODES, len(rest)
    return sorted(short) + rest


def joined(tokens: list[str]) -> str:
    """Return the dictionary as one text."""
    return " ".join(token.replace(" ", "␣") for token in tokens)


def as_python(text: str) -> str:
    """Return the dictionary as a module of one long string."""
    parts = [text[start : start + 48] for start in range(0, len(text), 48)]
    body = "".join(f"    {json.dumps(part, ensure_ascii=False)}\n" for part in parts)
    return f'"""{ABOUT}"""\n\n# ruff: noqa: E501, Q003, RUF001\n# fmt: off\n\nTEXT = (\n{body})\n'


def as_typescript(text: str) -> str:
    """Return the dictionary as a module of one long string."""
    return f"/** {ABOUT} */\n// prettier-ignore\nexport const TEXT = {json.dumps(text, ensure_ascii=False)}\n"


if __name__ == "__main__":
    made = joined(build())
    PYTHON.write_text(as_python(made), encoding="utf-8")
    TYPESCRIPT.write_text(as_typescript(made), encoding="utf-8")
