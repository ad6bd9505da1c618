"""The listening end: which previews are shown, and which event of the log takes the place of each.

Whatever the sender claims, it can only make its own previews go: events are never hidden, moved or changed.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from enum import Enum

from hutong.protocols.direct.errors import DirectError
from hutong.protocols.direct.pace import Pace
from hutong.protocols.direct.record import Words, decode
from hutong.schema import direct_pb2 as pb

# The server's word comes within a second or two, or something is wrong.
ARRIVES_S = 10.0
UNCONFIRMED_S = 20.0
WITHDRAWN_S = 5.0
SHOWN_MAX = 32
# Events of the other person that came ahead of their previews, kept to be known again.
EVENTS_MAX = 256
RECORDS_BURST = 40
RECORDS_A_S = 10.0
# Dropped for coming too fast; who goes on is cut off.
DROPPED_MAX = 200


class State(Enum):
    """What can honestly be said of a preview."""

    ARRIVING = "arriving"  # on its way to the server
    UNCONFIRMED = "unconfirmed"  # the server has not shown it in time
    WITHDRAWN = "withdrawn"  # its sender says that the server did not take it


@dataclass(frozen=True, slots=True)
class Arriving:
    """A preview as it is shown, below all events of the log (DIRECT5)."""

    number: int  # of this receiver: 1, 2, 3 ...
    words: Words
    state: State


@dataclass(slots=True)
class _Waiting:
    shown: Arriving
    count: int  # 0: of a channel that is gone
    after: int
    seq: int  # as its sender says; 0 unknown
    until: float


class PreviewReceiver:
    """Listens to one device of one person, in one conversation, across channels.

    `head` is the log's newest event; what came before is not looked at. Fed with the records of the newest
    channel and with every event of the log, in order.
    """

    def __init__(self, head: int) -> None:
        self._head = head
        self._floor = head  # events up to here are not remembered
        self._heard = 0  # the highest count of this channel
        self._numbered = 0
        self._waiting: list[_Waiting] = []
        self._events: deque[tuple[int, Words]] = deque()  # of that person, that no preview stood for
        self._pace = Pace(RECORDS_BURST, RECORDS_A_S)
        self._dropped = 0

    @property
    def arriving(self) -> tuple[Arriving, ...]:
        """What is shown, in the sender's order."""
        return tuple(each.shown for each in self._waiting)

    def deadline(self) -> float:
        """Return when to call `expire`; infinity for never."""
        return min((each.until for each in self._waiting), default=math.inf)

    # ---- the channel ----

    def channel(self) -> None:
        """Another channel takes over: its counts begin anew, what is shown stays (DIRECT4)."""
        self._heard = 0
        for each in self._waiting:
            each.count = 0

    def receive(self, data: object, now: float) -> None:
        """Take a record. Raises `DirectError` when the channel has to be closed."""
        if not self._pace.allows(now):
            self._dropped += 1
            if self._dropped > DROPPED_MAX:
                raise DirectError("too many records")
            return
        record = decode(data)
        if record.HasField("preview"):
            self._preview(record.preview, now)
        elif record.HasField("settled"):
            self._settled(record.settled, now)

    def _preview(self, preview: pb.Preview, now: float) -> None:
        if preview.count <= self._heard:
            return  # repeated, or overtaken
        self._heard = preview.count
        words = Words(preview.text, preview.reply_to)
        # Its event may have been here and be forgotten: then the log has shown it (DIRECT8).
        if preview.after < self._floor or len(self._waiting) >= SHOWN_MAX:
            return
        for place, (seq, said) in enumerate(self._events):
            if seq > preview.after and said == words:
                del self._events[place]
                return
        self._numbered += 1
        shown = Arriving(self._numbered, words, State.ARRIVING)
        self._waiting.append(_Waiting(shown, preview.count, preview.after, 0, now + ARRIVES_S))

    def _settled(self, settled: pb.Settled, now: float) -> None:
        for each in self._waiting:
            if each.count != settled.count or settled.count == 0 or each.seq:
                continue
            if settled.seq == 0:
                each.shown = replace(each.shown, state=State.WITHDRAWN)
                each.until = min(each.until, now + WITHDRAWN_S)
            elif settled.seq <= self._head:
                self._waiting.remove(each)
            else:
                each.seq = settled.seq
            return

    # ---- the log ----

    def event(self, seq: int, words: Words | None) -> bool:
        """Take the next event: what the other person said in it, None when it is anything else.

        Returns whether a preview of it was shown until now.
        """
        self._head = max(self._head, seq)
        match = next((each for each in self._waiting if each.seq == seq), None)
        if match is None and words is not None:
            match = next((each for each in self._waiting if self._fits(each, seq, words)), None)
        if match is not None:
            self._waiting.remove(match)
        elif words is not None:
            self._events.append((seq, words))
            if len(self._events) > EVENTS_MAX:
                self._floor = self._events.popleft()[0]
        return match is not None

    @staticmethod
    def _fits(waiting: _Waiting, seq: int, words: Words) -> bool:
        return seq > waiting.after and waiting.shown.words == words

    def jumped(self, head: int) -> None:
        """Events were skipped (LOG13): those of the previews may be among them."""
        self._head = self._floor = head
        self._events.clear()
        self._waiting.clear()

    # ---- time ----

    def expire(self, now: float) -> None:
        """Say of what does not come that it does not, and then show it no longer."""
        for each in tuple(self._waiting):
            if each.until > now:
                continue
            if each.shown.state is State.ARRIVING:
                each.shown = replace(each.shown, state=State.UNCONFIRMED)
                each.until = now + UNCONFIRMED_S
            else:
                self._waiting.remove(each)
