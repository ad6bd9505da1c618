"""The `Reactions` service."""

from __future__ import annotations

from hutong.features.chat.api import Chat, Standings
from hutong.features.reactions import store
from hutong.platform.emoji import one_emoji
from hutong.platform.errors import FailedPrecondition, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import reactions_pb2 as pb

REACTS = Rate("react", burst=60, every_s=0.5)
EMOJI_PER_PERSON_MAX = 20


class ReactionsService:
    """Answers `hutong.reactions.Reactions`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._chat.on_erased(store.forget)
        platform.use(Standings).tell(store.standing)

    def react(self, caller: Caller, request: pb.ReactRequest) -> Pending[pb.ReactReply]:
        """Put an emoji on a message, or take it off. What is so already changes nothing."""
        emoji = one_emoji(request.emoji)
        user, log, seq = caller.user, request.log, request.seq
        self._platform.limits.spend(REACTS, user)

        def react(tx: Transaction) -> pb.ReactReply:
            self._check_message(tx, user, log, seq)
            mine = store.of_user(tx, log, seq, user)
            if request.on == (emoji in mine):
                return pb.ReactReply()
            if not request.on:
                store.remove(tx, log, seq, user, emoji)
            elif len(mine) < EMOJI_PER_PERSON_MAX:
                store.put(tx, log, seq, user, emoji)
            else:
                raise ResourceExhausted(
                    f"At most {EMOJI_PER_PERSON_MAX} reactions to one message.", reason="too_many_reactions"
                )
            tx.append(log, pb.Reacted(seq=seq, emoji=emoji, on=request.on), author=user)
            return pb.ReactReply()

        return caller.write(self._platform.writer, pb.ReactReply, react)

    def _check_message(self, tx: Transaction, user: str, log: str, seq: int) -> None:
        """Refuse what the user may not write to, cannot see, or nobody sees any more."""
        self._chat.writable_room(tx, log, user)
        if not self._chat.said(tx, log, user, seq).body:
            raise FailedPrecondition("This message was recalled.", reason="recalled")
