"""The `Calls` service: ringing, answering, ending. Media never pass here."""

from __future__ import annotations

from hutong.features.calls import model, store
from hutong.features.calls.watch import Watch
from hutong.features.chat.api import Chat
from hutong.features.peers.api import Device, Peers
from hutong.platform.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import calls_pb2 as pb
from hutong.schema import peers_pb2

STARTS = Rate("call_start", burst=20, every_s=10)


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.calls.Calls`, and the watch over calls nobody ends."""
    service = CallsService(platform)
    return service, service.watch


class CallsService:
    """Answers `hutong.calls.Calls`. The table holds the truth; the writer's order decides every race."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._peers = platform.use(Peers)
        self.watch = Watch(platform, self._end_overdue)

    def start(self, caller: Caller, request: pb.StartRequest) -> Pending[pb.StartReply]:
        """Ring the other person of a conversation.

        When the two ring each other at the same time, the later `Start` answers the earlier call.
        """
        self._platform.limits.spend(STARTS, caller.user)
        user, device, name = caller.user, caller.device, self._platform.random.new_id()

        def ring(tx: Transaction) -> pb.StartReply:
            room = self._chat.writable_room(tx, request.log, user)
            if room.group:
                raise FailedPrecondition("Only two people can call each other.", reason="not_direct")
            other = room.other(user)
            mine = store.of_user(tx, user)
            if mine is not None:
                if mine.state == pb.STATE_RINGING and mine.caller == other:
                    return pb.StartReply(call=self._accept(tx, mine, device))
                raise FailedPrecondition("You are in a call already.", reason="in_call")
            call = pb.Call(
                call=name,
                log=request.log,
                caller=user,
                callee=other,
                caller_device=device,
                video=request.video,
                state=pb.STATE_RINGING,
                started_at_ms=tx.now_ms,
            )
            if store.of_user(tx, other) is not None:
                return pb.StartReply(call=self._end(tx, call, pb.OUTCOME_BUSY))
            return pb.StartReply(call=self._change(tx, call))

        return caller.write(self._platform.writer, pb.StartReply, ring)

    def accept(self, caller: Caller, request: pb.AcceptRequest) -> Pending[pb.AcceptReply]:
        """Answer, on the first device that does."""
        user, device = caller.user, caller.device

        def answer(tx: Transaction) -> pb.AcceptReply:
            call = self._get(tx, request.call, user)
            if user != call.callee:
                raise PermissionDenied("Only the person who is called can answer.", reason="not_callee")
            return pb.AcceptReply(call=self._accept(tx, call, device))

        return caller.write(self._platform.writer, pb.AcceptReply, answer)

    def decline(self, caller: Caller, request: pb.DeclineRequest) -> Pending[pb.DeclineReply]:
        """Refuse a call that rings."""
        user = caller.user

        def refuse(tx: Transaction) -> pb.DeclineReply:
            call = self._get(tx, request.call, user)
            if user != call.callee or call.state != pb.STATE_RINGING:
                raise FailedPrecondition("This call does not ring for you.", reason="not_ringing")
            self._end(tx, call, pb.OUTCOME_DECLINED)
            return pb.DeclineReply()

        return caller.write(self._platform.writer, pb.DeclineReply, refuse)

    def hang_up(self, caller: Caller, request: pb.HangUpRequest) -> Pending[pb.HangUpReply]:
        """End a call, from either side and in any state."""
        user, path = caller.user, request.path
        if path not in peers_pb2.Path.values() or path == peers_pb2.PATH_STORED:
            raise InvalidArgument("A call takes no such path.", reason="bad_path")

        def end(tx: Transaction) -> pb.HangUpReply:
            call = self._get(tx, request.call, user)
            self._end(tx, call, model.hang_up_outcome(call, user), path)
            return pb.HangUpReply()

        return caller.write(self._platform.writer, pb.HangUpReply, end)

    async def current(self, caller: Caller, _request: pb.CurrentRequest) -> pb.CurrentReply:
        """Return the call this user is in or is rung by; none when there is none."""
        return pb.CurrentReply(call=await self._platform.read(lambda read: store.of_user(read, caller.user)))

    def rejoin(self, caller: Caller, request: pb.RejoinRequest) -> Pending[pb.RejoinReply]:
        """Take this user's place in a call again, after a reload or on another device."""
        device = Device(caller.user, caller.device)

        def rejoin(tx: Transaction) -> pb.RejoinReply:
            call = model.rejoin(self._get(tx, request.call, device.user), device.user, device.device)
            tx.after_commit(lambda: self._peers.move_device(call.call, device))
            return pb.RejoinReply(call=self._change(tx, call))

        return caller.write(self._platform.writer, pb.RejoinReply, rejoin)

    # ---- steps ----

    def _get(self, tx: Transaction, name: str, user: str) -> pb.Call:
        call = store.find(tx, name)
        if call is None or user not in {call.caller, call.callee}:
            raise NotFound("This call is over.", reason="no_such_call")
        return call

    def _accept(self, tx: Transaction, call: pb.Call, device: str) -> pb.Call:
        return self._change(tx, model.accept(call, device, tx.now_ms))

    def _change(self, tx: Transaction, call: pb.Call) -> pb.Call:
        """Store a state that is not the end, and tell both people's devices."""
        store.put(tx, call)
        if call.state == pb.STATE_ACTIVE:
            one, other = Device(call.caller, call.caller_device), Device(call.callee, call.callee_device)
            tx.after_commit(lambda: self._peers.open_session(call.call, one, other))
        self._tell(tx, call)
        return call

    def _end(
        self,
        tx: Transaction,
        call: pb.Call,
        outcome: pb.Outcome,
        path: peers_pb2.Path = peers_pb2.PATH_UNKNOWN,
    ) -> pb.Call:
        """Forget the call, record it in the conversation, and tell both people's devices."""
        ended = model.end(call, outcome, tx.now_ms)
        store.remove(tx, call.call)
        record = pb.CallRecorded(
            call=call.call,
            caller=call.caller,
            video=call.video,
            outcome=outcome,
            duration_s=model.duration_s(ended),
            path=path,
        )
        tx.append(call.log, record, author=call.caller)
        tx.after_commit(lambda: self._peers.close_session(call.call))
        self._tell(tx, ended)
        return ended

    def _tell(self, tx: Transaction, call: pb.Call) -> None:
        tx.after_commit(lambda: self.watch.know(call))
        for user in (call.caller, call.callee):
            tx.notify(user, pb.CallChanged(call=call))

    def _end_overdue(self, name: str, outcome: pb.Outcome) -> Pending[None]:
        def end(tx: Transaction) -> None:
            call = store.find(tx, name)
            if call is not None:
                self._end(tx, call, outcome)

        return self._platform.writer.work(end)
