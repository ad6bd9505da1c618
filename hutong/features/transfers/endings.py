"""How transfers ended, for clients that read their offers without what came after them."""

from __future__ import annotations

import sqlalchemy as sa

from hutong.features.chat.api import Change
from hutong.platform.database import Executor
from hutong.platform.events import kind_of
from hutong.platform.log import log_event
from hutong.schema import transfers_pb2 as pb

_OFFERED, _ENDED = kind_of(pb.TransferOffered), kind_of(pb.TransferEnded)
# Most end within minutes. In a group of a thousand voices a week is more; there are no transfers in groups.
_EVENTS_MAX = 5_000


def standing(executor: Executor, log: str, first: int, last: int) -> list[Change]:
    """Return the ends of what was offered from seq `first` to `last`, as far as they came soon after."""
    offers = {
        pb.TransferOffered.FromString(row.body).transfer: row.seq
        for row in _read(executor, log, _OFFERED, first, last)
    }
    if not offers:
        return []
    ended = _read(executor, log, _ENDED, first, last + _EVENTS_MAX)
    bodies = ((row.author, pb.TransferEnded.FromString(row.body)) for row in ended)
    return [Change(offers[body.transfer], author, body) for author, body in bodies if body.transfer in offers]


def _read(
    executor: Executor, log: str, kind: int, first: int, last: int
) -> list[sa.Row[tuple[int, str, bytes]]]:
    query = sa.select(log_event.c.seq, log_event.c.author, log_event.c.body).where(
        log_event.c.log == log, log_event.c.seq.between(first, last), log_event.c.kind == kind
    )
    return list(executor.execute(query.order_by(log_event.c.seq)))
