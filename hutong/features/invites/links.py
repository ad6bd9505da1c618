"""Links into groups: made, listed, taken back, looked at."""

from __future__ import annotations

from hutong.features.chat.api import Chat, Membership
from hutong.features.invites import model, store
from hutong.features.invites.store import Invite
from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition, NotFound, PermissionDenied, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import invites_pb2 as pb

MAKES = Rate("make_invite", burst=30, every_s=10)
LOOKS = Rate("look_at_invite", burst=30, every_s=2)
LINKS_MAX = 50


class Links:
    """The part of the `Invites` service about links.

    A link is as good as the right of whoever made it: it rests while they may not invite, and ends when they
    leave or are removed.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._membership = platform.use(Membership)
        self._membership.on_parted(store.delete_of)

    def make(self, caller: Caller, request: pb.MakeRequest) -> Pending[pb.MakeReply]:
        """Make a link into a group."""
        model.check_uses(request.uses_max)
        user, log = caller.user, request.log
        self._platform.limits.spend(MAKES, user)

        def make(tx: Transaction) -> pb.MakeReply:
            expires_at_ms = model.expires_at_ms(request.expires_s, tx.now_ms)
            self._membership.inviter(tx, log, user)
            store.delete_expired(tx, tx.now_ms)
            if len(store.of_group(tx, log)) >= LINKS_MAX:
                raise ResourceExhausted(f"A group has at most {LINKS_MAX} links.", reason="too_many_invites")
            token = model.token(self._platform.random.token(model.TOKEN_BYTES))
            invite = Invite(token, log, user, tx.now_ms, expires_at_ms, request.uses_max)
            store.put(tx, invite)
            return pb.MakeReply(invite=invite.to_proto())

        return caller.write(self._platform.writer, pb.MakeReply, make)

    async def list(self, caller: Caller, request: pb.ListRequest) -> pb.ListReply:
        """Return the links of a group: all of them to the owner and admins, to others their own."""
        user, log, now_ms = caller.user, request.log, self._platform.clock.now_ms()

        def links(read: Executor) -> pb.ListReply:
            room = self._chat.room(read, log, user)
            mine = (each for each in store.of_group(read, log) if user in {each.by, *room.stewards})
            return pb.ListReply(invites=[each.to_proto() for each in mine if model.is_open(each, now_ms)])

        return await self._platform.read(links)

    def revoke(self, caller: Caller, request: pb.RevokeRequest) -> Pending[pb.RevokeReply]:
        """Take a link back: one's own, or as the owner or an admin."""
        user, token = caller.user, request.token

        def revoke(tx: Transaction) -> pb.RevokeReply:
            invite = store.get(tx, token)
            if invite is None or not self._membership.is_member(tx, invite.log, user):
                raise model.no_such_invite()
            if invite.by != user:
                self._membership.steward(tx, invite.log, user)
            store.delete(tx, token)
            return pb.RevokeReply()

        return caller.write(self._platform.writer, pb.RevokeReply, revoke)

    async def look(self, caller: Caller, request: pb.LookRequest) -> pb.LookReply:
        """Tell somebody with a link where it leads."""
        user, token, now_ms = caller.user, request.token, self._platform.clock.now_ms()
        self._platform.limits.spend(LOOKS, user)

        def look(read: Executor) -> pb.LookReply:
            invite = self.good(read, token, now_ms)
            face = self._membership.face(read, invite.log)
            inside = self._membership.is_member(read, invite.log, user)
            return pb.LookReply(
                log=invite.log if inside else "",
                title=face.title,
                picture=face.picture if inside else "",
                members=face.members,
                approval=self.needs_approval(read, invite.log, user),
                asked=bool(store.who_asks(read, invite.log, [user])),
            )

        return await self._platform.read(look)

    # ---- for who joins ----

    def good(self, executor: Executor, token: str, now_ms: int) -> Invite:
        """Return a link that may be used. Raises `NotFound`, the same for all that is wrong with it."""
        invite = store.get(executor, token)
        if invite is None or not model.is_open(invite, now_ms):
            raise model.no_such_invite()
        try:
            self._membership.inviter(executor, invite.log, invite.by)
        except (NotFound, PermissionDenied, FailedPrecondition) as error:
            raise model.no_such_invite() from error
        return invite

    def needs_approval(self, executor: Executor, log: str, user: str) -> bool:
        """Tell whether somebody has to wait at the door: everybody here, or one who was removed before."""
        face = self._membership.face(executor, log)
        return face.approval or self._membership.was_removed(executor, log, user)
