"""The calls of a connection, across carriers: what waits, what is under way, retries, deadlines.

Pure: the caller brings time (seconds) and chance, and carries the bytes.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import deque
from collections.abc import Callable

from hutong.client.call import Call
from hutong.platform.errors import (
    DeadlineExceeded,
    ResourceExhausted,
    RpcError,
    Unauthenticated,
    Unavailable,
    from_proto,
)
from hutong.protocols.retry import Avalanche, retry_s
from hutong.schema import link_pb2, options_pb2

# CONN16 allows 256; the sign-in takes a place of its own.
UNDER_WAY_MAX = 255
# Large bodies share the line with messages; more at once would only make those wait.
BULK_UNDER_WAY_MAX = 8
# Waiting and under way together.
CALLS_MAX = 4_000
# Of bodies in the first flight: with envelopes, padding and our sign-in less than may be early (SEAL14).
EARLY_BYTES_MAX = 10 * 1024
# The order on the link (SEAL13).
_BEST_FIRST = (options_pb2.PRIORITY_CONTROL, options_pb2.PRIORITY_MESSAGE, options_pb2.PRIORITY_BULK)
# What one attempt asks the server to keep to; the call itself may wait longer.
ATTEMPT_S_MAX = 30.0
_ID_MAX = 0xFFFF_FFFF
# Of a call in the first flight, beside its body.
_EARLY_OVERHEAD_BYTES = 64
_TOO_EARLY = "too_early"


class CallTable:
    """All calls of one connection."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        # By priority class; each in the order of the calls.
        self._ready: tuple[deque[Call], ...] = tuple(deque() for _ in options_pb2.Priority.values())
        self._delayed: list[tuple[float, int, Call]] = []
        # By request id; None when the caller gave up and the server still counts the request.
        self._under_way: dict[int, Call | None] = {}
        self._bulk_under_way = 0
        # In the first flight of a link that is being opened, by the ids they have there.
        self._early: dict[int, Call] = {}
        self._storm = Avalanche()
        self._id = 0
        self._order = 0

    @property
    def waiting(self) -> bool:
        """Whether a call wants to be sent."""
        return any(self._ready) or bool(self._delayed)

    @property
    def awaiting(self) -> bool:
        """Whether an answer is outstanding."""
        return bool(self._under_way)

    def __len__(self) -> int:
        return sum(map(len, self._ready)) + len(self._delayed) + len(self._under_way)

    def add(self, call: Call) -> None:
        """Let a call wait. Raises `ResourceExhausted` beyond the bound."""
        if len(self) >= CALLS_MAX:
            raise ResourceExhausted("Too much is waiting to be sent.", reason="queue_full")
        self._order += 1
        call.order = self._order
        self._ready[call.method.priority].append(call)

    def new_id(self) -> int:
        """Return a request id that no unanswered request of this carrier has (CONN12)."""
        while True:
            self._id = self._id + 1 if self._id < _ID_MAX else 1
            if self._id not in self._under_way and self._id not in self._early:
                return self._id

    def take(self, now: float, *, public_only: bool = False) -> list[tuple[int, Call]]:
        """Return the calls to send now with their request ids, best first."""
        self._release(now)
        taken: list[tuple[int, Call]] = []
        for priority in _BEST_FIRST:
            queue = self._ready[priority]
            bulk = priority == options_pb2.PRIORITY_BULK
            held: list[Call] = []
            while queue and len(self._under_way) < UNDER_WAY_MAX:
                if bulk and self._bulk_under_way >= BULK_UNDER_WAY_MAX:
                    break
                call = queue.popleft()
                if public_only and not call.method.public:
                    held.append(call)
                    continue
                if not self._may_send(call, now):
                    call.done(None, _repeated())
                    continue
                request_id = self.new_id()
                self._under_way[request_id] = call
                self._bulk_under_way += bulk
                taken.append((request_id, call))
            queue.extendleft(reversed(held))
        return taken

    def choose_early(self, now: float, *, public_only: bool) -> None:
        """Choose what goes in the first flight of another link, also of what is still under way on this one.

        Nothing changes for the calls until `adopt`.
        """
        self._release(now)
        self._early = {}
        size_bytes = 0
        open_calls = [call for call in self._under_way.values() if call is not None]
        for priority in _BEST_FIRST[:2]:
            for call in [*open_calls, *self._ready[priority]]:
                if call.method.priority != priority or not call.method.replay_safe or call.too_early:
                    continue
                size_bytes += len(call.body) + _EARLY_OVERHEAD_BYTES
                if size_bytes > EARLY_BYTES_MAX:
                    return
                if call.method.public or not public_only:
                    self._early[self.new_id()] = call

    def early(self) -> list[tuple[int, Call]]:
        """Return what was chosen and is not answered yet."""
        return list(self._early.items())

    def adopt(self) -> None:
        """The other link is there: all that was not answered waits for it, or is on it already (CONN14)."""
        early, self._early = self._early, {}
        self.interrupt()
        for request_id, call in early.items():
            queue = self._ready[call.method.priority]
            if call in queue:  # else it was answered, or given up
                queue.remove(call)
                call.sends += 1
                self._under_way[request_id] = call

    def answer(self, reply: link_pb2.Reply, now: float, *, held: bool) -> Call | None:
        """Take a reply; return the call when it succeeded, for the caller to pass the body on.

        `held`: the answer came while the connection's sign-in is being decided, so that
        `unauthenticated` is no answer yet.
        """
        call = self._under_way.pop(reply.id, None)
        if call is None:
            return None
        if call.method.priority == options_pb2.PRIORITY_BULK:
            self._bulk_under_way -= 1
        if not reply.HasField("error"):
            return call
        error = from_proto(reply.error)
        if isinstance(error, Unauthenticated) and held and not call.method.public:
            self._restore([call])
        elif error.reason == _TOO_EARLY and not call.too_early:
            call.too_early = True
            self._restore([call])
        elif _should_retry(error, call, now):
            wait_s = max(retry_s(call.attempts, self._chance()), error.retry_after_ms / 1000)
            call.attempts += 1
            call.refusal = error
            call.not_before = now + wait_s
            heapq.heappush(self._delayed, (call.not_before, call.order, call))
        else:
            call.done(None, error)
        return None

    def interrupt(self) -> None:
        """The carrier ended: what was not answered waits for the next one (CONN14)."""
        self._restore([call for call in self._under_way.values() if call is not None])
        self._forget()

    def refuse(self, error: RpcError) -> None:
        """The server called what we sent a protocol error: it is not repeated (CONN5)."""
        refused = [call for call in self._under_way.values() if call is not None]
        self._forget()
        for call in refused:
            call.done(None, error)

    def reject(self, error: RpcError, *, signed_in_only: bool) -> None:
        """Give up all calls, or only those that need a sign-in."""
        rejected = [call for call in self._all() if not (signed_in_only and call.method.public)]
        for call in rejected:
            self.drop(call)
        for call in rejected:
            call.done(None, error)

    def drop(self, call: Call) -> None:
        """The caller gave up; `done` is not called."""
        queue = self._ready[call.method.priority]
        if call in queue:
            queue.remove(call)
            return
        for request_id, other in self._under_way.items():
            if other is call:
                self._under_way[request_id] = None
                if call.method.priority == options_pb2.PRIORITY_BULK:
                    self._bulk_under_way -= 1
                return
        self._delayed = [row for row in self._delayed if row[2] is not call]
        heapq.heapify(self._delayed)

    def expire(self, now: float) -> None:
        """Reject what is past its deadline."""
        late = [call for call in self._all() if call.deadline <= now]
        if not late:
            return
        under_way = set(map(id, self._under_way.values()))
        slow = DeadlineExceeded("The server took too long to answer.", reason="deadline")
        offline = Unavailable("There is no connection to the server.", reason="offline")
        for call in late:
            asked = id(call) in under_way
            self.drop(call)
            call.done(None, slow if asked else call.refusal or offline)

    def deadline(self, now: float) -> float:
        """Return when to look again: the next deadline or retry to come; infinity for never."""
        self._release(now)
        retry = self._delayed[0][0] if self._delayed else math.inf
        return min(retry, min((call.deadline for call in self._all()), default=math.inf))

    def _may_send(self, call: Call, now: float) -> bool:
        """LINK50: what nobody asked for again does not go on for ever."""
        call.sends += 1
        if call.sends == 1:
            return True
        digest = hashlib.sha256(call.method.id.to_bytes(4, "big") + call.key + call.body).digest()
        return self._storm.allows(digest, now)

    def _all(self) -> list[Call]:
        calls = [call for call in self._under_way.values() if call is not None]
        calls += [row[2] for row in self._delayed]
        for queue in self._ready:
            calls += queue
        return calls

    def _release(self, now: float) -> None:
        """Let the retries that are due stand in line again."""
        while self._delayed and self._delayed[0][0] <= now:
            call = heapq.heappop(self._delayed)[2]
            self._ready[call.method.priority].append(call)

    def _restore(self, calls: list[Call]) -> None:
        """Put calls back where they were in the order."""
        for call in sorted(calls, key=lambda each: -each.order):
            self._ready[call.method.priority].appendleft(call)

    def _forget(self) -> None:
        self._under_way = {}
        self._bulk_under_way = 0


def attempt_ms(remaining_s: float) -> int:
    """Return what one attempt asks of the server, given what is left of the call's time."""
    return math.ceil(min(max(remaining_s, 0.001), ATTEMPT_S_MAX) * 1000)


def _repeated() -> RpcError:
    return ResourceExhausted("This was tried too often without an answer.", reason="repeated_too_often")


def _should_retry(error: RpcError, call: Call, now: float) -> bool:
    """CONN14, CONN15: a deadline says nothing about the effect; the same key asks again in time."""
    if now >= call.deadline:
        return False
    if isinstance(error, Unavailable):
        return call.retries_unavailable
    return isinstance(error, DeadlineExceeded)
