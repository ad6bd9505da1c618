"""What people show of themselves."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from hutong.features.identity import model, store
from hutong.features.identity.api import ProfileListener
from hutong.platform.errors import InvalidArgument
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.text import line
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

# Everybody who knows this person is told.
PROFILE_CHANGES = Rate("profile", burst=20, every_s=10)
PROFILES_AT_ONCE_MAX = 200


class Profiles:
    """The part of the `Identity` service about names and pictures."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._listeners: list[ProfileListener] = []
        self._picture_check: Callable[[Transaction, str, str], object] | None = None

    def on_profile_changed(self, listener: ProfileListener) -> None:
        """Call `listener` in the transaction that changes a profile."""
        self._listeners.append(listener)

    def on_picture(self, check: Callable[[Transaction, str, str], object]) -> None:
        """Let `check` decide over profile pictures."""
        self._picture_check = check

    async def update_profile(
        self, caller: Caller, request: identity_pb2.UpdateProfileRequest
    ) -> identity_pb2.UpdateProfileReply:
        """Change name, picture and the line about oneself."""
        name = line(request.name, what="A name", maximum=model.NAME_CHARACTERS_MAX)
        about = line(request.about, what="The line about you", maximum=model.ABOUT_CHARACTERS_MAX, minimum=0)
        user, picture = caller.user, request.picture
        self._platform.limits.spend(PROFILE_CHANGES, user)

        def update(tx: Transaction) -> identity_pb2.UpdateProfileReply:
            if picture:
                if self._picture_check is None:
                    raise InvalidArgument("This server keeps no pictures.", reason="no_pictures")
                self._picture_check(tx, user, picture)
            changes = {"name": name, "about": about, "picture": picture}
            tx.execute(sa.update(store.account).where(store.account.c.user == user).values(changes))
            profile = store.profiles(tx, [user])[user]
            tx.append(store.inbox(user), identity_pb2.ProfileChanged(profile=profile), author=user)
            for listener in self._listeners:
                listener(tx, profile)
            return identity_pb2.UpdateProfileReply(profile=profile)

        return await caller.write(self._platform.writer, identity_pb2.UpdateProfileReply, update)

    async def get_profiles(
        self, _caller: Caller, request: identity_pb2.GetProfilesRequest
    ) -> identity_pb2.GetProfilesReply:
        """Return the profiles of known user ids."""
        if len(request.users) > PROFILES_AT_ONCE_MAX:
            raise InvalidArgument(f"At most {PROFILES_AT_ONCE_MAX} at once.", reason="too_many_users")
        found = await self._platform.read(lambda read: store.profiles(read, request.users))
        return identity_pb2.GetProfilesReply(profiles=list(found.values()))
