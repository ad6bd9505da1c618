"""The database port: SQLAlchemy Core over SQLite, with nothing in it that PostgreSQL could not do.

Reading happens on a few threads with snapshots of their own; all writing happens in `writer.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
V = TypeVar("V", bound=Hashable)

READERS = 2

# Statements have this many rows or values: SQLite allows 32,766 parameters. Few sizes would mean many
# statements, after each of which the writer waits for the interpreter lock; any size, texts nobody knows yet.
_CHUNKS = tuple(1 << power for power in range(9, -1, -1))

metadata = sa.MetaData()


class Executor(Protocol):
    """What both a reading snapshot and a command's transaction can do."""

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        """Run a statement."""


def create_engine(url: str, *, readonly: bool) -> sa.Engine:
    """Return an engine whose connections are set up for durability (writer) or snapshots (readers)."""
    sqlite = url.startswith("sqlite")
    engine = sa.create_engine(
        url,
        pool_size=READERS if readonly else 1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "isolation_level": None} if sqlite else {},
        poolclass=sa.QueuePool,
    )
    if sqlite:
        sa.event.listen(engine, "connect", _sqlite_pragmas(readonly=readonly))
        # The sqlite3 module would begin transactions by itself, and too late for savepoints.
        begin = "BEGIN" if readonly else "BEGIN IMMEDIATE"
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _sqlite_pragmas(*, readonly: bool) -> Callable[[Any, Any], None]:
    def set_up(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "cache_size=-65536",
            "temp_store=MEMORY",
            "journal_size_limit=67108864",
            # At 500 commits a second the default (1,000 pages) checkpoints more than once a second, and
            # the commits behind a checkpoint are what the 99th percentile sees.
            "wal_autocheckpoint=8000",
            f"query_only={'ON' if readonly else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return set_up


class Reads:
    """Runs functions with a connection of their own, off the event loop."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, readonly=True)
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="read")

    async def __call__(self, read: Callable[[sa.Connection], T]) -> T:
        """Run `read` in a snapshot and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, read)

    def _run(self, read: Callable[[sa.Connection], T]) -> T:
        with self._engine.begin() as connection:
            return read(connection)

    def close(self) -> None:
        """Finish what is running and let go of the connections."""
        self._pool.shutdown()
        self._engine.dispose()


def _mark(connection: sa.Connection) -> str:
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


def insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert `rows`, tuples in the table's column order, with few statements.

    One statement for many rows, not executemany: the sqlite3 module hands the interpreter lock back and
    forth at every step, and with a busy event loop each of those waits for a thread switch.
    """
    mark = _mark(connection)
    start = 0
    for size in _CHUNKS:
        while len(rows) - start >= size:
            chunk = rows[start : start + size]
            connection.exec_driver_sql(_insert(table, mark, size), tuple(chain.from_iterable(chunk)))
            start += size


@lru_cache
def _insert(table: sa.Table, mark: str, size: int) -> str:
    columns = ", ".join(column.name for column in table.columns)
    row = "(" + ", ".join([mark] * len(table.columns)) + ")"
    return f"INSERT INTO {table.name} ({columns}) VALUES {', '.join([row] * size)}"  # noqa: S608  no input in it


def in_parts(values: Iterable[V]) -> Iterator[Sequence[V]]:
    """Yield different values, so many at a time as a statement's `IN` may hold: databases bound them."""
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), _CHUNKS[0]):
        yield wanted[start : start + _CHUNKS[0]]


def select_in(connection: sa.Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run `statement`, which ends before its `IN` list, for `values` in chunks, and return all rows.

    The list is padded to a few sizes, so that the driver's statement cache serves them.
    """
    found: list[tuple[Any, ...]] = []
    start = 0
    while start < len(values):
        left = len(values) - start
        size = next((chunk for chunk in reversed(_CHUNKS) if chunk >= left), _CHUNKS[0])
        chunk = list(values[start : start + size])
        chunk += [chunk[-1]] * (size - len(chunk))
        listed = _listed(statement, _mark(connection), size)
        found += map(tuple, connection.exec_driver_sql(listed, tuple(chunk)))
        start += size
    return found


@lru_cache
def _listed(statement: str, mark: str, size: int) -> str:
    return f"{statement} IN ({', '.join([mark] * size)})"
