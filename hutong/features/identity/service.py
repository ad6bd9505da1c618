"""The `Identity` service, in parts; and `api.Identity` for the other features."""

from __future__ import annotations

from collections.abc import Iterable

from hutong.features.identity import api, model, store
from hutong.features.identity.accounts import Accounts
from hutong.features.identity.devices import Devices
from hutong.features.identity.passwords import Passwords
from hutong.features.identity.profiles import Profiles
from hutong.features.identity.signing_in import SigningIn
from hutong.platform.database import Executor
from hutong.platform.feature import Platform
from hutong.schema import identity_pb2


class People:
    """Provides `api.Identity`."""

    def __init__(
        self, platform: Platform, passwords: Passwords, profiles: Profiles, signing_in: SigningIn
    ) -> None:
        accounts = Accounts(platform)
        self.create_bot = accounts.create_bot
        self.set_password = accounts.set_password
        self.delete = accounts.delete
        self.on_deleted = accounts.on_deleted
        self.on_profile_changed = profiles.on_profile_changed
        self.on_picture = profiles.on_picture
        self.has_password = signing_in.has_password
        self._passwords = passwords
        self._signing_in = signing_in
        platform.provide(api.Identity, self)

    def profiles(self, executor: Executor, users: Iterable[str]) -> dict[str, identity_pb2.Profile]:
        """Return the profiles of the users that exist."""
        return store.profiles(executor, users)

    def by_handle(self, executor: Executor, handle: str) -> identity_pb2.Profile | None:
        """Return the profile with this handle."""
        return store.by_handle(executor, handle)

    def is_signed_in(self, executor: Executor, device: str) -> bool:
        """Tell whether a device may still see what its user sees."""
        return store.is_signed_in(executor, device)

    def first_admin_token(self) -> str:
        """Return the first administrator's invitation, or ''."""
        return self._signing_in.first_admin_token

    def handle(self, text: str) -> str:
        """Return a handle as it is kept."""
        return model.handle(text)

    async def hash_password(self, password: str) -> str:
        """Return what is kept of a password."""
        return await self._passwords.hash(model.password(password))

    def bots_of(self, executor: Executor, owner: str) -> list[api.Bot]:
        """Return a user's bots."""
        return [api.Bot(store.profile(row), row.created_at_ms) for row in store.bots_of(executor, owner)]


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.identity.Identity`."""
    passwords, devices, profiles = Passwords(), Devices(platform), Profiles(platform)
    signing_in = SigningIn(platform, passwords, devices)
    platform.logs.register("inbox", lambda _snapshot, user, name: 1 if user == name else 0)
    return signing_in, devices, profiles, People(platform, passwords, profiles, signing_in)
