"""The one writer: commands wait in a queue, run one after the other on one thread, share one commit.

One thread and few statements, because more connections make a durable database slower, not faster. A
command that raises is taken back alone (savepoint); its neighbours in the group commit. Replies and pushes
happen on the event loop after the commit that holds them (LOG2, LOG3).
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Hashable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message

from hutong.platform import journal
from hutong.platform.answers import Answers, Question, key_reused
from hutong.platform.clock import Clock
from hutong.platform.database import create_engine
from hutong.platform.errors import Unavailable
from hutong.platform.events import kind_of
from hutong.platform.log import Appended, Heads, Plan, Stored
from hutong.platform.pending import Pending

T = TypeVar("T")
M = TypeVar("M", bound=Message)

GROUP_COMMANDS_MAX = 1_000
# What one commit pushes must not fill the queue of a follower that reads (CONN18).
GROUP_BYTES_MAX = 1024 * 1024
QUEUE_COMMANDS_MAX = 20_000

log = journal.get(__name__)


@dataclass(slots=True)
class Notify:
    """A notice to a user's connected devices, sent after the commit."""

    user: str
    body: Message
    device: str = ""
    except_device: str = ""


@dataclass(slots=True)
class Outcome:
    """What a committed group has to tell the rest of the process."""

    events: list[Stored] = field(default_factory=list)
    notices: list[Notify] = field(default_factory=list)
    unfollows: list[tuple[str, str]] = field(default_factory=list)  # (log, user)
    calls: list[Callable[[], object]] = field(default_factory=list)
    # Cache entries that commands dropped: later ones may have filled them again with what is not committed.
    stale: list[tuple[MutableMapping[Any, Any], Hashable]] = field(default_factory=list)

    def drop_stale(self, start: int) -> None:
        """Drop the cache entries of commands that are taken back: all since `start`."""
        for cache, key in self.stale[start:]:
            cache.pop(key, None)
        del self.stale[start:]


class Transaction:
    """What a command may do. Lives on the writer's thread, for one command."""

    __slots__ = ("_connection", "_counts", "_mark", "_outcome", "_plan", "_savepoint", "now_ms")

    def __init__(self, connection: sa.Connection, plan: Plan, outcome: Outcome, now_ms: int) -> None:
        self._connection = connection
        self._plan = plan
        self._outcome = outcome
        self._savepoint: sa.NestedTransaction | None = None
        self._mark = plan.mark()
        self._counts = (len(outcome.notices), len(outcome.unfollows), len(outcome.calls), len(outcome.stale))
        self.now_ms = now_ms

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        """Run a statement in this command's part of the transaction."""
        self.protect()
        return self._connection.execute(statement, parameters)

    def protect(self) -> None:
        """Open the savepoint a failing command goes back to. Late: most messages need no statement."""
        if self._savepoint is None:
            self._plan.write(upto=self._mark)
            self._savepoint = self._connection.begin_nested()

    def append(self, log: str, body: Message, *, author: str = "") -> Appended:
        """Append an event to a log (created by its first event). It is pushed after the commit."""
        data = body.SerializeToString()
        assert data, f"{body.DESCRIPTOR.full_name} says nothing: an empty body is an erased one (LOG12)"
        return self._plan.append(log, kind_of(body), data, author, None)

    def event(self, log: str, seq: int) -> Stored:
        """Return an event, those of this transaction included. Raises `NotFound`."""
        self.protect()
        return self._plan.get(log, seq)

    def write_events(self) -> None:
        """Write the events appended so far, for statements of this command that read the log's table."""
        self.protect()
        self._plan.write()

    def erase(self, log: str, seq: int) -> None:
        """Empty an event's body (LOG12)."""
        self.protect()
        self._plan.erase(log, seq)

    def head(self, log: str) -> int:
        """Return the newest seq of a log, those of this transaction included."""
        return self._plan.head(log)

    def notify(self, user: str, body: Message, *, device: str = "", except_device: str = "") -> None:
        """Send a notice to a user's connected devices after the commit: all, one, or all but one."""
        self._outcome.notices.append(Notify(user, body, device, except_device))

    def unfollow(self, log: str, user: str) -> None:
        """End a user's following of a log after the commit, and after its events (LOG11)."""
        self._outcome.unfollows.append((log, user))

    def after_commit(self, call: Callable[[], object]) -> None:
        """Call `call` on the event loop once the effect is durable."""
        self._outcome.calls.append(call)

    def invalidate(self, cache: MutableMapping[Any, Any], key: Hashable) -> None:
        """Drop a cache entry now, and again if this command is taken back."""
        cache.pop(key, None)
        self._outcome.stale.append((cache, key))

    def keep(self) -> None:
        """End the command well. Called by the writer."""
        if self._savepoint is not None:
            self._plan.write()
            self._savepoint.commit()

    def take_back(self) -> None:
        """Undo the command. Called by the writer."""
        self._plan.undo(self._mark)
        if self._savepoint is not None:
            self._savepoint.rollback()
        notices, unfollows, calls, stale = self._counts
        del self._outcome.notices[notices:]
        del self._outcome.unfollows[unfollows:]
        del self._outcome.calls[calls:]
        self._outcome.drop_stale(stale)


@dataclass(slots=True, frozen=True)
class Work(Generic[T]):
    """A command that may run any statements."""

    run: Callable[[Transaction], T]


@dataclass(slots=True, frozen=True)
class Answered(Generic[M]):
    """A command whose first reply is kept for retries (CONN13)."""

    run: Callable[[Transaction], M]
    question: Question
    reply_class: type[M]


# Not frozen: that makes one several times as slow, and there is one for each message.
@dataclass(slots=True)
class Append:
    """The cheap one: a single append with a key of its own.

    `check` refuses by raising. What it returns is written behind the body: the fields that only the server
    knows (Protobuf merges what follows). A retry is compared without them.
    """

    log: str
    kind: int
    body: bytes
    author: str
    key: bytes
    check: Callable[[Transaction], bytes | None]


Command = Work[Any] | Answered[Any] | Append
_Waiting = tuple[Command, Pending[Any]]
_Settled = tuple[Pending[Any], Any, BaseException | None]


class Writer:
    """Owns the writing connection. `publish` is called on the event loop after each commit."""

    def __init__(self, url: str, clock: Clock, publish: Callable[[Outcome], object]) -> None:
        self._engine = create_engine(url, readonly=False)
        self._clock = clock
        self._publish = publish
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._heads = Heads()
        self._closing = False
        self.commits = 0
        self.commands = 0

    @property
    def waiting(self) -> int:
        """How many commands wait, about."""
        return self._queue.qsize()

    def start(self) -> None:
        """Begin working. Called on the event loop that gets the results."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def close(self) -> None:
        """Commit what waits, then end."""
        self._closing = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    def submit(self, command: Command) -> Pending[Any]:
        """Queue a command; settled on the event loop after its commit, or with what it raised."""
        if self._closing or self._queue.qsize() >= QUEUE_COMMANDS_MAX:
            raise Unavailable("The server is busy; try again in a moment.", reason="busy", retry_after_ms=500)
        pending: Pending[Any] = Pending()
        self._queue.put((command, pending))
        return pending

    def work(self, run: Callable[[Transaction], T]) -> Pending[T]:
        """Queue a plain command."""
        return self.submit(Work(run))

    def _work(self) -> None:
        assert self._loop is not None
        more = True
        while more:
            group, more = self._gather()
            if group:
                outcome, settled = self._commit(group)
                self._loop.call_soon_threadsafe(self._settle, outcome, settled)

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """Wait for a command; return it with those behind it, and whether more may come."""
        group: list[_Waiting] = []
        waiting = self._queue.get()
        size_bytes = 0
        while waiting is not None:
            group.append(waiting)
            command = waiting[0]
            if isinstance(command, Append):
                size_bytes += len(command.body)
            if len(group) >= GROUP_COMMANDS_MAX or size_bytes >= GROUP_BYTES_MAX:
                return group, True
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: list[_Waiting]) -> tuple[Outcome, list[_Settled]]:
        """Run a group in one transaction. When the commit fails, every command of it fails."""
        outcome = Outcome()
        try:
            with self._engine.begin() as connection:
                settled = self._run(connection, group, outcome)
        except Exception as error:
            log.exception("commit_failed", commands=len(group))
            self._heads.clear()
            outcome.drop_stale(0)
            failure = Unavailable("The server could not store this; try again.", reason="not_stored")
            failure.__cause__ = error
            return Outcome(), [(pending, None, failure) for _, pending in group]
        self._heads.trim()
        self.commits += 1
        self.commands += len(group)
        return outcome, settled

    def _run(self, connection: sa.Connection, group: list[_Waiting], outcome: Outcome) -> list[_Settled]:
        now_ms = self._clock.now_ms()
        plan = Plan(connection, self._heads, now_ms)
        answers = Answers(connection, now_ms)
        # A key counts for both: a message's must not come back as another request's, nor the other way round.
        keys = [
            command.key if isinstance(command, Append) else command.question.key
            for command, _ in group
            if not isinstance(command, Work)
        ]
        plan.find_duplicates(keys)
        answers.find(keys)
        settled: list[_Settled] = []
        for command, pending in group:
            transaction = Transaction(connection, plan, outcome, now_ms)
            try:
                result = _perform(command, transaction, plan, answers)
                transaction.keep()
            except Exception as error:
                if _ends_the_group(error):
                    raise
                transaction.take_back()
                settled.append((pending, None, error))
            else:
                settled.append((pending, result, None))
        plan.write()
        outcome.events = plan.events
        return settled

    def _settle(self, outcome: Outcome, settled: list[_Settled]) -> None:
        # One that fails must not keep the answers from the others: all of it is committed.
        for call in outcome.calls:
            try:
                call()
            except Exception:
                log.exception("after_commit_failed")
        for pending, result, error in settled:
            try:
                pending.settle(result, error)
            except Exception:
                log.exception("settle_failed")
        self._publish(outcome)


def _ends_the_group(error: Exception) -> bool:
    """Tell a broken disk or connection from a command that went wrong by itself."""
    alone = isinstance(error, (sa.exc.IntegrityError, sa.exc.DataError))
    return isinstance(error, sa.exc.DBAPIError) and not alone


def _perform(command: Command, transaction: Transaction, plan: Plan, answers: Answers) -> Any:
    match command:
        case Append(log=target, kind=kind, body=body, author=author, key=key, check=check):
            # A retry gets the first answer even when the author may not write there any more.
            first = plan.first(target, kind, body, author, key)
            if first is not None:
                return first
            if answers.used(author, key):
                raise key_reused()
            completion = check(transaction)
            return plan.append(target, kind, body + completion if completion else body, author, key)
        case Answered(run=run, question=question, reply_class=reply_class):
            known = answers.get(question)
            if known is not None:
                return reply_class.FromString(known)
            if plan.used(question.author, question.key):
                raise key_reused()
            reply = run(transaction)
            transaction.protect()
            answers.add(question, reply.SerializeToString())
            return reply
        case Work(run=run):
            return run(transaction)
