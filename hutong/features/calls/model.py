"""What becomes of a call: no I/O."""

from __future__ import annotations

from hutong.platform.errors import FailedPrecondition
from hutong.schema import calls_pb2 as pb

NO_ANSWER_MS = 45_000
# A page that reloads and a phone that changes networks are back within this.
AWAY_MS = 60_000
CALLER_AWAY_MS = 15_000


def accept(call: pb.Call, device: str, now_ms: int) -> pb.Call:
    """One device of the callee answers. Raises `FailedPrecondition` when another did."""
    if call.state == pb.STATE_ACTIVE:
        if call.callee_device != device:
            raise FailedPrecondition("This call was answered on another device.", reason="answered_elsewhere")
        return call
    accepted = pb.Call()
    accepted.CopyFrom(call)
    accepted.state = pb.STATE_ACTIVE
    accepted.callee_device = device
    accepted.answered_at_ms = now_ms
    return accepted


def rejoin(call: pb.Call, user: str, device: str) -> pb.Call:
    """A device takes its user's place in a call under way. Raises `FailedPrecondition` while it rings."""
    if call.state != pb.STATE_ACTIVE:
        raise FailedPrecondition("This call was not answered yet.", reason="not_active")
    moved = pb.Call()
    moved.CopyFrom(call)
    if user == call.caller:
        moved.caller_device = device
    else:
        moved.callee_device = device
    return moved


def end(call: pb.Call, outcome: pb.Outcome, now_ms: int) -> pb.Call:
    """Return the call as it is in the end."""
    ended = pb.Call()
    ended.CopyFrom(call)
    ended.state = pb.STATE_ENDED
    ended.outcome = outcome
    ended.ended_at_ms = now_ms
    return ended


def hang_up_outcome(call: pb.Call, user: str) -> pb.Outcome:
    """Return what it means when this person ends the call now."""
    if call.state == pb.STATE_ACTIVE:
        return pb.OUTCOME_COMPLETED
    return pb.OUTCOME_CANCELLED if user == call.caller else pb.OUTCOME_DECLINED


def duration_s(call: pb.Call) -> int:
    """Return how long people talked."""
    if not call.answered_at_ms:
        return 0
    return max(0, call.ended_at_ms - call.answered_at_ms) // 1000


def overdue(call: pb.Call, now_ms: int, caller_away_ms: int, callee_away_ms: int) -> pb.Outcome:
    """Return how a call ends that nobody ends, or `OUTCOME_UNSPECIFIED` while it goes on.

    `*_away_ms`: how long the device in the call has had no connection.
    """
    if call.state == pb.STATE_RINGING:
        if now_ms - call.started_at_ms >= NO_ANSWER_MS:
            return pb.OUTCOME_NO_ANSWER
        return pb.OUTCOME_CANCELLED if caller_away_ms >= CALLER_AWAY_MS else pb.OUTCOME_UNSPECIFIED
    if max(caller_away_ms, callee_away_ms) >= AWAY_MS:
        return pb.OUTCOME_LOST
    return pb.OUTCOME_UNSPECIFIED
