"""What stands in a conversation: its messages as people see them, folded from the events (LOG15).

```python
timeline = Timeline()
async for event in me.events():
    if isinstance(event, Event) and event.log == conversation.log:
        timeline.apply(event)
timeline.messages[12].content, timeline.messages[12].reactions, timeline.pins
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hutong.client.models import MESSAGE_SENT, Event
from hutong.schema import chat_pb2, pins_pb2, polls_pb2, reactions_pb2

# Beyond this many the oldest are let go of.
MESSAGES_MAX = 10_000


@dataclass(slots=True)
class Shown:
    """A message as it stands now. Without content it was taken back, or has disappeared."""

    seq: int
    author: str
    at_ms: int
    content: chat_pb2.Content | None
    disappears_ms: int = 0
    edited_ms: int = 0  # when it got its present wording; 0: it is the first
    reactions: dict[str, set[str]] = field(default_factory=dict)  # users by emoji
    votes: dict[str, tuple[int, ...]] = field(default_factory=dict)  # options by user
    closed: bool = False  # a poll that its author ended

    def erase(self) -> None:
        """Let nothing of it stand but its place."""
        self.content = None
        self.disappears_ms = self.edited_ms = 0
        self.reactions, self.votes, self.closed = {}, {}, False


class Timeline:
    """The messages of one conversation, by number, and what is pinned there, the newest pin first."""

    def __init__(self) -> None:
        self.messages: dict[int, Shown] = {}
        self.pins: list[int] = []
        self.head = 0

    def apply(self, event: Event) -> None:
        """Take in the next event; one that was seen changes nothing."""
        if event.seq <= self.head:
            return
        self.head = event.seq
        if event.kind == MESSAGE_SENT:
            self._sent(event)
            return
        change = _CHANGES.get(type(event.body))
        if change is not None:
            change(self, event.body, event)

    def unread(self, me: str, read: int) -> list[int]:
        """Return the messages of others after a read mark."""
        return [each.seq for each in self.messages.values() if _counts(each, me, read)]

    def mentioned(self, me: str, read: int) -> list[int]:
        """Return those of them that mention a user, or everyone."""
        return [
            each.seq
            for each in self.messages.values()
            if _counts(each, me, read)
            and each.content is not None
            and any(mention.user in {me, ""} for mention in each.content.mentions)
        ]

    # ---- folds ----

    def _sent(self, event: Event) -> None:
        shown = Shown(event.seq, event.author, event.at_ms, None)
        if isinstance(event.body, chat_pb2.MessageSent):
            shown.content, shown.disappears_ms = event.body.content, event.body.disappears_ms
        self.messages[event.seq] = shown
        if len(self.messages) > MESSAGES_MAX:
            del self.messages[next(iter(self.messages))]

    def _standing(self, seq: int) -> Shown | None:
        """Return a message that we have and that was not erased."""
        shown = self.messages.get(seq)
        return shown if shown is not None and shown.content is not None else None

    def _edited(self, body: chat_pb2.MessageEdited, event: Event) -> None:
        shown = self._standing(body.seq)
        if shown is not None:
            shown.content, shown.edited_ms = body.content, event.at_ms

    def _recalled(self, body: chat_pb2.MessageRecalled, _event: Event) -> None:
        self._erase(body.seq)

    def _disappeared(self, body: chat_pb2.MessagesDisappeared, _event: Event) -> None:
        for seq in body.seqs:
            self._erase(seq)

    def _erase(self, seq: int) -> None:
        if seq in self.messages:
            self.messages[seq].erase()
        if seq in self.pins:
            self.pins.remove(seq)

    def _reacted(self, body: reactions_pb2.Reacted, event: Event) -> None:
        shown = self._standing(body.seq)
        if shown is None:
            return
        users = shown.reactions.setdefault(body.emoji, set())
        if body.on:
            users.add(event.author)
        else:
            users.discard(event.author)
        if not users:
            del shown.reactions[body.emoji]

    def _voted(self, body: polls_pb2.Voted, event: Event) -> None:
        shown = self._standing(body.seq)
        if shown is None:
            return
        shown.votes.pop(event.author, None)
        if body.options:
            shown.votes[event.author] = tuple(body.options)

    def _closed(self, body: polls_pb2.PollClosed, _event: Event) -> None:
        shown = self._standing(body.seq)
        if shown is not None:
            shown.closed = True

    def _pinned(self, body: pins_pb2.Pinned, _event: Event) -> None:
        if body.seq in self.pins:
            self.pins.remove(body.seq)
        known = self.messages.get(body.seq)
        if body.on and (known is None or known.content is not None):
            self.pins.insert(0, body.seq)


_CHANGES: dict[type, Callable[[Timeline, Any, Event], None]] = {
    chat_pb2.MessageEdited: Timeline._edited,  # noqa: SLF001  its own folds
    chat_pb2.MessageRecalled: Timeline._recalled,  # noqa: SLF001
    chat_pb2.MessagesDisappeared: Timeline._disappeared,  # noqa: SLF001
    reactions_pb2.Reacted: Timeline._reacted,  # noqa: SLF001
    polls_pb2.Voted: Timeline._voted,  # noqa: SLF001
    polls_pb2.PollClosed: Timeline._closed,  # noqa: SLF001
    pins_pb2.Pinned: Timeline._pinned,  # noqa: SLF001
}


def _counts(shown: Shown, me: str, read: int) -> bool:
    return shown.seq > read and shown.author != me and shown.content is not None
