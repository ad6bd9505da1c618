"""What the search needs of an index. Two are there: SQLite's FTS5 and PostgreSQL's text search."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from hutong.features.search.segment import Phrase


class IndexDamagedError(Exception):
    """What is stored cannot be read: the index has to be built again."""


class Entry(NamedTuple):
    """A message as it is found. One with the same log and seq replaces it."""

    log: str
    seq: int
    wording: int  # seq of the event that has the newest wording
    author: str
    at_ms: int
    kinds: frozenset[int]  # of hutong.search.Kind
    text: str


class Batch(NamedTuple):
    """What one look at the logs brought. Applied whole or not at all."""

    entries: Sequence[Entry]
    removed: Sequence[tuple[str, int]]  # log and seq; an entry of the same batch goes, too
    reached: Mapping[str, int]  # up to which event each log is taken in


class Wanted(NamedTuple):
    """What to look for. Empty means anything."""

    phrases: Sequence[Phrase] = ()
    logs: Collection[str] = ()
    author: str = ""
    kind: int = 0
    from_ms: int = 0
    to_ms: int = 0
    before: int = 0  # the `place` of the last one that was seen


class Found(NamedTuple):
    """Where something was found. Places fall from the newest to the oldest."""

    place: int
    log: str
    seq: int
    wording: int


class Index(Protocol):
    """Derived from the logs: it may be lost, and is built again then.

    `find` is called on one thread, the others on another. All raise `IndexDamagedError`.
    """

    def reached(self, logs: Collection[str]) -> dict[str, int]:
        """Return up to which event logs were taken in; 0 for an unknown one."""

    def apply(self, batch: Batch) -> None:
        """Take in what a look at the logs brought."""

    def forget(self, log: str) -> None:
        """Drop all of a log."""

    def find(self, wanted: Wanted, limit: int) -> list[Found]:
        """Return the newest that match."""

    def clear(self) -> None:
        """Begin anew, whatever state it is in. Nothing else is called meanwhile."""

    def close(self) -> None:
        """Let go of it."""


def mask(kinds: Collection[int]) -> int:
    """Return kinds as the bits of a number."""
    return sum(1 << kind for kind in kinds)


def kept(batch: Batch) -> list[Entry]:
    """Return the entries that stand when a batch is applied: the newest of each, unless it was removed."""
    newest = {(entry.log, entry.seq): entry for entry in batch.entries}
    for gone in batch.removed:
        newest.pop(gone, None)
    return list(newest.values())
