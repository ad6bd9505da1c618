"""The `Contacts` service."""

from __future__ import annotations

from hutong.features.contacts import api as contacts_api
from hutong.features.contacts import model, store
from hutong.features.contacts.store import Row
from hutong.features.identity.api import Identity
from hutong.platform.database import Executor
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import contacts_pb2 as pb
from hutong.schema import identity_pb2

FINDS = Rate("find", burst=30, every_s=2)
ASKS = Rate("ask", burst=30, every_s=30)
# Each is an event in one's inbox, or in two.
CHANGES = Rate("contacts", burst=120, every_s=1)
GREETING_CHARACTERS_MAX = 140
# Names and ids of this many always fit into a reply.
ROWS_MAX = 2_000
LIST_BYTES_MAX = 900 * 1024
_PAIRS_MAX = 100_000


class ContactsService:
    """Answers `hutong.contacts.Contacts`, and `api.Contacts` to the other features."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._identity = platform.use(Identity)
        self._identity.on_profile_changed(self._tell_those_who_know)
        self._identity.on_deleted(self._forget)
        # Read for every message. The writer's own: a snapshot may be older than what it dropped.
        self._may_message: dict[tuple[str, str], bool] = {}
        platform.provide(contacts_api.Contacts, self)

    # ---- for other features ----

    def may_message(self, executor: Executor, sender: str, receiver: str) -> bool:
        """Tell whether the two are contacts and neither blocked the other."""
        if not isinstance(executor, Transaction):
            return _may_message(executor, sender, receiver)
        known = self._may_message.get((sender, receiver))
        if known is None:
            known = _may_message(executor, sender, receiver)
            if len(self._may_message) >= _PAIRS_MAX:
                self._may_message.clear()
            self._may_message[sender, receiver] = known
        return known

    def are_contacts(self, executor: Executor, user: str, other: str) -> bool:
        """Tell whether the two are contacts."""
        return store.get(executor, user, other).relation == pb.RELATION_CONTACT

    def of(self, executor: Executor, user: str) -> list[str]:
        """Return a user's contacts, without those the user blocked."""
        rows = store.of_user(executor, user)
        return [row.other for row in rows if row.relation == pb.RELATION_CONTACT and not row.blocked]

    def connect(self, tx: Transaction, user: str, other: str) -> None:
        """Make the two contacts at once."""
        for mine in (store.get(tx, user, other), store.get(tx, other, user)):
            self._put(tx, mine, mine._replace(relation=pb.RELATION_CONTACT, greeting="", since_ms=tx.now_ms))

    def _tell_those_who_know(self, tx: Transaction, profile: identity_pb2.Profile) -> None:
        for user in store.known_by(tx, profile.user):
            tx.append(f"inbox:{user}", identity_pb2.ProfileChanged(profile=profile), author=profile.user)

    def _forget(self, tx: Transaction, user: str) -> None:
        """End every relation of an account that ends, from both sides."""
        others = {row.other for row in store.of_user(tx, user)} | set(store.known_by(tx, user))
        for other in others:
            for mine, theirs in ((user, other), (other, user)):
                self._put(tx, store.get(tx, mine, theirs), Row(mine, theirs))

    # ---- the service ----

    async def find(self, caller: Caller, request: pb.FindRequest) -> pb.FindReply:
        """Return the person with this handle, and how the caller stands to them."""
        self._platform.limits.spend(FINDS, caller.user)
        handle = request.handle.strip().lower().removeprefix("@")

        def find(read: Executor) -> pb.Contact:
            profile = self._identity.by_handle(read, handle)
            if profile is None:
                raise NotFound("Nobody here has this handle.", reason="no_such_handle")
            return _contact(store.get(read, caller.user, profile.user), profile)

        return pb.FindReply(contact=await self._platform.read(find))

    async def list(self, caller: Caller, _request: pb.ListRequest) -> pb.ListReply:
        """Return everybody the caller has to do with."""

        def everybody(read: Executor) -> pb.ListReply:
            rows = store.of_user(read, caller.user)
            profiles = self._identity.profiles(read, [row.other for row in rows])
            reply = pb.ListReply(contacts=[_contact(row, profiles[row.other]) for row in rows])
            return reply if reply.ByteSize() <= LIST_BYTES_MAX else _shortened(reply)

        return await self._platform.read(everybody)

    def ask(self, caller: Caller, request: pb.AskRequest) -> Pending[pb.AskReply]:
        """Ask to become contacts."""
        greeting = request.greeting.strip()
        if len(greeting) > GREETING_CHARACTERS_MAX:
            raise InvalidArgument(
                f"A greeting has at most {GREETING_CHARACTERS_MAX} characters.", reason="bad_length"
            )
        self._platform.limits.spend(ASKS, caller.user)

        def change(tx: Transaction) -> pb.AskReply:
            mine, theirs = self._pair(tx, caller.user, request.user)
            if max(store.count(tx, caller.user), store.count(tx, request.user)) >= ROWS_MAX:
                raise ResourceExhausted("The list of contacts is full.", reason="too_many_contacts")
            after, theirs_after = model.ask(mine, theirs, greeting, tx.now_ms)
            self._put(tx, theirs, theirs_after)
            return pb.AskReply(contact=self._put(tx, mine, after))

        return caller.write(self._platform.writer, pb.AskReply, change)

    def answer(self, caller: Caller, request: pb.AnswerRequest) -> Pending[pb.AnswerReply]:
        """Accept or refuse a request."""
        self._platform.limits.spend(CHANGES, caller.user)

        def change(tx: Transaction) -> pb.AnswerReply:
            mine, theirs = self._pair(tx, caller.user, request.user)
            after, theirs_after = model.answer(mine, theirs, tx.now_ms, accept=request.accept)
            self._put(tx, theirs, theirs_after)
            return pb.AnswerReply(contact=self._put(tx, mine, after))

        return caller.write(self._platform.writer, pb.AnswerReply, change)

    def remove(self, caller: Caller, request: pb.RemoveRequest) -> Pending[pb.RemoveReply]:
        """Be contacts no longer."""
        self._platform.limits.spend(CHANGES, caller.user)

        def change(tx: Transaction) -> pb.RemoveReply:
            mine, theirs = self._pair(tx, caller.user, request.user)
            after, theirs_after = model.remove(mine, theirs)
            self._put(tx, theirs, theirs_after)
            self._put(tx, mine, after)
            return pb.RemoveReply()

        return caller.write(self._platform.writer, pb.RemoveReply, change)

    def block(self, caller: Caller, request: pb.BlockRequest) -> Pending[pb.BlockReply]:
        """Hear from somebody no longer, or again."""
        self._platform.limits.spend(CHANGES, caller.user)

        def change(tx: Transaction) -> pb.BlockReply:
            mine, _ = self._pair(tx, caller.user, request.user)
            return pb.BlockReply(contact=self._put(tx, mine, model.block(mine, blocked=request.blocked)))

        return caller.write(self._platform.writer, pb.BlockReply, change)

    def _pair(self, tx: Transaction, user: str, other: str) -> model.Pair:
        if user == other:
            raise InvalidArgument("That is you.", reason="self")
        if not self._identity.profiles(tx, [other]):
            raise NotFound("There is no such person.", reason="no_such_user")
        return store.get(tx, user, other), store.get(tx, other, user)

    def _put(self, tx: Transaction, before: Row, after: Row) -> pb.Contact:
        """Store one direction and tell its owner's devices, when it changed."""
        profile = self._identity.profiles(tx, [after.other])[after.other]
        contact = _contact(after, profile)
        if before != after:
            store.put(tx, after)
            tx.invalidate(self._may_message, (after.user, after.other))
            tx.invalidate(self._may_message, (after.other, after.user))
            tx.append(f"inbox:{after.user}", pb.ContactChanged(contact=contact))
        return contact


def _may_message(executor: Executor, sender: str, receiver: str) -> bool:
    rows = store.get(executor, sender, receiver), store.get(executor, receiver, sender)
    return all(row.relation == pb.RELATION_CONTACT and not row.blocked for row in rows)


def _shortened(reply: pb.ListReply) -> pb.ListReply:
    """Leave out what strangers could make long; `Find` and `GetProfiles` have it."""
    for contact in reply.contacts:
        contact.ClearField("greeting")
        contact.profile.ClearField("about")
    return reply


def _contact(row: Row, profile: identity_pb2.Profile) -> pb.Contact:
    return pb.Contact(
        profile=profile,
        relation=pb.RELATION_SELF if row.user == row.other else row.relation,
        blocked=row.blocked,
        greeting=row.greeting,
        since_ms=row.since_ms,
    )
