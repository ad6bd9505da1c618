"""The `PresenceService`: what watchers are told, and how little of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from hutong.features.contacts.api import Contacts
from hutong.features.identity.api import Identity
from hutong.features.preferences.api import Preferences
from hutong.features.presence import store
from hutong.features.presence.here import Here
from hutong.platform import journal
from hutong.platform.clock import Timer
from hutong.platform.database import Executor
from hutong.platform.errors import ResourceExhausted, Unavailable
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.writer import Notify, Transaction
from hutong.schema import preferences_pb2
from hutong.schema import presence_pb2 as pb

WATCHES = Rate("watch", burst=60, every_s=1)
WATCHED_MAX = 200
USER_CHARACTERS_MAX = 16
# Changes are collected: everybody who comes back after a restart comes at once.
TELL_EVERY_S = 1.0
_MINUTE_MS = 60_000

log = journal.get(__name__)

Screen = tuple[str, str]  # user and device
T = TypeVar("T")


class PresenceService:
    """Answers `hutong.presence.PresenceService`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._identity = platform.use(Identity)
        self._identity.on_deleted(store.forget)
        self._contacts = platform.use(Contacts)
        self._preferences = platform.use(Preferences)
        self._preferences.on_account(self._audience_changed)
        self._here = Here(platform.clock, platform.sessions, self._changed)
        # Three views of one relation: whom a device shows, where a user is shown, which devices show anybody.
        self._shown: dict[Screen, frozenset[str]] = {}
        self._screens: dict[str, set[Screen]] = {}
        self._devices: dict[str, set[str]] = {}
        self._changes: set[str] = set()
        self._timer: Timer | None = None
        self._telling: asyncio.Task[None] | None = None
        platform.sessions.on_devices(self._forget_screens)

    async def on_start(self) -> None:
        """Nothing to begin: people have to come first."""

    async def on_stop(self) -> None:
        """Remember who was here until now."""
        self._here.stop()
        if self._timer is not None:
            self._timer.cancel()
        if self._telling is not None:
            await self._telling
        users = sorted(self._here.users)
        if users:
            await self._platform.writer.work(lambda tx: self._remember(tx, users))

    # ---- the service ----

    async def watch(self, caller: Caller, request: pb.WatchRequest) -> pb.WatchReply:
        """Tell of these people from now on, and of nobody else; return how they are now."""
        users = frozenset(request.users)
        if len(users) > WATCHED_MAX:
            raise ResourceExhausted(f"At most {WATCHED_MAX} people at once.", reason="too_many_users")
        self._platform.limits.spend(WATCHES, caller.user)
        # Nobody has a longer id. What is kept for a device must not be what it likes to send.
        kept = frozenset(user for user in users if len(user) <= USER_CHARACTERS_MAX)
        self._show((caller.user, caller.device), kept)
        presences = await self._platform.read(lambda read: self._seen_by(read, caller.user, users))
        return pb.WatchReply(presences=presences)

    def here(self, caller: Caller, request: pb.HereRequest) -> pb.HereReply:
        """Take note whether somebody looks at this device."""
        self._here.say(caller.user, caller.device, here=request.here)
        return pb.HereReply()

    # ---- steps ----

    def _show(self, screen: Screen, users: frozenset[str]) -> None:
        watcher, device = screen
        for user in self._shown.pop(screen, frozenset()):
            _discard(self._screens, user, screen)
        _discard(self._devices, watcher, device)
        if users and device in self._platform.sessions.devices(watcher):
            self._shown[screen] = users
            self._devices.setdefault(watcher, set()).add(device)
            for user in users:
                self._screens.setdefault(user, set()).add(screen)

    def _forget_screens(self, user: str) -> None:
        for device in self._devices.get(user, set()) - self._platform.sessions.devices(user):
            self._show((user, device), frozenset())

    def _seen_by(self, read: Executor, watcher: str, users: Iterable[str]) -> list[pb.Presence]:
        """Return what `watcher` may know. Who hides does not see the others either."""
        users = list(users)
        audience = preferences_pb2.AUDIENCE_CONTACTS
        open_ = self._preferences.account(read, watcher).last_seen == audience
        visible = {
            user
            for user in users
            if open_
            and self._contacts.may_message(read, watcher, user)
            and self._preferences.account(read, user).last_seen == audience
        }
        seen_at_ms = store.seen_at_ms(read, visible)
        return [self._presence(user, seen_at_ms.get(user, 0), visible=user in visible) for user in users]

    def _presence(self, user: str, seen_at_ms: int, *, visible: bool) -> pb.Presence:
        if not visible:
            return pb.Presence(user=user)
        if user in self._here.users:
            return pb.Presence(user=user, state=pb.STATE_ONLINE)
        return pb.Presence(user=user, state=pb.STATE_AWAY, seen_at_ms=seen_at_ms - seen_at_ms % _MINUTE_MS)

    def _changed(self, user: str, here: bool) -> None:
        if here:
            self._tell(user)
            return
        try:
            self._platform.writer.work(lambda tx: self._left(tx, user))
        except Unavailable:  # so busy that the minute they left is not worth more work
            self._tell(user)

    def _left(self, tx: Transaction, user: str) -> None:
        self._remember(tx, [user])
        tx.after_commit(lambda: self._tell(user))

    def _remember(self, tx: Transaction, users: Iterable[str]) -> None:
        """Keep that they were here until now, but for accounts that ended: they are here until cut off."""
        profiles = self._identity.profiles(tx, users)
        store.put(tx, [user for user, profile in profiles.items() if not profile.deleted], tx.now_ms)

    def _audience_changed(self, user: str) -> None:
        """Both directions: who hides is hidden, and sees nobody."""
        self._tell(user)
        for device in self._devices.get(user, ()):
            for shown in self._shown[user, device]:
                self._tell(shown)

    def _tell(self, user: str) -> None:
        if user in self._screens and not self._platform.sessions.closing:
            self._changes.add(user)
            if self._timer is None:
                self._timer = self._platform.clock.call_later(TELL_EVERY_S, self._tell_all)

    def _tell_all(self) -> None:
        self._timer = None
        if self._telling is not None and not self._telling.done():
            self._timer = self._platform.clock.call_later(TELL_EVERY_S, self._tell_all)
            return
        self._telling = asyncio.get_running_loop().create_task(self._tell_screens())

    async def _tell_screens(self) -> None:
        changes, self._changes = self._changes, set()
        told: dict[str, set[str]] = {}
        for user in changes:
            for watcher, _ in self._screens.get(user, ()):
                told.setdefault(watcher, set()).add(user)
        try:
            presences = await self._platform.read(
                lambda read: {watcher: self._seen_by(read, watcher, users) for watcher, users in told.items()}
            )
        except Exception:
            log.exception("presence_not_told")
            return
        for watcher, seen in presences.items():
            for presence in seen:
                for screen in self._screens.get(presence.user, ()):
                    if screen[0] == watcher:
                        notice = pb.PresenceChanged(presence=presence)
                        self._platform.sessions.notify(Notify(watcher, notice, device=screen[1]))


def _discard(sets: dict[str, set[T]], key: str, value: T) -> None:
    """Take a value out of the set under a key; no empty sets are kept."""
    values = sets.get(key)
    if values is not None:
        values.discard(value)
        if not values:
            del sets[key]
