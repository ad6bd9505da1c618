"""Pages of logs that were asked for and are not handed on yet (LOG9).

The next answer is on its way while a program is given what the last one brought.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from hutong.schema import log_pb2

# Answers that wait; each is bounded by the server (CONN4).
_ANSWERS_MAX = 2
# LOG14: how many logs one question asks for.
LOGS_AT_ONCE_MAX = 500


class Held(NamedTuple):
    """A page and the cursor it was asked with: it is the truth about what comes after that, no more."""

    page: log_pb2.Page
    after: int

    def goal(self, newest: int) -> int:
        """Return how far the log goes, as far as we know; `newest` is what was pushed of it."""
        return max(self.page.head, newest)

    @property
    def end(self) -> int:
        """Up to which event it reaches."""
        return self.page.events[-1].seq if self.page.events else self.after


class Backlog:
    """Answers to `Follow`, in the order they came."""

    def __init__(self) -> None:
        self._answers: deque[deque[Held]] = deque()
        self._last: dict[str, Held] = {}  # of each log

    def put(self, reply: log_pb2.FollowReply, asked: Mapping[str, int]) -> None:
        """Take the answer to a question with these cursors."""
        pages = deque(Held(page, asked[page.log]) for page in reply.pages if page.log in asked)
        if pages:
            self._answers.append(pages)
            self._last.update({held.page.log: held for held in pages})

    def question(
        self, behind: Iterable[str], cursors: Mapping[str, int], newest: Mapping[str, int]
    ) -> dict[str, int]:
        """Return with which cursors to ask for what is missing behind the pages that are here.

        Empty when there is nothing, or enough waits already.
        """
        if len(self._answers) >= _ANSWERS_MAX:
            return {}
        return dict(islice(self._missing(behind, cursors, newest), LOGS_AT_ONCE_MAX))

    def _missing(
        self, behind: Iterable[str], cursors: Mapping[str, int], newest: Mapping[str, int]
    ) -> Iterator[tuple[str, int]]:
        for log in behind:
            held = self._last.get(log)
            if held is None:
                yield log, cursors[log]
            elif held.end < held.goal(newest.get(log, 0)):
                yield log, held.end

    def __iter__(self) -> Iterator[Held]:
        """Yield the pages; each is let go of when the next is asked for."""
        while self._answers:
            pages = self._answers[0]
            while pages:
                held = pages[0]
                yield held
                if not pages:
                    return  # all was dropped meanwhile
                pages.popleft()
                if self._last.get(held.page.log) is held:
                    del self._last[held.page.log]
            self._answers.popleft()

    def clear(self) -> None:
        """Drop everything."""
        for pages in self._answers:
            pages.clear()
        self._answers.clear()
        self._last.clear()
