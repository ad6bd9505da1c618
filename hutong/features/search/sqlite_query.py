"""What is looked for, in the words of SQLite's FTS5. No I/O."""

from __future__ import annotations

from hutong.features.search.index import Wanted
from hutong.features.search.segment import BEGINNINGS, Phrase

# Messages of one millisecond have places of their own; more of them go to the next one.
A_MILLISECOND = 1024


def matching(wanted: Wanted) -> tuple[str, list[str | int]]:
    """Return the statement for the places that match, the newest first, but for its limit; and its values."""
    match = _match(wanted)
    source, place = ("found", "rowid") if match else ("entry", "place")
    conditions, values = _bounds(wanted, place)
    if match:
        conditions, values = ["found MATCH ?", *conditions], [match, *values]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {place} AS at FROM {source} {where} ORDER BY {place} DESC", values  # noqa: S608  no input in it


def _match(wanted: Wanted) -> str:
    """Return the FTS5 query. All that comes from people is quoted: nothing in it is an operator."""
    scopes: list[str] = []
    if wanted.author:
        scopes.append(_quoted(f"by:{wanted.author}"))
    if wanted.kind:
        scopes.append(_quoted(f"kind:{wanted.kind}"))
    if wanted.logs:
        scopes.append(f"({' OR '.join(_quoted(name) for name in sorted(wanted.logs))})")
    parts = list(map(_phrase, wanted.phrases))
    if scopes:
        parts.append(f"scope : ({' AND '.join(scopes)})")
    return " AND ".join(parts)


def _phrase(phrase: Phrase) -> str:
    (*_, last), alone = phrase.tokens, len(phrase.tokens) == 1
    if alone and phrase.prefix and len(last) in BEGINNINGS:
        return "{words beginnings} : " + _quoted(last)
    return f"words : {_quoted(' '.join(phrase.tokens))}" + ("*" if phrase.prefix else "")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _bounds(wanted: Wanted, place: str) -> tuple[list[str], list[str | int]]:
    conditions: list[str] = []
    values: list[str | int] = []
    for condition, value in (
        (">=", wanted.from_ms * A_MILLISECOND),
        ("<", wanted.to_ms * A_MILLISECOND),
        ("<", wanted.before),
    ):
        if value:
            conditions.append(f"{place} {condition} ?")
            values.append(value)
    return conditions, values
