"""What the index takes in of the conversations' logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from hutong.features.search.index import Batch, Entry
from hutong.features.search.searchable import kinds_of, words_of
from hutong.platform.database import Executor
from hutong.platform.events import kind_of
from hutong.platform.log import Stored, log_event, read_head
from hutong.schema import chat_pb2

PREFIX = "chat:"
_SENT, _EDITED, _RECALLED, _DISAPPEARED = KINDS = tuple(
    kind_of(message)
    for message in (
        chat_pb2.MessageSent,
        chat_pb2.MessageEdited,
        chat_pb2.MessageRecalled,
        chat_pb2.MessagesDisappeared,
    )
)

_NEXT = (
    sa.select(log_event)
    .where(
        log_event.c.log == sa.bindparam("log"),
        log_event.c.seq > sa.bindparam("after"),
        log_event.c.kind.in_(KINDS),
    )
    .order_by(log_event.c.seq)
    .limit(sa.bindparam("limit"))
)
_FIRST_LOG = sa.select(sa.func.min(log_event.c.log)).where(log_event.c.log > sa.bindparam("after"))


class Look(NamedTuple):
    """What one look brought, and the logs in which there is more."""

    batch: Batch
    unfinished: list[str]


def logs_after(executor: Executor, after: str, limit: int) -> tuple[list[tuple[str, int]], str]:
    """Return the conversations behind a log with their heads, and how far it looked: '' at the end.

    From log to log by the table's key: reading them all would be reading every message.
    """
    found: list[tuple[str, int]] = []
    for _ in range(limit):
        following: str | None = executor.execute(_FIRST_LOG, {"after": after}).scalar()
        if following is None:
            return found, ""
        if following.startswith(PREFIX):
            found.append((following, read_head(executor, following)))
        after = following
    return found, after


def look(
    executor: Executor,
    reached: Mapping[str, int],
    *,
    heads: Mapping[str, int],
    events_max: int,
    bytes_max: int,
) -> Look:
    """Read on in some logs, as far as the bounds allow; at least one event.

    `heads` says how far they went when it was asked. Not now: PostgreSQL shows each statement what was
    committed until then, and nothing may be passed over.
    """
    stored: list[Stored] = []
    read: dict[str, int] = {}
    unfinished: list[str] = []
    for log, after in reached.items():
        if events_max <= 0 or bytes_max <= 0:
            unfinished.append(log)
            continue
        limit = events_max
        rows = executor.execute(_NEXT, {"log": log, "after": after, "limit": limit})
        count, last = 0, after
        for row in rows:
            event = Stored._make(row)
            stored.append(event)
            count, last = count + 1, event.seq
            bytes_max -= len(event.body)
            if bytes_max <= 0:
                break
        rows.close()
        events_max -= count
        if count == limit or bytes_max <= 0:
            unfinished.append(log)
            read[log] = last
        else:
            read[log] = max(heads[log], last)
    entries = list(_entries(executor, stored))
    return Look(Batch(entries, list(_removed(stored)), read), unfinished)


def _entries(executor: Executor, stored: Iterable[Stored]) -> Iterator[Entry]:
    for event in stored:
        if not event.body:
            continue  # erased
        if event.kind == _SENT:
            yield _entry(event, event.seq, chat_pb2.MessageSent.FromString(event.body).content)
        elif event.kind == _EDITED:
            edited = chat_pb2.MessageEdited.FromString(event.body)
            message = _message(executor, event.log, edited.seq)
            if message is not None:
                yield _entry(message, event.seq, edited.content)


def _removed(stored: Iterable[Stored]) -> Iterator[tuple[str, int]]:
    for event in stored:
        if event.kind == _RECALLED:
            yield event.log, chat_pb2.MessageRecalled.FromString(event.body).seq
        elif event.kind == _DISAPPEARED:
            for seq in chat_pb2.MessagesDisappeared.FromString(event.body).seqs:
                yield event.log, seq


def _entry(message: Stored, wording: int, content: chat_pb2.Content) -> Entry:
    return Entry(
        log=message.log,
        seq=message.seq,
        wording=wording,
        author=message.author,
        at_ms=message.at_ms,
        kinds=kinds_of(content),
        text=words_of(content),
    )


def _message(executor: Executor, log: str, seq: int) -> Stored | None:
    """Return the message that an event speaks of, unless it was erased."""
    query = sa.select(log_event).where(log_event.c.log == log, log_event.c.seq == seq)
    row = executor.execute(query).first()
    message = Stored._make(row) if row is not None else None
    return message if message is not None and message.kind == _SENT and message.body else None
