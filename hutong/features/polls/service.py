"""The `Polls` service."""

from __future__ import annotations

from hutong.features.chat.api import Chat, Said, Standings
from hutong.features.polls import model, store
from hutong.platform.errors import NotFound, PermissionDenied
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import polls_pb2 as pb

VOTES = Rate("vote", burst=60, every_s=0.5)


class PollsService:
    """Answers `hutong.polls.Polls`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._chat.on_erased(store.forget)
        platform.use(Standings).tell(store.standing)

    def vote(self, caller: Caller, request: pb.VoteRequest) -> Pending[pb.VoteReply]:
        """Choose options, instead of what was chosen before. The same choice again changes nothing."""
        user, log, seq = caller.user, request.log, request.seq
        self._platform.limits.spend(VOTES, user)

        def vote(tx: Transaction) -> pb.VoteReply:
            poll = self._open_poll(tx, log, user, seq).content.poll
            options = model.choice(poll, request.options)
            if options != store.choice_of(tx, log, seq, user):
                store.choose(tx, log, seq, user, options)
                tx.append(log, pb.Voted(seq=seq, options=options), author=user)
            return pb.VoteReply()

        return caller.write(self._platform.writer, pb.VoteReply, vote)

    def close(self, caller: Caller, request: pb.CloseRequest) -> Pending[pb.CloseReply]:
        """End one of the caller's polls."""
        user, log, seq = caller.user, request.log, request.seq
        self._platform.limits.spend(VOTES, user)

        def close(tx: Transaction) -> pb.CloseReply:
            if self._open_poll(tx, log, user, seq).author != user:
                raise PermissionDenied("Only who asked can close a poll.", reason="not_yours")
            store.close(tx, log, seq)
            tx.append(log, pb.PollClosed(seq=seq), author=user)
            return pb.CloseReply()

        return caller.write(self._platform.writer, pb.CloseReply, close)

    def _open_poll(self, tx: Transaction, log: str, user: str, seq: int) -> Said:
        """Return a poll that is not over to somebody who may write there."""
        self._chat.writable_room(tx, log, user)
        said = self._chat.message(tx, log, user, seq)
        if said.content.WhichOneof("kind") != "poll":
            raise NotFound("There is no such poll.", reason="no_such_poll")
        model.check_open(said.content.poll, tx.now_ms, closed=store.is_closed(tx, log, seq))
        return said
