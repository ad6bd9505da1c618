"""From what the index found to what the caller gets: the log says what stands, and who may read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from hutong.features.search.excerpt import excerpt
from hutong.features.search.index import Found
from hutong.features.search.searchable import words_of
from hutong.features.search.segment import Phrase
from hutong.platform.database import Executor
from hutong.platform.events import kind_of
from hutong.platform.following import LogAccess
from hutong.platform.log import Stored, log_event
from hutong.schema import chat_pb2
from hutong.schema import search_pb2 as pb

_SENT = kind_of(chat_pb2.MessageSent)
_EDITED = kind_of(chat_pb2.MessageEdited)
# Made once: to make a statement takes several times as long as to run it.
_EVENTS = sa.select(log_event).where(
    log_event.c.log == sa.bindparam("log"), log_event.c.seq.in_(sa.bindparam("seqs", expanding=True))
)


def readable(
    executor: Executor, access: LogAccess, user: str, found: Sequence[Found], phrases: Sequence[Phrase]
) -> list[pb.Hit | None]:
    """Return a hit for each that was found; None for what the user may not read, or what was erased since."""
    events = _events(executor, access, user, found)
    return [_hit(events.get((each.log, each.wording)), each, user, phrases) for each in found]


def _events(
    executor: Executor, access: LogAccess, user: str, found: Sequence[Found]
) -> dict[tuple[str, int], Stored]:
    wordings: defaultdict[str, list[Found]] = defaultdict(list)
    for each in found:
        wordings[each.log].append(each)
    events: dict[tuple[str, int], Stored] = {}
    for log, here in wordings.items():
        first = access.first_readable(executor, user, log)
        seqs = [each.wording for each in here if first and each.seq >= first]
        if seqs:
            rows = executor.execute(_EVENTS, {"log": log, "seqs": seqs})
            events.update(((log, row.seq), Stored._make(row)) for row in rows)
    return events


def _hit(event: Stored | None, found: Found, user: str, phrases: Sequence[Phrase]) -> pb.Hit | None:
    if event is None or not event.body:
        return None
    if event.kind == _SENT:
        seq, content = event.seq, chat_pb2.MessageSent.FromString(event.body).content
    elif event.kind == _EDITED:
        edited = chat_pb2.MessageEdited.FromString(event.body)
        seq, content = edited.seq, edited.content
    else:
        return None
    if seq != found.seq:
        return None
    part = excerpt(words_of(content), phrases)
    spans = [pb.Span(start=start, length=length) for start, length in part.spans]
    return pb.Hit(event=event.to_proto(user), seq=found.seq, excerpt=part.text, spans=spans)
