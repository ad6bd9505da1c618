"""The index in a file of its own, with SQLite's FTS5 (https://sqlite.org/fts5.html).

The row number of an entry is its time: FTS5 hands out matches by row number, so that the newest twenty of a
word that stands in half of all messages are found by looking at twenty. Conversation, author and kinds are
words of a column of their own, so that FTS5 intersects them with the others.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hutong.features.search.index import Batch, Entry, Found, IndexDamagedError, Wanted, kept, mask
from hutong.features.search.segment import Phrase, tokens
from hutong.platform import journal

# Raised when what is written changes its form; an index of another version is built again. What a letter is,
# Python's Unicode decides.
_FORM = 1
VERSION = _FORM * 10_000 + int("".join(unicodedata.unidata_version.split(".")[:2]))
# Messages of one millisecond; more of them go to the next one.
_A_MILLISECOND = 1024
_VALUES_AT_ONCE = 500
_CACHE_KIB = 32 * 1024
_WAIT_S = 10.0
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
  scope, words, content='', columnsize=0, detail=full, prefix='1', tokenize="ascii tokenchars ':'"
);
"""

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
            for entry in kept(batch):
                self._put(entry)
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
        match = _match(wanted)
        conditions, values = _bounds(wanted, "found.rowid" if match else "place")
        source, order = "entry", "place"
        if match:
            source, order = "found CROSS JOIN entry ON entry.place = found.rowid", "found.rowid"
            conditions, values = ["found MATCH ?", *conditions], [match, *values]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = (
            f"SELECT place, log, seq, wording FROM {source} {where} "  # noqa: S608  no input in it
            f"ORDER BY {order} DESC LIMIT ?"
        )
        with _telling_damage():
            return [Found(*row) for row in self._reader.execute(statement, (*values, limit))]

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

    def _put(self, entry: Entry) -> None:
        place = self._delete(entry.log, entry.seq)
        if place is None:
            place = self._free(entry.at_ms)
        kinds = mask(entry.kinds)
        row = (place, entry.log, entry.seq, entry.wording, entry.author, kinds, entry.text)
        self._writer.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        columns = (place, _scope(entry.log, entry.author, kinds), " ".join(tokens(entry.text)))
        self._writer.execute("INSERT INTO found (rowid, scope, words) VALUES (?, ?, ?)", columns)

    def _free(self, at_ms: int) -> int:
        """Return a place of that millisecond, or soon after it, that nothing has."""
        while True:
            first = at_ms * _A_MILLISECOND
            query = "SELECT max(place) FROM entry WHERE place >= ? AND place < ?"
            (last,) = self._writer.execute(query, (first, first + _A_MILLISECOND)).fetchone()
            place: int = first if last is None else last + 1
            if place < first + _A_MILLISECOND:
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
            "INSERT INTO found (found, rowid, scope, words) VALUES ('delete', ?, ?, ?)",
            (place, _scope(name, author, kinds), " ".join(tokens(text))),
        )
        self._writer.execute("DELETE FROM entry WHERE place = ?", (place,))
        return int(place)


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


def _scope(name: str, author: str, kinds: int) -> str:
    bits = (f"kind:{kind}" for kind in _KINDS if kinds >> kind & 1)
    return " ".join([name, f"by:{author}", *bits])


def _match(wanted: Wanted) -> str:
    """Return the FTS5 query. All that comes from people is quoted: nothing in it is an operator."""
    scopes: list[str] = []
    if wanted.author:
        scopes.append(_quoted(f"by:{wanted.author}"))
    if wanted.kind:
        scopes.append(_quoted(f"kind:{wanted.kind}"))
    if wanted.logs:
        scopes.append(f"({' OR '.join(_quoted(name) for name in sorted(wanted.logs))})")
    parts = [f"words : ({' AND '.join(map(_phrase, wanted.phrases))})"] if wanted.phrases else []
    if scopes:
        parts.append(f"scope : ({' AND '.join(scopes)})")
    return " AND ".join(parts)


def _phrase(phrase: Phrase) -> str:
    return _quoted(" ".join(phrase.tokens)) + ("*" if phrase.prefix else "")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _bounds(wanted: Wanted, place: str) -> tuple[list[str], list[str | int]]:
    conditions: list[str] = []
    values: list[str | int] = []
    for condition, value in (
        (">=", wanted.from_ms * _A_MILLISECOND),
        ("<", wanted.to_ms * _A_MILLISECOND),
        ("<", wanted.before),
    ):
        if value:
            conditions.append(f"{place} {condition} ?")
            values.append(value)
    return conditions, values


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _VALUES_AT_ONCE] for start in range(0, len(values), _VALUES_AT_ONCE))
