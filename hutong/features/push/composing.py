"""From an unread event to a request for a push service. Runs on the threads that read the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hutong.features.chat.api import Place, Unread
from hutong.features.identity.api import Identity
from hutong.features.preferences import api as preferences_api
from hutong.features.push import encryption, model, store
from hutong.features.push.store import Subscription
from hutong.platform.database import Executor
from hutong.platform.feature import Platform
from hutong.platform.log import Stored
from hutong.schema import preferences_pb2
from hutong.schema import push_pb2 as pb

# A push that finds no device within a day is dropped, here and by the push services (their TTL).
LIFE_S = 24 * 3600
# An app's badge shows no more than a few digits.
BADGE_MAX = 10_000
# Of an unread conversation the newest are looked through for one that may be pushed.
CANDIDATES_MAX = 20


class Push(NamedTuple):
    """What is posted, and which event it tells of (0: a try)."""

    subscription: Subscription
    body: bytes
    seq: int


class Composing:
    """Decides what a device is told, if anything."""

    def __init__(self, platform: Platform) -> None:
        self._random = platform.random
        self._identity = platform.use(Identity)
        self._preferences = platform.use(preferences_api.Preferences)
        self._unread = platform.use(Unread)

    def compose(
        self, read: Executor, device: str, log: str, now_ms: int, connected: Callable[[str], set[str]]
    ) -> Push | None:
        """Return what to push to a device about a conversation; None when there is nothing to say.

        `connected` gives a user's devices that are connected.
        """
        subscription = self._subscription(read, device)
        if subscription is None:
            return None
        user = subscription.user
        account = self._preferences.account(read, user)
        place = self._unread.place(read, log, user)
        if place is None or account.push_off:
            return None
        after = max(place.read, place.joined - 1, store.mark(read, device, log))
        since_ms = max(subscription.made_at_ms, now_ms - LIFE_S * 1000)
        if device in connected(user):
            # What a page has taken in, it shows itself. One that is asleep takes nothing in.
            after = max(after, place.delivered)
        conversation = self._preferences.conversation(read, user, log)
        for event in self._unread.newest(read, log, user, after, since_ms, CANDIDATES_MAX):
            line = model.summary(event, account.language)
            if line and self._may_sound(account, conversation, event, user):
                nudge = self._nudge(read, account, place, event, line)
                nudge.badge = self._badge(read, user, now_ms)
                return Push(subscription, self._sealed(subscription, nudge), event.seq)
        return None

    def trial(self, read: Executor, device: str, now_ms: int) -> Push | None:
        """Return a push that says that pushes work."""
        subscription = self._subscription(read, device)
        if subscription is None:
            return None
        language = self._preferences.account(read, subscription.user).language
        nudge = pb.Nudge(body=model.words(language)["works"])
        nudge.badge = self._badge(read, subscription.user, now_ms)
        return Push(subscription, self._sealed(subscription, nudge), 0)

    def _subscription(self, read: Executor, device: str) -> Subscription | None:
        subscription = store.get(read, device)
        return subscription if subscription and self._identity.is_signed_in(read, device) else None

    def _may_sound(
        self,
        account: preferences_pb2.Account,
        conversation: preferences_pb2.Conversation,
        event: Stored,
        user: str,
    ) -> bool:
        """Tell whether a user wants to hear of an event: not at night; of muted conversations mentions only.

        By the time of the event, so that a restart in the morning does not bring what was said at night.
        """
        if self._preferences.is_quiet(account, event.at_ms):
            return False
        if self._preferences.is_muted(conversation, event.at_ms):
            return conversation.mentions and model.mentions(event, user)
        return True

    def _badge(self, read: Executor, user: str, now_ms: int) -> int:
        silent = self._preferences.muted(read, user, now_ms)
        return self._unread.count(read, user, silent, BADGE_MAX)

    def _nudge(
        self,
        read: Executor,
        account: preferences_pb2.Account,
        place: Place,
        event: Stored,
        line: str,
    ) -> pb.Nudge:
        say = model.words(account.language)
        if account.hide_push_content:
            return pb.Nudge(body=say["hidden"])
        profile = self._identity.profiles(read, [event.author]).get(event.author)
        name = model.shortened(profile.name if profile else "", model.TITLE_CHARACTERS_MAX) or say["somebody"]
        title = model.shortened(place.title, model.TITLE_CHARACTERS_MAX) or say["group"]
        return pb.Nudge(
            log=event.log,
            seq=event.seq,
            title=title if place.group else name,
            body=f"{name}: {line}" if place.group else line,
        )

    def _sealed(self, subscription: Subscription, nudge: pb.Nudge) -> bytes:
        return encryption.encrypt(
            encryption.padded(nudge.SerializeToString()),
            subscription.p256dh,
            subscription.auth,
            salt=self._random.token(encryption.SALT_BYTES),
            key=encryption.key_from(self._random.token(encryption.SCALAR_BYTES)),
        )
