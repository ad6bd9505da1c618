"""Coming in by a link: at once, or after an admin has said yes."""

from __future__ import annotations

from collections.abc import Sequence

from hutong.features.chat.api import Membership
from hutong.features.identity.api import Identity
from hutong.features.invites import model, store
from hutong.features.invites.links import Links
from hutong.features.invites.store import Asking
from hutong.platform.database import Executor
from hutong.platform.errors import NotFound, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2
from hutong.schema import invites_pb2 as pb

JOINS = Rate("join", burst=20, every_s=30)
REQUESTS_MAX = 100


class Joining:
    """The part of the `Invites` service about people."""

    def __init__(self, platform: Platform, links: Links) -> None:
        self._platform = platform
        self._links = links
        self._identity = platform.use(Identity)
        self._membership = platform.use(Membership)
        self._membership.on_joined(self._let_in)
        self._identity.on_deleted(self._gone)

    def join(self, caller: Caller, request: pb.JoinByRequest) -> Pending[pb.JoinByReply]:
        """Come into a group by a link, or ask to. Asking again is the same request."""
        greeting = model.greeting(request.greeting)
        user, token = caller.user, request.token
        self._platform.limits.spend(JOINS, user)

        def join(tx: Transaction) -> pb.JoinByReply:
            invite = self._links.good(tx, token, tx.now_ms)
            log = invite.log
            if not self._membership.is_member(tx, log, user):
                if self._links.needs_approval(tx, log, user):
                    self._ask(tx, token, Asking(log, user, greeting, tx.now_ms))
                    return pb.JoinByReply(waiting=True)
                self._membership.admit(tx, log, user, invite.by)
                store.use(tx, token)
            return pb.JoinByReply(conversation=self._membership.conversation(tx, log, user))

        return caller.write(self._platform.writer, pb.JoinByReply, join)

    async def requests(self, caller: Caller, request: pb.RequestsRequest) -> pb.RequestsReply:
        """Return who waits, to the owner and admins."""
        user, log = caller.user, request.log

        def requests(read: Executor) -> pb.RequestsReply:
            self._membership.steward(read, log, user)
            rows = store.asking_in(read, log)
            profiles = self._identity.profiles(read, [row.user for row in rows])
            return pb.RequestsReply(requests=[_request(row, profiles[row.user]) for row in rows])

        return await self._platform.read(requests)

    def answer(self, caller: Caller, request: pb.AnswerRequest) -> Pending[pb.AnswerReply]:
        """Let somebody in who waits, or not."""
        user, log, asker = caller.user, request.log, request.user

        def answer(tx: Transaction) -> pb.AnswerReply:
            self._membership.steward(tx, log, user)
            if not store.who_asks(tx, log, [asker]):
                raise NotFound("This person does not wait any more.", reason="no_such_request")
            if request.accept:
                self._membership.admit(tx, log, asker, user)
            else:
                self._settle(tx, log, asker, accepted=False)
            return pb.AnswerReply()

        return caller.write(self._platform.writer, pb.AnswerReply, answer)

    # ---- steps ----

    def _ask(self, tx: Transaction, token: str, asking: Asking) -> None:
        log, user = asking.log, asking.user
        waiting = store.asking_in(tx, log)
        if any(each.user == user for each in waiting):
            return
        if len(waiting) >= REQUESTS_MAX:
            raise ResourceExhausted("Too many people wait to be let in.", reason="too_many_requests")
        store.put_asking(tx, asking)
        # Counted now: what a link for one person brings to the admins is one request.
        store.use(tx, token)
        profile = self._identity.profiles(tx, [user])[user]
        for steward in sorted(self._membership.face(tx, log).stewards):
            tx.append(f"inbox:{steward}", pb.JoinAsked(request=_request(asking, profile)), author=user)

    def _let_in(self, tx: Transaction, log: str, users: Sequence[str]) -> None:
        """People have become members, one way or another: nobody has to answer them any more."""
        for user in store.who_asks(tx, log, users):
            self._settle(tx, log, user, accepted=True)

    def _gone(self, tx: Transaction, user: str) -> None:
        """An account ends: nobody has to answer it any more."""
        for log in store.asked_by(tx, user):
            self._settle(tx, log, user, accepted=False)

    def _settle(self, tx: Transaction, log: str, user: str, *, accepted: bool) -> None:
        store.delete_asking(tx, log, user)
        for each in sorted({user, *self._stewards(tx, log)}):
            tx.append(f"inbox:{each}", pb.JoinAnswered(log=log, user=user, accepted=accepted))

    def _stewards(self, tx: Transaction, log: str) -> frozenset[str]:
        """Return whom to tell: nobody at a group that everybody has left."""
        try:
            return self._membership.face(tx, log).stewards
        except NotFound:
            return frozenset()


def _request(row: Asking, profile: identity_pb2.Profile) -> pb.JoinRequest:
    return pb.JoinRequest(log=row.log, profile=profile, greeting=row.greeting, at_ms=row.at_ms)
