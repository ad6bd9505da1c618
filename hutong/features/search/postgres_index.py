"""The index in PostgreSQL, in a schema of its own: text search over tokens that are cut before.

It makes its tables itself, because they are derived: another version drops them and builds them again.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from hutong.features.search.index import Batch, Entry, Found, IndexDamagedError, Wanted, kept, mask
from hutong.features.search.segment import Phrase, tokens

_FORM = 1
VERSION = f"{_FORM}/{unicodedata.unidata_version}"
# As in SQLite: messages of one millisecond; more of them go to the next one.
_A_MILLISECOND = 1024
# PostgreSQL keeps no more positions of one word.
_POSITIONS_MAX = 255
# Several servers on one database would build it at the same time.
_LOCK = 0x48755365

_SCHEMA = """
CREATE SCHEMA hutong_search;
CREATE TABLE hutong_search.version (version text NOT NULL);
CREATE TABLE hutong_search.reached (log text PRIMARY KEY, seq integer NOT NULL);
CREATE TABLE hutong_search.entry (
  place bigint PRIMARY KEY, log text NOT NULL, seq integer NOT NULL, wording integer NOT NULL,
  author text NOT NULL, kinds integer NOT NULL, words tsvector NOT NULL, UNIQUE (log, seq)
);
CREATE INDEX entry_log ON hutong_search.entry (log, place);
CREATE INDEX entry_words ON hutong_search.entry USING gin (words)
"""
_DAMAGE = ("XX001", "XX002", "42P01", "3F000")  # data or an index corrupted; a table, a schema that is gone


class PostgresIndex:
    """Implements `Index`. `url` is SQLAlchemy's."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, pool_size=2, max_overflow=0)
        with self._engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            if _version(connection) != VERSION:
                _create(connection)

    def reached(self, logs: Collection[str]) -> dict[str, int]:
        """Return up to which event logs were taken in; 0 for an unknown one."""
        query = sa.text("SELECT log, seq FROM hutong_search.reached WHERE log = ANY(:logs)")
        with _telling_damage(), self._engine.begin() as connection:
            rows = connection.execute(query, {"logs": list(logs)})
            return dict.fromkeys(logs, 0) | {row.log: row.seq for row in rows}

    def apply(self, batch: Batch) -> None:
        """Take in what a look at the logs brought."""
        entries = kept(batch)
        upsert = sa.text(
            "INSERT INTO hutong_search.reached VALUES (:log, :seq) ON CONFLICT (log) DO UPDATE SET seq = :seq"
        )
        with _telling_damage(), self._engine.begin() as connection:
            _delete(connection, list(batch.removed))
            places = _delete(connection, [(entry.log, entry.seq) for entry in entries])
            taken: set[int] = set()
            rows = []
            for entry in entries:
                place = places.get((entry.log, entry.seq)) or _free(connection, entry.at_ms, taken)
                taken.add(place)
                rows.append(_row(place, entry))
            if rows:
                insert = (
                    "INSERT INTO hutong_search.entry VALUES "
                    "(:place, :log, :seq, :wording, :author, :kinds, CAST(:words AS tsvector))"
                )
                connection.execute(sa.text(insert), rows)
            if batch.reached:
                reached = [{"log": log, "seq": seq} for log, seq in batch.reached.items()]
                connection.execute(upsert, reached)

    def forget(self, log: str) -> None:
        """Drop all of a log."""
        with _telling_damage(), self._engine.begin() as connection:
            for table in ("entry", "reached"):
                delete = f"DELETE FROM hutong_search.{table} WHERE log = :log"  # noqa: S608  no input in it
                connection.execute(sa.text(delete), {"log": log})

    def find(self, wanted: Wanted, limit: int) -> list[Found]:
        """Return the newest that match."""
        conditions: list[str] = []
        values: dict[str, object] = {
            "limit": limit,
            "words": " & ".join(map(_phrase, wanted.phrases)),
            "logs": list(wanted.logs),
            "author": wanted.author,
            "kind": mask([wanted.kind]),
            "first": wanted.from_ms * _A_MILLISECOND,
            "end": wanted.to_ms * _A_MILLISECOND,
            "before": wanted.before,
        }
        for condition, there in (
            ("words @@ CAST(:words AS tsquery)", wanted.phrases),
            ("log = ANY(:logs)", wanted.logs),
            ("author = :author", wanted.author),
            ("kinds & :kind <> 0", wanted.kind),
            ("place >= :first", wanted.from_ms),
            ("place < :end", wanted.to_ms),
            ("place < :before", wanted.before),
        ):
            if there:
                conditions.append(condition)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = (
            f"SELECT place, log, seq, wording FROM hutong_search.entry {where} "  # noqa: S608  no input in it
            "ORDER BY place DESC LIMIT :limit"
        )
        with _telling_damage(), self._engine.begin() as connection:
            return [Found(*row) for row in connection.execute(sa.text(statement), values)]

    def clear(self) -> None:
        """Begin anew, with empty tables."""
        with self._engine.begin() as connection:
            _create(connection)

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()


def _version(connection: sa.Connection) -> str | None:
    there = sa.text("SELECT to_regclass('hutong_search.version') IS NOT NULL")
    if not connection.execute(there).scalar():
        return None
    found: str | None = connection.execute(sa.text("SELECT version FROM hutong_search.version")).scalar()
    return found


def _create(connection: sa.Connection) -> None:
    for statement in ("DROP SCHEMA IF EXISTS hutong_search CASCADE", *_SCHEMA.strip().split(";")):
        connection.execute(sa.text(statement))
    connection.execute(sa.text("INSERT INTO hutong_search.version VALUES (:version)"), {"version": VERSION})


def _delete(connection: sa.Connection, messages: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Drop entries by log and seq; return the places they had."""
    if not messages:
        return {}
    statement = sa.text(
        "DELETE FROM hutong_search.entry USING unnest(CAST(:logs AS text[]), CAST(:seqs AS integer[])) "
        "AS gone (log, seq) WHERE entry.log = gone.log AND entry.seq = gone.seq "
        "RETURNING entry.log, entry.seq, entry.place"
    )
    logs, seqs = zip(*messages, strict=True)
    rows = connection.execute(statement, {"logs": list(logs), "seqs": list(seqs)})
    return {(row.log, row.seq): row.place for row in rows}


def _free(connection: sa.Connection, at_ms: int, taken: set[int]) -> int:
    """Return a place of that millisecond, or soon after it, that nothing has."""
    query = sa.text("SELECT max(place) FROM hutong_search.entry WHERE place >= :first AND place < :end")
    while True:
        first = at_ms * _A_MILLISECOND
        end = first + _A_MILLISECOND
        last = connection.execute(query, {"first": first, "end": end}).scalar()
        place: int = first if last is None else last + 1
        while place in taken:
            place += 1
        if place < end:
            return place
        at_ms += 1


def _row(place: int, entry: Entry) -> dict[str, object]:
    return {
        "place": place,
        "log": entry.log,
        "seq": entry.seq,
        "wording": entry.wording,
        "author": entry.author,
        "kinds": mask(entry.kinds),
        "words": _vector(entry.text),
    }


def _vector(text: str) -> str:
    """Return the literal of a tsvector: each token with the places where it stands, counted from 1."""
    positions: defaultdict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(tokens(text), start=1):
        if len(positions[token]) < _POSITIONS_MAX:
            positions[token].append(place)
    return " ".join(f"{_quoted(token)}:{','.join(map(str, at))}" for token, at in positions.items())


def _phrase(phrase: Phrase) -> str:
    words = " <-> ".join(map(_quoted, phrase.tokens))
    return f"({words}:*)" if phrase.prefix else f"({words})"


def _quoted(token: str) -> str:
    escaped = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


@contextmanager
def _telling_damage() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _DAMAGE:
            raise IndexDamagedError(str(error.orig)) from error
        raise
