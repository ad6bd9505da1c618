"""Tickets in a database: SQLite now, with nothing in it that PostgreSQL could not do.

All statements run on one thread beside the event loop, those that wait for it together in one transaction.
A ticket is encrypted under a key made of its identity, which is not stored: what a stolen database, its log
or a backup holds opens nothing.
"""

from __future__ import annotations

import asyncio
import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hutong.edge.tickets.store import (
    TICKETS_MAX,
    TICKETS_OF_A_DEVICE_MAX,
    KeptTicket,
    TicketStoreError,
    name_of,
)

QUEUE_MAX = 10_000
GROUP_MAX = 256
# So many make room at once when the store is full: counting and sorting are not for every ticket.
_ROOM = 1_000

_metadata = sa.MetaData()
_table = sa.Table(
    "tls_ticket",
    _metadata,
    sa.Column("name", sa.LargeBinary(32), primary_key=True),
    sa.Column("region", sa.String(64), nullable=False),
    sa.Column("tag", sa.LargeBinary(16), nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index("tls_ticket_device", "region", "tag", "expires_ms"),
    sa.Index("tls_ticket_expiry", "expires_ms"),
)


@dataclass(slots=True)
class _Keep:
    name: bytes
    tag: bytes
    expires_ms: int
    sealed: bytes


@dataclass(slots=True)
class _Look:
    name: bytes


@dataclass(slots=True)
class _Consume:
    name: bytes


@dataclass(slots=True)
class _Purge:
    now_ms: int


_Operation = _Keep | _Look | _Consume | _Purge
_Row = tuple[bytes, int, bytes]  # tag, expires_ms, sealed


class DatabaseTickets:
    """Opens the store, making its table when it is not there."""

    def __init__(self, url: str, region: str = "", *, tickets_max: int = TICKETS_MAX) -> None:
        """Open `url`. Raises `TicketStoreError` when that cannot be done."""
        self._region = region
        self._tickets_max = tickets_max
        self._engine = _engine(url)
        self._keeps_log = self._engine.dialect.name == "sqlite"
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="tickets")
        self._waiting: list[tuple[_Operation, asyncio.Future[_Row | None]]] = []
        self._at_work: asyncio.Future[Any] | None = None
        try:
            with _writing(self._engine) as connection:
                _metadata.create_all(connection)
                self._count = _count(connection)
        except sa.exc.SQLAlchemyError as error:
            raise TicketStoreError(f"The ticket store cannot be opened: {error}") from error

    async def keep(self, identity: bytes, ticket: KeptTicket) -> None:
        """Keep a ticket; the device's oldest make room."""
        sealed = _cipher(identity).encrypt(_NONCE, ticket.secret, ticket.tag)
        await self._do(_Keep(name_of(identity), ticket.tag, ticket.expires_ms, sealed))

    async def look(self, identity: bytes, now_ms: int) -> KeptTicket | None:
        """Return a ticket and leave it."""
        return _open(identity, await self._do(_Look(name_of(identity))), now_ms)

    async def consume(self, identity: bytes, now_ms: int) -> KeptTicket | None:
        """Erase a ticket and return it, to one caller only."""
        return _open(identity, await self._do(_Consume(name_of(identity))), now_ms)

    async def purge(self, now_ms: int) -> None:
        """Erase what has expired."""
        await self._do(_Purge(now_ms))

    async def close(self) -> None:
        """Finish what is running and let go of the connection."""
        while self._at_work is not None:
            await asyncio.wait([self._at_work])
            await asyncio.sleep(0)
        self._pool.shutdown()
        self._engine.dispose()

    # ---- groups ----

    async def _do(self, operation: _Operation) -> _Row | None:
        if len(self._waiting) >= QUEUE_MAX:
            raise TicketStoreError("Too much waits for the ticket store.")
        done: asyncio.Future[_Row | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, done))
        if self._at_work is None:
            self._next_group()
        return await done

    def _next_group(self) -> None:
        group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
        work = asyncio.get_running_loop().run_in_executor(
            self._pool, self._run, [operation for operation, _ in group]
        )
        self._at_work = work
        futures = [future for _, future in group]

        def settle(done: asyncio.Future[list[_Row | None]]) -> None:
            self._at_work = None
            if self._waiting:
                self._next_group()
            error = done.exception()
            for index, future in enumerate(futures):
                if future.done():
                    continue  # nobody waits any more
                if error is None:
                    future.set_result(done.result()[index])
                else:
                    failure = TicketStoreError("The ticket store failed.")
                    failure.__cause__ = error
                    future.set_exception(failure)

        work.add_done_callback(settle)

    # ---- on the thread ----

    def _run(self, group: list[_Operation]) -> list[_Row | None]:
        """Do a group; return what was found, in the group's order.

        What is kept comes first: a client may show its ticket before the store has had time to keep it.
        """
        changes: list[tuple[int, _Operation]] = [
            (index, each) for index, each in enumerate(group) if isinstance(each, _Keep | _Purge)
        ]
        results: list[_Row | None] = [None] * len(group)
        self._change_all(changes, results)
        # Most that is shown in an attack is not here: it costs a look and no lock.
        known = self._known([each.name for each in group if isinstance(each, _Look | _Consume)])
        changes = []
        for index, each in enumerate(group):
            if isinstance(each, _Look):
                results[index] = known.get(each.name)
            elif isinstance(each, _Consume) and each.name in known:
                changes.append((index, each))
        self._change_all(changes, results)
        if self._keeps_log and any(isinstance(each, _Purge) for each in group):
            # SQLite's log holds pages as they were; what was consumed shall be gone from there too.
            with self._engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return results

    def _change_all(self, changes: list[tuple[int, _Operation]], results: list[_Row | None]) -> None:
        if changes:
            with _writing(self._engine) as connection:
                for index, operation in changes:
                    results[index] = self._change(connection, operation)

    def _change(self, connection: sa.Connection, operation: _Operation) -> _Row | None:
        match operation:
            case _Consume(name=name):
                return self._erase(connection, name)
            case _Keep():
                self._insert(connection, operation)
            case _Purge(now_ms=now_ms):
                connection.execute(sa.delete(_table).where(_table.c.expires_ms <= now_ms))
                self._count = _count(connection)
        return None

    def _known(self, names: list[bytes]) -> dict[bytes, _Row]:
        if not names:
            return {}
        query = sa.select(_table).where(_table.c.name.in_(names), _table.c.region == self._region)
        with self._engine.connect() as connection:
            return {row.name: (row.tag, row.expires_ms, row.sealed) for row in connection.execute(query)}

    def _erase(self, connection: sa.Connection, name: bytes) -> _Row | None:
        statement = (
            sa.delete(_table)
            .where(_table.c.name == name, _table.c.region == self._region)
            .returning(_table.c.tag, _table.c.expires_ms, _table.c.sealed)
        )
        row = connection.execute(statement).one_or_none()
        if row is None:
            return None  # another process was faster
        self._count -= 1
        return row.tag, row.expires_ms, row.sealed

    def _insert(self, connection: sa.Connection, keep: _Keep) -> None:
        of_device = (_table.c.region == self._region, _table.c.tag == keep.tag)
        newest_first = (
            sa.select(_table.c.name)
            .where(*of_device)
            .order_by(_table.c.expires_ms.desc())
            .limit(TICKETS_MAX)
            .offset(TICKETS_OF_A_DEVICE_MAX - 1)
        )
        gone = connection.execute(sa.delete(_table).where(_table.c.name.in_(newest_first))).rowcount
        if self._count >= self._tickets_max:
            room = min(_ROOM, max(1, self._tickets_max // 10))
            oldest = sa.select(_table.c.name).order_by(_table.c.expires_ms).limit(room)
            gone += connection.execute(sa.delete(_table).where(_table.c.name.in_(oldest))).rowcount
        connection.execute(
            sa.insert(_table).values(
                name=keep.name,
                region=self._region,
                tag=keep.tag,
                expires_ms=keep.expires_ms,
                sealed=keep.sealed,
            )
        )
        self._count += 1 - gone


# The key is used for this one message.
_NONCE = bytes(12)


def _open(identity: bytes, row: _Row | None, now_ms: int) -> KeptTicket | None:
    if row is None:
        return None
    tag, expires_ms, sealed = row
    if expires_ms <= now_ms:
        return None
    try:
        return KeptTicket(_cipher(identity).decrypt(_NONCE, sealed, tag), tag, expires_ms)
    except InvalidTag as error:
        raise TicketStoreError("A ticket in the store is damaged.") from error


def _cipher(identity: bytes) -> AESGCM:
    return AESGCM(hmac.digest(identity, b"hutong ticket v1", "sha256"))


def _count(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(_table)).scalar_one())


def _writing(engine: sa.Engine) -> Any:
    """Begin a transaction that writes; in SQLite the lock is taken first, so that it cannot fail later."""
    return engine.execution_options(writing=True).begin()


def _engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=1, max_overflow=0)
    engine = sa.create_engine(
        url, poolclass=sa.StaticPool, connect_args={"check_same_thread": False, "isolation_level": None}
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        # What a power cut takes back is taken back before the restart, and nothing is accepted early then
        # (`EarlyDataGuard`); a killed process loses nothing.
        "synchronous=NORMAL",
        "secure_delete=ON",
        "busy_timeout=2000",
        "journal_size_limit=4194304",
    ):
        connection.execute(f"PRAGMA {pragma}")
