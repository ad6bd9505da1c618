"""How messages stand now, for a client that reads of a long conversation only the stretch it shows.

What a later event makes of an earlier one is in the log, but however far behind it: between a poll and the
last vote there may be a year. So features tell how it stands, and clients fold that as if it was the events.
"""

from __future__ import annotations

from itertools import groupby

from hutong.features.chat import api, wordings
from hutong.features.chat.access import Access
from hutong.features.chat.api import Change, Teller
from hutong.platform.database import Executor
from hutong.platform.errors import InvalidArgument
from hutong.platform.events import kind_of
from hutong.platform.feature import Platform
from hutong.platform.log import EVENT_OVERHEAD_BYTES, PAGE_BYTES_MAX, PAGE_EVENTS_MAX
from hutong.platform.rpc import Caller
from hutong.schema import chat_pb2 as pb
from hutong.schema import log_pb2

_SEQ_MAX = 2**31 - 1  # beyond every event: PostgreSQL counts no further in this column


class Standing:
    """The part of the `Chat` service that tells what became of messages; provides `api.Standings`."""

    def __init__(self, platform: Platform, access: Access) -> None:
        self._platform = platform
        self._access = access
        self._tellers: list[Teller] = [wordings.standing]
        platform.provide(api.Standings, self)

    def tell(self, teller: Teller) -> None:
        """Ask `teller(executor, log, first, last)` too."""
        self._tellers.append(teller)

    async def standing(self, caller: Caller, request: pb.StandingRequest) -> pb.StandingReply:
        """Return how the messages of a stretch stand, as far as the caller may see them."""
        user, log = caller.user, request.log
        if request.last - request.first >= PAGE_EVENTS_MAX:
            raise InvalidArgument(f"At most {PAGE_EVENTS_MAX} events at once.", reason="limit_too_large")

        def read(executor: Executor) -> pb.StandingReply:
            self._access.room(executor, log, user)
            first = max(request.first, self._platform.logs.first_readable(executor, user, log))
            last = min(request.last, _SEQ_MAX)
            if first > last:
                return pb.StandingReply(last=request.last)
            told = [change for teller in self._tellers for change in teller(executor, log, first, last)]
            return _fitting(log, sorted(told, key=_seq), last)

        return await self._platform.read(read)


def _seq(change: Change) -> int:
    return change.seq


def _fitting(log: str, changes: list[Change], last: int) -> pb.StandingReply:
    """Return what fits into a reply (CONN4), whole messages at a time; of the first at least some."""
    reply = pb.StandingReply(last=last)
    left = PAGE_BYTES_MAX
    for seq, some in groupby(changes, key=_seq):
        reply.last = seq - 1
        before = len(reply.events)
        for change in some:
            event = _event(log, change)
            left -= len(event.body) + EVENT_OVERHEAD_BYTES
            if left < 0:
                if before:
                    del reply.events[before:]
                else:
                    reply.last = seq
                return reply
            reply.events.append(event)
    reply.last = last
    return reply


def _event(log: str, change: Change) -> log_pb2.Event:
    return log_pb2.Event(
        log=log,
        kind=kind_of(change.body),
        author=change.author,
        at_ms=change.at_ms,
        body=change.body.SerializeToString(),
    )
