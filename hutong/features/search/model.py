"""What may be asked, and the pages of the answer. No I/O."""

from __future__ import annotations

from hutong.features.search.index import Wanted
from hutong.features.search.segment import phrases
from hutong.platform.errors import InvalidArgument
from hutong.schema import search_pb2 as pb

TEXT_CHARACTERS_MAX = 200
PHRASES_MAX = 20
ID_CHARACTERS_MAX = 80
HITS = 20
HITS_MAX = 50
# A millisecond of the year 10,000: an index multiplies it.
AT_MS_MAX = 253_402_300_800_000
_CURSOR_BYTES = 8


def wanted(request: pb.MessagesRequest) -> Wanted:
    """Return what a request looks for, in all conversations. Raises `InvalidArgument`."""
    text = checked(request.text)
    if len(request.log) > ID_CHARACTERS_MAX or len(request.author) > ID_CHARACTERS_MAX:
        raise InvalidArgument("There is nobody, and nothing, with such a long name.", reason="too_long")
    if request.kind not in pb.Kind.values():
        raise InvalidArgument("This kind of message is not known here.", reason="unknown_kind")
    if not (0 <= request.from_ms <= AT_MS_MAX and 0 <= request.to_ms <= AT_MS_MAX):
        raise InvalidArgument("There is no such time.", reason="bad_time")
    narrowed = request.log or request.author or request.kind or request.from_ms or request.to_ms
    if not text.strip() and not narrowed:
        raise nothing_asked()
    asked = phrases(text)
    if len(asked) > PHRASES_MAX:
        raise InvalidArgument(f"Search for {PHRASES_MAX} words at most.", reason="too_many_words")
    return Wanted(
        phrases=asked,
        author=request.author,
        kind=request.kind,
        from_ms=request.from_ms,
        to_ms=request.to_ms,
        before=_place(request.cursor),
    )


def checked(text: str) -> str:
    """Return what was typed. Raises `InvalidArgument` for too much of it."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise InvalidArgument(f"Search for {TEXT_CHARACTERS_MAX} characters at most.", reason="too_long")
    return text


def nothing_asked() -> InvalidArgument:
    """Return the error for a request without anything to look for."""
    return InvalidArgument("What shall be looked for?", reason="empty")


def at_most(limit: int) -> int:
    """Return how many hits, or people, a page has. Raises `InvalidArgument`."""
    if limit > HITS_MAX:
        raise InvalidArgument(f"At most {HITS_MAX} at once.", reason="limit_too_large")
    return limit or HITS


def cursor(place: int) -> bytes:
    """Return what a client asks with for the page behind a place."""
    return place.to_bytes(_CURSOR_BYTES, "big")


def _place(cursor: bytes) -> int:
    place = int.from_bytes(cursor, "big") if len(cursor) == _CURSOR_BYTES else 0
    if cursor and not 0 < place < 2**63:
        raise InvalidArgument("This does not follow any page.", reason="bad_cursor")
    return place
