"""The `Forwarding` service."""

from __future__ import annotations

from hutong.features.chat.api import Chat, Membership, Room, Said
from hutong.features.forwarding import model
from hutong.features.identity.api import Identity
from hutong.platform.errors import FailedPrecondition
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import forwarding_pb2 as pb

FORWARDS = Rate("forward", burst=30, every_s=2)


class ForwardingService:
    """Answers `hutong.forwarding.Forwarding`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._membership = platform.use(Membership)
        self._identity = platform.use(Identity)

    def forward(self, caller: Caller, request: pb.ForwardRequest) -> Pending[pb.ForwardReply]:
        """Copy messages the caller may read, in their newest wording, to where the caller may write."""
        user, seqs, target, merged = caller.user, list(request.seqs), request.target, request.merged
        model.check_seqs(seqs)
        self._platform.limits.spend(FORWARDS, user)

        def forward(tx: Transaction) -> pb.ForwardReply:
            self._chat.writable_room(tx, target, user)
            room = self._chat.room(tx, request.source, user)
            messages = self._messages(tx, user, room, seqs)
            profiles = self._identity.profiles(tx, {said.author for said in messages})
            if merged:
                group = self._membership.face(tx, room.log).title if room.group else ""
                title = model.title(group, messages, profiles)
                contents = [model.bundle(messages, profiles, title)]
            else:
                contents = [model.single(said, profiles) for said in messages]
            model.check_size(contents)
            return pb.ForwardReply(seqs=[self._chat.append(tx, user, target, each).seq for each in contents])

        return caller.write(self._platform.writer, pb.ForwardReply, forward)

    def _messages(self, tx: Transaction, user: str, room: Room, seqs: list[int]) -> list[Said]:
        messages = [self._chat.message(tx, room.log, user, seq) for seq in seqs]
        if room.disappear_s or any(said.disappears_ms for said in messages):
            raise FailedPrecondition("What disappears here is not passed on.", reason="disappearing")
        return messages
