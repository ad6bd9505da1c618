"""The index in a file of its own, with SQLite's FTS5 (https://sqlite.org/fts5.html).

The row number of an entry is its time: FTS5 hands out matches by row number, so that the newest twenty of a
word that stands in half of all messages are found by looking at twenty. Conversation, author and kinds are
words of a column of their own, so that FTS5 intersects them with the others. So are the first letters of
words: looking for an unfinished one, FTS5 would merge the rows of all the words that begin so.

Several hundred conversations are several hundred lists to merge before the first match is there. So the
newest matches of all conversations are walked through first, and those of other people's left out: whoever is
in many conversations has a page soon. Only what is missing after a bounded walk goes by the lists.
"""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from hutong.features.search.index import Batch, Entry, Found, IndexDamagedError, Wanted, kept, mask
from hutong.features.search.segment import beginnings, tokens
from hutong.features.search.sqlite_query import A_MILLISECOND, matching
from hutong.platform import journal

# Raised when what is written changes its form; an index of another version is built again. What a letter is,
# Python's Unicode decides.
_FORM = 2
VERSION = _FORM * 10_000 + int("".join(unicodedata.unidata_version.split(".")[:2]))
_VALUES_AT_ONCE = 500
# A few sizes, which the statement cache knows.
_ROWS_AT_ONCE = (64, 16, 4, 1)
_CACHE_KIB = 32 * 1024
_WAIT_S = 10.0
# So many lists are merged sooner than a stretch of the newest matches is walked through.
_LOGS_MERGED = 8
_WALKED = 1_000
_KINDS = range(32)

# Tokens are cut before they come here; this tokenizer leaves everything beyond ASCII as it is.
_SCHEMA = """
CREATE TABLE reached (log TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (
  place INTEGER PRIMARY KEY, log TEXT NOT NULL, seq INTEGER NOT NULL, wording INTEGER NOT NULL,
  author TEXT NOT NULL, kinds INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE UNIQUE INDEX entry_seq ON entry (log, seq);
CREATE VIRTUAL TABLE found USING fts5(
  scope, words, beginnings, content='', columnsize=0, detail=full, prefix='1', tokenize="ascii tokenchars ':'"
);
"""

T = TypeVar("T")

_FOUND = "place, log, seq, wording"

log = journal.get(__name__)


class SqliteIndex:
    """Implements `Index`. A file that is damaged, or of another version, is replaced by an empty one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
                raise  # a full disk, or a folder that is not there
            log.warning("search_index_replaced", error=str(error))
            self.clear()

    def reached(self, logs: Collection[str]) -> dict[str, int]:
        """Return up to which event logs were taken in; 0 for an unknown one."""
        found = dict.fromkeys(logs, 0)
        with _telling_damage():
            for chunk in _chunks(list(logs)):
                marks = ",".join("?" * len(chunk))
                statement = f"SELECT log, seq FROM reached WHERE log IN ({marks})"  # noqa: S608  no input in it
                found.update(self._writer.execute(statement, chunk))
        return found

    def apply(self, batch: Batch) -> None:
        """Take in what a look at the logs brought."""
        with _telling_damage(), self._writer:
            for name, seq in batch.removed:
                self._delete(name, seq)
            # By time: FTS5 writes out what it has gathered whenever a row number is below the one before.
            self._put(sorted(kept(batch), key=lambda each: each.at_ms))
            self._writer.executemany("REPLACE INTO reached VALUES (?, ?)", batch.reached.items())

    def forget(self, log: str) -> None:
        """Drop all of a log."""
        with _telling_damage(), self._writer:
            rows = self._writer.execute("SELECT seq FROM entry WHERE log = ?", (log,)).fetchall()
            for (seq,) in rows:
                self._delete(log, seq)
            self._writer.execute("DELETE FROM reached WHERE log = ?", (log,))

    def find(self, wanted: Wanted, limit: int) -> list[Found]:
        """Return the newest that match."""
        with _telling_damage(), _snapshot(self._reader):
            if len(wanted.logs) <= _LOGS_MERGED:
                return self._merged(wanted, limit)
            found = self._walked(wanted, limit)
            if len(found) == limit:
                return found
            end = self._end_of_walk(wanted)
            return found + (self._merged(wanted._replace(before=end), limit - len(found)) if end else [])

    def clear(self) -> None:
        """Begin anew, with another file."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._open()

    def close(self) -> None:
        """Let go of the file."""
        for name in ("_writer", "_reader"):
            connection: sqlite3.Connection | None = getattr(self, name, None)
            if connection is not None:
                connection.close()

    # ---- steps ----

    def _merged(self, wanted: Wanted, limit: int) -> list[Found]:
        """Return the newest that match, with the conversations among what FTS5 looks for."""
        rows, values = matching(wanted)
        statement = (
            f"SELECT {_FOUND} FROM ({rows} LIMIT ?) CROSS JOIN entry ON place = at ORDER BY place DESC"  # noqa: S608  no input in it
        )
        return [Found(*row) for row in self._reader.execute(statement, (*values, limit))]

    def _walked(self, wanted: Wanted, limit: int) -> list[Found]:
        """Return the newest of the conversations asked for, of the `_WALKED` newest matches in all."""
        rows, values = matching(wanted._replace(logs=()))
        statement = (
            f"SELECT {_FOUND} FROM ({rows} LIMIT ?) CROSS JOIN entry ON place = at "  # noqa: S608  no input in it
            "WHERE log IN (SELECT value FROM json_each(?)) ORDER BY place DESC LIMIT ?"
        )
        logs = json.dumps(list(wanted.logs))
        return [Found(*row) for row in self._reader.execute(statement, (*values, _WALKED, logs, limit))]

    def _end_of_walk(self, wanted: Wanted) -> int:
        """Return the place that `_walked` looked at last; 0 when nothing can be behind it."""
        rows, values = matching(wanted._replace(logs=()))
        row = self._reader.execute(f"{rows} LIMIT 1 OFFSET ?", (*values, _WALKED - 1)).fetchone()
        return row[0] if row else 0

    def _open(self) -> None:
        self._writer = sqlite3.connect(self._path, timeout=_WAIT_S, check_same_thread=False)
        try:
            # What a power cut takes is in the log still; but the file stays whole.
            pragmas = ("journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 4000")
            _set(self._writer, *pragmas, f"cache_size = -{_CACHE_KIB}")
            (version,) = self._writer.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._writer.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
            elif version != VERSION:
                raise sqlite3.DatabaseError("another version")
            for look in ("SELECT 1 FROM reached", "SELECT 1 FROM entry", "SELECT rowid FROM found('a')"):
                self._writer.execute(f"{look} LIMIT 1").fetchone()
            self._reader = sqlite3.connect(self._path, timeout=_WAIT_S, check_same_thread=False)
            _set(self._reader, "query_only = ON", f"cache_size = -{_CACHE_KIB}")
        except BaseException:
            self.close()
            raise

    def _put(self, entries: Sequence[Entry]) -> None:
        """Add entries or replace them. With few statements: after each, others may have the interpreter."""
        known = self._known([(entry.log, entry.seq) for entry in entries])
        (newest,) = self._writer.execute("SELECT coalesce(max(place), 0) FROM entry").fetchone()
        rows: list[tuple[Any, ...]] = []
        columns: list[tuple[Any, ...]] = []
        for entry in entries:
            first = entry.at_ms * A_MILLISECOND
            if (entry.log, entry.seq) in known:
                place = self._delete(entry.log, entry.seq)
            elif first + A_MILLISECOND - 1 > newest:
                place = newest = max(first, newest + 1)
            else:
                self._insert(rows, columns)
                place = self._free(entry.at_ms)
                newest = max(place, newest)
            kinds = mask(entry.kinds)
            rows.append((place, entry.log, entry.seq, entry.wording, entry.author, kinds, entry.text))
            columns.append((place, *_columns(entry.log, entry.author, kinds, entry.text)))
        self._insert(rows, columns)

    def _known(self, places: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Return for which of these (log, seq) there is an entry."""
        known: set[tuple[str, int]] = set()
        for some in _chunks(places):
            asked = ", ".join(["(?, ?)"] * len(some))
            statement = (
                f"WITH asked (log, seq) AS (VALUES {asked}) "  # noqa: S608  no input in it
                "SELECT entry.log, entry.seq FROM asked CROSS JOIN entry USING (log, seq)"
            )
            known.update(self._writer.execute(statement, [*chain.from_iterable(some)]))
        return known

    def _insert(self, rows: list[tuple[Any, ...]], columns: list[tuple[Any, ...]]) -> None:
        """Insert what was gathered, and empty the lists."""
        self._insert_many("entry", rows)
        self._insert_many("found (rowid, scope, words, beginnings)", columns)
        rows.clear()
        columns.clear()

    def _insert_many(self, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
        start = 0
        for size in _ROWS_AT_ONCE:
            while len(rows) - start >= size:
                some = rows[start : start + size]
                marks = ", ".join([f"({', '.join('?' * len(some[0]))})"] * size)
                self._writer.execute(f"INSERT INTO {into} VALUES {marks}", [*chain.from_iterable(some)])  # noqa: S608  no input in it
                start += size

    def _free(self, at_ms: int) -> int:
        """Return a place of that millisecond, or soon after it, that nothing has."""
        while True:
            first = at_ms * A_MILLISECOND
            query = "SELECT max(place) FROM entry WHERE place >= ? AND place < ?"
            (last,) = self._writer.execute(query, (first, first + A_MILLISECOND)).fetchone()
            place: int = first if last is None else last + 1
            if place < first + A_MILLISECOND:
                return place
            at_ms += 1

    def _delete(self, name: str, seq: int) -> int | None:
        """Drop an entry, if there is one; return its place."""
        same = "SELECT place, author, kinds, text FROM entry WHERE log = ? AND seq = ?"
        row = self._writer.execute(same, (name, seq)).fetchone()
        if row is None:
            return None
        place, author, kinds, text = row
        # An index without its own copy of the text has to be told what to forget.
        self._writer.execute(
            "INSERT INTO found (found, rowid, scope, words, beginnings) VALUES ('delete', ?, ?, ?, ?)",
            (place, *_columns(name, author, kinds, text)),
        )
        self._writer.execute("DELETE FROM entry WHERE place = ?", (place,))
        return int(place)


@contextmanager
def _snapshot(reader: sqlite3.Connection) -> Iterator[None]:
    """Let statements that belong together see the same rows."""
    reader.execute("BEGIN")
    try:
        yield
    finally:
        reader.rollback()


@contextmanager
def _telling_damage() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if _is_damage(error):
            raise IndexDamagedError(str(error)) from error
        raise


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it says where
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or "no such table" in str(error)


def _set(connection: sqlite3.Connection, *pragmas: str) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _columns(name: str, author: str, kinds: int, text: str) -> tuple[str, str, str]:
    words = tokens(text)
    return _scope(name, author, kinds), " ".join(words), " ".join(beginnings(words))


def _scope(name: str, author: str, kinds: int) -> str:
    bits = (f"kind:{kind}" for kind in _KINDS if kinds >> kind & 1)
    return " ".join([name, f"by:{author}", *bits])


def _chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + _VALUES_AT_ONCE] for start in range(0, len(values), _VALUES_AT_ONCE))
