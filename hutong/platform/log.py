"""The append-only log (docs/protocol/log.md): its table, the planning of appends, and reading.

Appends are planned in memory by the writer, which owns the heads of all logs, and written with one
statement for many events. Nothing here commits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.answers import key_reused
from hutong.platform.database import Executor, insert_many, metadata, select_in
from hutong.platform.errors import InvalidArgument, NotFound
from hutong.schema import log_pb2

PAGE_EVENTS_MAX = 200
PAGE_BYTES_MAX = 512 * 1024
EVENT_OVERHEAD_BYTES = 80  # log, author, key and numbers, generously
# Well below a page: an event that fits into none would hide all that follow it.
EVENT_BODY_BYTES_MAX = PAGE_BYTES_MAX // 2
_HEADS_MAX = 100_000

log_event = sa.Table(
    "log_event",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Integer, nullable=False),
    sa.Column("author", sa.String(16), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("key", sa.LargeBinary(16)),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
sa.Index(
    "log_event_key",
    log_event.c.key,
    log_event.c.author,
    unique=True,
    sqlite_where=log_event.c.key.is_not(None),
    postgresql_where=log_event.c.key.is_not(None),
)


class Stored(NamedTuple):
    """One event, in the order of the table's columns."""

    log: str
    seq: int
    kind: int
    author: str
    at_ms: int
    key: bytes | None
    body: bytes

    def to_proto(self, reader: str | None) -> log_pb2.Event:
        """Return the form that travels to a user: only the author gets the key."""
        return log_pb2.Event(
            log=self.log,
            seq=self.seq,
            kind=self.kind,
            author=self.author,
            at_ms=self.at_ms,
            key=self.key if self.key and self.author == reader else b"",
            body=self.body,
        )


class Appended(NamedTuple):
    """Where an append went; `duplicate` when an earlier request with the same key had put it there."""

    log: str
    seq: int
    at_ms: int
    duplicate: bool = False


class _Head(NamedTuple):
    seq: int
    at_ms: int


class Heads:
    """The newest (seq, at_ms) of each log, as the writer's open transaction sees it.

    Bounded: the least recently used are forgotten and read again when needed.
    """

    def __init__(self) -> None:
        self._heads: OrderedDict[str, _Head] = OrderedDict()

    def get(self, connection: sa.Connection, log: str) -> _Head:
        """Return the head, (0, 0) for an empty log."""
        head = self._heads.get(log)
        if head is not None:
            return head
        row = connection.execute(
            sa.select(log_event.c.seq, log_event.c.at_ms)
            .where(log_event.c.log == log)
            .order_by(log_event.c.seq.desc())
            .limit(1)
        ).first()
        head = _Head(row.seq, row.at_ms) if row else _Head(0, 0)
        self.set(log, head)
        return head

    def set(self, log: str, head: _Head) -> None:
        """Remember a head."""
        self._heads[log] = head
        self._heads.move_to_end(log)

    def trim(self) -> None:
        """Forget the oldest beyond the bound. Only between transactions."""
        while len(self._heads) > _HEADS_MAX:
            self._heads.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: after a commit that may not have happened."""
        self._heads.clear()


class Plan:
    """The appends of one transaction: numbered at once, written together.

    `mark` and `undo` take back what one failing command planned without touching its neighbours.
    """

    def __init__(self, connection: sa.Connection, heads: Heads, now_ms: int) -> None:
        self._connection = connection
        self._heads = heads
        self._now_ms = now_ms
        self._before: list[_Head] = []
        self._written = 0
        self._known: dict[tuple[str, bytes], Stored] = {}
        self.events: list[Stored] = []

    def find_duplicates(self, keys: Iterable[bytes]) -> None:
        """Read, with one statement for many, which of `keys` were used before."""
        columns = ", ".join(column.name for column in log_event.columns)
        statement = f"SELECT {columns} FROM log_event WHERE key"  # noqa: S608  no input in it
        for row in select_in(self._connection, statement, list(keys)):
            event = Stored(*row)
            assert event.key is not None
            self._known[event.author, bytes(event.key)] = event

    def first(self, log: str, kind: int, body: bytes, author: str, key: bytes) -> Appended | None:
        """Return where a request with this key went before, or None (LOG4).

        The key must have been given to `find_duplicates`. Raises `AlreadyExists` when it was used for
        something else.
        """
        known = self._known.get((author, key))
        if known is None:
            return None
        # The server may have written fields of its own behind the body (`writer.Append`); b"" was erased.
        same = known.body.startswith(body) or not known.body
        if known.log != log or known.kind != kind or not same:
            raise key_reused()
        return Appended(log, known.seq, known.at_ms, duplicate=True)

    def used(self, author: str, key: bytes) -> bool:
        """Tell whether a key that was given to `find_duplicates` is an event's."""
        return (author, key) in self._known

    def append(self, log: str, kind: int, body: bytes, author: str, key: bytes | None) -> Appended:
        """Number an event. A key must not have been used (`first`). Raises `InvalidArgument` for its size."""
        if len(body) > EVENT_BODY_BYTES_MAX:
            raise InvalidArgument("This is too large for a conversation.", reason="event_too_large")
        before = self._heads.get(self._connection, log)
        at_ms = max(before.at_ms, self._now_ms)
        event = Stored(log, before.seq + 1, kind, author, at_ms, key, body)
        self._before.append(before)
        self.events.append(event)
        self._heads.set(log, _Head(event.seq, at_ms))
        if key is not None:
            self._known[author, key] = event
        return Appended(log, event.seq, at_ms)

    def write(self, upto: int | None = None) -> None:
        """Write the planned events, all or those before `upto`, into the open transaction."""
        end = len(self.events) if upto is None else upto
        if end > self._written:
            insert_many(self._connection, log_event, self.events[self._written : end])
            self._written = end

    def mark(self) -> int:
        """Return where a command begins."""
        return len(self.events)

    def undo(self, mark: int) -> None:
        """Take back everything planned since `mark`; what was written of it is rolled back by the caller."""
        while len(self.events) > mark:
            event = self.events.pop()
            self._heads.set(event.log, self._before.pop())
            if event.key is not None:
                del self._known[event.author, event.key]
        self._written = min(self._written, mark)

    def get(self, log: str, seq: int) -> Stored:
        """Return an event as this transaction sees it. Raises `NotFound`."""
        self.write()
        event = read_event(self._connection, log, seq)
        if event is None:
            raise NotFound("There is no such message.", reason="no_such_event")
        return event

    def erase(self, log: str, seq: int) -> None:
        """Empty an event's body (LOG12)."""
        self.write()
        self._connection.execute(
            sa.update(log_event).where(log_event.c.log == log, log_event.c.seq == seq).values(body=b"")
        )

    def head(self, log: str) -> int:
        """Return the newest seq of a log as this transaction sees it."""
        return self._heads.get(self._connection, log).seq


# Made once: to make a statement takes several times as long as to run one of these.
_IN_LOG = log_event.c.log == sa.bindparam("log")
_AFTER = log_event.c.seq > sa.bindparam("after")
_PAGE = sa.select(log_event).where(_IN_LOG, _AFTER).order_by(log_event.c.seq).limit(sa.bindparam("limit"))
_NEWEST = (
    sa.select(log_event)
    .where(_IN_LOG, _AFTER, log_event.c.seq < sa.bindparam("before"))
    .order_by(log_event.c.seq.desc())
    .limit(sa.bindparam("limit"))
)
_HEAD = sa.select(sa.func.max(log_event.c.seq)).where(_IN_LOG)
_SEQ_MAX = 2**31 - 1  # beyond every event: PostgreSQL counts no further in this column


def read_page(
    executor: Executor, log: str, *, reader: str, after: int, limit: int, bytes_max: int = PAGE_BYTES_MAX
) -> log_pb2.Page:
    """Return the oldest `limit` events with seq > after, as they travel to `reader`, and the head (LOG9)."""
    head = read_head(executor, log)
    if head <= after or not bytes_max:  # the first: most logs of somebody who comes back
        return log_pb2.Page(log=log, head=head)
    rows = executor.execute(_PAGE, {"log": log, "after": after, "limit": limit}).fetchall()
    events = _within(map(Stored._make, rows), reader, bytes_max)
    return log_pb2.Page(log=log, events=events, head=head)


def read_newest(
    executor: Executor,
    log: str,
    *,
    reader: str,
    before: int,
    after: int,
    limit: int,
    bytes_max: int = PAGE_BYTES_MAX,
) -> log_pb2.Page:
    """Return the newest `limit` events with after < seq < before, ascending; before 0 is the end."""
    bounds = {
        "log": log,
        "after": min(after, _SEQ_MAX),
        "before": min(before or _SEQ_MAX, _SEQ_MAX),
        "limit": limit,
    }
    rows = executor.execute(_NEWEST, bounds).fetchall()
    events = _within(map(Stored._make, rows), reader, bytes_max)[::-1]
    return log_pb2.Page(log=log, events=events, head=read_head(executor, log))


def _within(events: Iterable[Stored], reader: str, bytes_max: int) -> list[log_pb2.Event]:
    """Return the first events that fit; a carrier message has a bound (CONN4)."""
    page: list[log_pb2.Event] = []
    for event in events:
        bytes_max -= len(event.body) + EVENT_OVERHEAD_BYTES
        if bytes_max < 0:
            break
        page.append(event.to_proto(reader))
    return page


def read_head(executor: Executor, log: str) -> int:
    """Return the newest committed seq, 0 for an empty log."""
    return executor.execute(_HEAD, {"log": log}).scalar() or 0


def read_event(executor: Executor, log: str, seq: int) -> Stored | None:
    """Return one event, or None: on the wire numbers go further than here."""
    if seq > _SEQ_MAX:
        return None
    row = executor.execute(sa.select(log_event).where(log_event.c.log == log, log_event.c.seq == seq)).first()
    return Stored._make(row) if row else None
