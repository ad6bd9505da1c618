"""The code: one or two bytes for each token of the dictionary. What was packed before changes nothing."""

from __future__ import annotations

import re

from hutong.protocols.compression.dictionary import TEXT

ONE_BYTE_CODES = 224  # 0x00 to 0xDF; 0xE0 begins a byte that stands for itself, 0xE1 to 0xFF the other tokens
BODY_BYTES_MIN = 24
BODY_BYTES_MAX = 2_048
# What a compressed body has to save: the field that says so costs two bytes.
SAVED_BYTES_MIN = 3
# Of a longer body the beginning is tried first; pictures, keys and ciphertext end there.
PROBE_BYTES = 32
PROBED_FROM_BYTES = 2 * PROBE_BYTES


class CompressionError(Exception):
    """The body is not what `compress` makes, or unpacks to more than allowed."""


def _tables() -> tuple[dict[bytes, bytes], dict[bytes, bytes], dict[bytes, tuple[int, ...]]]:
    """Return code of token, token of code, and lengths of tokens by their first four bytes, longest first."""
    codes = {bytes((value,)): bytes((0xE0, value)) for value in range(256)}
    tokens = {code: token for token, code in codes.items()}
    lengths: dict[bytes, set[int]] = {}
    for number, word in enumerate(TEXT.split(" ")):
        token = word.replace("␣", " ").encode()
        two_byte = number - ONE_BYTE_CODES
        code = bytes((number,)) if two_byte < 0 else bytes((0xE1 + (two_byte >> 8), two_byte & 0xFF))
        codes[token] = code
        tokens[code] = token
        if len(token) >= 4:
            lengths.setdefault(token[:4], set()).add(len(token))
    return codes, tokens, {start: tuple(sorted(sizes, reverse=True)) for start, sizes in lengths.items()}


_CODES, _TOKENS, _LENGTHS = _tables()
_TOKEN_BYTES_MAX = max(map(len, _CODES))
# What `_short` found lately saves a third to two thirds of the time. It changes how fast a body is packed,
# never into what.
_SHORT: dict[bytes, tuple[bytes, int]] = {}
_SHORT_MAX = 8_192
# The last alternative is a first byte with nothing behind it: no code, so it is found out like any other.
_SPLIT = re.compile(rb"[\x00-\xdf]|[\xe0-\xff][\x00-\xff]|[\xe0-\xff]", re.DOTALL)


def _encode(body: bytes, *, probed: bool = False) -> bytes:
    """Return the codes; with `probed` none when those of the beginning are no shorter than it."""
    # The longest that fits, the long ones by their first four bytes. By two bytes it takes half as long
    # again; a regular expression of all tokens does, too, and needs 120 ms to compile.
    # What does not pack costs most, a token for each byte or two: hence the probe, in the same pass.
    parts: list[bytes] = []
    code_of, lengths_of, short_of, add = _CODES.get, _LENGTHS.get, _SHORT.get, parts.append
    position = 0
    for end in (PROBE_BYTES, len(body)) if probed else (len(body),):
        while position < end:
            start = body[position : position + 4]
            short = short_of(start)
            if short is not None:
                add(short[0])
                position += short[1]
                continue
            for length in lengths_of(start, ()):
                code = code_of(body[position : position + length])
                if code is not None:
                    break
            else:
                code, length = _short(start)
            add(code)
            position += length
        if position < len(body) and sum(map(len, parts)) >= position:
            return b""
    return b"".join(parts)


def _short(start: bytes) -> tuple[bytes, int]:
    """Return code and length of what begins with these four bytes, where no long token fits."""
    for length in (3, 2):
        code = _CODES.get(start[:length])
        if code is not None:
            break
    else:
        code, length = _CODES[start[:1]], 1
    if start not in _LENGTHS:
        if len(_SHORT) >= _SHORT_MAX:
            _SHORT.clear()
        _SHORT[start] = code, length
    return code, length


def compress(body: bytes) -> bytes | None:
    """Return the body in fewer bytes; None when it is too short, too long, or not of our words."""
    size = len(body)
    if not BODY_BYTES_MIN <= size <= BODY_BYTES_MAX:
        return None
    packed = _encode(body, probed=size > PROBED_FROM_BYTES)
    return packed if packed and len(packed) + SAVED_BYTES_MIN <= size else None


def decompress(body: bytes, limit: int) -> bytes:
    """Return what was packed, at most `limit` bytes. Raises `CompressionError` before more is made."""
    if len(body) > 2 * limit:  # two bytes give one at the least
        raise CompressionError("The body is too long.")
    tokens = _TOKENS
    try:
        parts = [tokens[code] for code in _SPLIT.findall(body)]
    except KeyError:
        raise CompressionError("The body holds a code that means nothing.") from None
    if len(parts) * _TOKEN_BYTES_MAX > limit and sum(map(len, parts)) > limit:
        raise CompressionError("The body unpacks to more than is allowed.")
    return b"".join(parts)
