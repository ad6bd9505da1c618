"""The `Preferences` service."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hutong.features.chat.api import Chat
from hutong.features.identity.api import Identity
from hutong.features.preferences import api, model, store
from hutong.platform.database import Executor
from hutong.platform.errors import InvalidArgument, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import preferences_pb2 as pb

CHANGES = Rate("preferences", burst=120, every_s=0.5)
DRAFTS = Rate("drafts", burst=60, every_s=0.5)
# What fits into a carrier message (CONN4), with a reserve: long drafts beyond it stay on their device.
DRAFTS_BYTES_MAX = 400 * 1024


class PreferencesService:
    """Answers `hutong.preferences.Preferences`, and `api.Preferences` to the other features."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._listeners: list[Callable[[str], object]] = []
        platform.use(Identity).on_deleted(store.remove_user)
        platform.provide(api.Preferences, self)

    # ---- for other features ----

    def account(self, executor: Executor, user: str) -> pb.Account:
        """Return what a user set for the whole account."""
        return store.account(executor, user)

    def conversation(self, executor: Executor, user: str, log: str) -> pb.Conversation:
        """Return what a user set for one conversation."""
        return store.conversation(executor, user, log)

    def is_quiet(self, account: pb.Account, at_ms: int) -> bool:
        """Tell whether a moment is in a user's do-not-disturb time."""
        return model.is_quiet(account, at_ms)

    def is_muted(self, conversation: pb.Conversation, at_ms: int) -> bool:
        """Tell whether a conversation was to be silent at a moment."""
        return model.is_muted(conversation, at_ms)

    def muted(self, executor: Executor, user: str, now_ms: int) -> frozenset[str]:
        """Return the logs a user does not want to hear of now."""
        return frozenset(
            each.log for each in store.conversations(executor, user) if model.is_muted(each, now_ms)
        )

    def on_account(self, listener: Callable[[str], object]) -> None:
        """Call `listener` with a user who changed what they set for the account, after the commit."""
        self._listeners.append(listener)

    # ---- the service ----

    async def get(self, caller: Caller, _request: pb.GetRequest) -> pb.GetReply:
        """Return everything the caller set."""
        user = caller.user

        def everything(read: Executor) -> pb.GetReply:
            return pb.GetReply(
                account=store.account(read, user),
                conversations=store.conversations(read, user),
                drafts=store.drafts(read, user),
            )

        return await self._platform.read(everything)

    def set_account(self, caller: Caller, request: pb.SetAccountRequest) -> Pending[pb.SetAccountReply]:
        """Set all of the account's preferences."""
        if not request.HasField("account"):
            raise InvalidArgument("There is nothing to set.", reason="empty")
        account, user = request.account, caller.user
        model.check_account(account)
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.SetAccountReply:
            if store.account(tx, user) != account:
                store.put_account(tx, user, account)
                tx.append(f"inbox:{user}", pb.AccountChanged(account=account), author=user)
                for listener in self._listeners:
                    tx.after_commit(partial(listener, user))
            return pb.SetAccountReply()

        return caller.write(self._platform.writer, pb.SetAccountReply, change)

    def set_conversation(
        self, caller: Caller, request: pb.SetConversationRequest
    ) -> Pending[pb.SetConversationReply]:
        """Set all of a conversation's preferences."""
        conversation, user = request.conversation, caller.user
        model.check_conversation(conversation)
        self._platform.limits.spend(CHANGES, user)

        def change(tx: Transaction) -> pb.SetConversationReply:
            self._chat.room(tx, conversation.log, user)
            if store.conversation(tx, user, conversation.log) != conversation:
                store.put_conversation(tx, user, conversation)
                tx.append(f"inbox:{user}", pb.ConversationChanged(conversation=conversation), author=user)
            return pb.SetConversationReply()

        return caller.write(self._platform.writer, pb.SetConversationReply, change)

    def set_draft(self, caller: Caller, request: pb.SetDraftRequest) -> Pending[pb.SetDraftReply]:
        """Keep what a user began to write, and show it on their other devices."""
        user, log, device = caller.user, request.draft.log, caller.device
        model.check_draft(request.draft)
        self._platform.limits.spend(DRAFTS, user)

        def change(tx: Transaction) -> pb.SetDraftReply:
            self._chat.room(tx, log, user)
            before = store.get_draft(tx, user, log)
            if (before.text, before.reply_to) == (request.draft.text, request.draft.reply_to):
                return pb.SetDraftReply(at_ms=before.at_ms)
            # Times rise, so that devices know which of two drafts is the newer one.
            draft = pb.Draft(
                log=log,
                text=request.draft.text,
                reply_to=request.draft.reply_to,
                at_ms=max(tx.now_ms, before.at_ms + 1),
            )
            others = sum(each.ByteSize() for each in store.drafts(tx, user) if each.log != log)
            if others + draft.ByteSize() > DRAFTS_BYTES_MAX:
                raise ResourceExhausted("There are too many long drafts.", reason="too_many_drafts")
            store.put_draft(tx, user, draft)
            tx.notify(user, pb.DraftChanged(draft=draft), except_device=device)
            return pb.SetDraftReply(at_ms=draft.at_ms)

        return caller.write(self._platform.writer, pb.SetDraftReply, change)
