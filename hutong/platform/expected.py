"""A request whose answer is a command's: given when that is settled, or too late (CONN15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import Message

from hutong.platform.deadlines import Tick
from hutong.platform.errors import DeadlineExceeded
from hutong.platform.pending import Pending
from hutong.platform.rpc import Method

if TYPE_CHECKING:
    from hutong.platform.connection import Connection


def too_late() -> DeadlineExceeded:
    """Return what a caller hears who waits no longer."""
    return DeadlineExceeded("This took too long.", reason="deadline")


class Expected:
    """One such request; `tick` is what it waits in until its deadline."""

    __slots__ = ("_connection", "_method", "_request_id", "tick")

    tick: Tick

    def __init__(self, connection: Connection, request_id: int, method: Method) -> None:
        self._connection = connection
        self._request_id = request_id
        self._method = method

    def settled(self, done: Pending[Message]) -> None:
        """Answer with the command's result."""
        # The id of a request that was answered too late may be another request's by now.
        if self in self.tick:
            del self.tick[self]
            self._connection.answer(self._request_id, self._method, done.value, done.error)

    def expire(self) -> None:
        """Answer that it took too long."""
        self._connection.answer(self._request_id, self._method, None, too_late())
