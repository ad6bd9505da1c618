"""Lines that people type and others see: names, titles, greetings, names of files."""

from __future__ import annotations

import unicodedata

from hutong.platform.errors import InvalidArgument

# Overrides of the writing direction make "exe.gpj" look like "jpg.exe" and mix up what stands next to a name.
# The joiners of emoji and of some scripts are invisible too, and stay allowed.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def line(text: str, *, what: str, maximum: int, minimum: int = 1) -> str:
    """Return one line of text, trimmed and in NFC. Lengths are in characters. Raises `InvalidArgument`."""
    trimmed = unicodedata.normalize("NFC", text).strip()
    if not minimum <= len(trimmed) <= maximum:
        raise InvalidArgument(f"{what} has {minimum} to {maximum} characters.", reason="bad_length")
    if not is_line(trimmed):
        raise InvalidArgument(f"{what} has characters that cannot be shown.", reason="bad_characters")
    return trimmed


def is_line(text: str) -> bool:
    """Tell whether the text is free of control characters, line ends, and overrides of direction."""
    return not any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _OVERRIDES
        for character in text
    )


FILE_NAME_CHARACTERS_MAX = 255
MEDIA_TYPE_CHARACTERS_MAX = 100


def check_file_name(name: str) -> None:
    """Refuse what cannot be the name of a file in one folder, or lies about it. Raises `InvalidArgument`."""
    fits = 1 <= len(name) <= FILE_NAME_CHARACTERS_MAX and name.strip(". ") != ""
    if not fits or "/" in name or "\\" in name or not is_line(name):
        raise InvalidArgument("This file name is not allowed.", reason="bad_name")


def check_media_type(media_type: str) -> None:
    """Refuse what is no media type by its length and characters. Raises `InvalidArgument`."""
    fits = len(media_type) <= MEDIA_TYPE_CHARACTERS_MAX
    if not fits or not media_type.isascii() or not media_type.isprintable():
        raise InvalidArgument("This media type is not allowed.", reason="bad_media_type")
