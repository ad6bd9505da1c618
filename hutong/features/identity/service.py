"""The `Identity` service: sign-up, sign-in, devices, profiles."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message

from hutong.features.identity import api as identity_api
from hutong.features.identity import model, store
from hutong.features.identity.accounts import FAREWELL_S, Accounts
from hutong.features.identity.links import DeviceLinks
from hutong.features.identity.passwords import Passwords
from hutong.platform.database import Executor
from hutong.platform.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.text import line
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

SIGN_UPS = Rate("sign_up", burst=20, every_s=60)
LOG_INS_BY_ADDRESS = Rate("log_in_address", burst=20, every_s=6)
LOG_INS_BY_HANDLE = Rate("log_in_handle", burst=10, every_s=60)
# Everybody who knows this person is told.
PROFILE_CHANGES = Rate("profile", burst=20, every_s=10)
RESUMES = Rate("resume", burst=200, every_s=0.5)
PROFILES_AT_ONCE_MAX = 200
DEVICES_MAX = 50


def inbox(user: str) -> str:
    """Return the name of a user's inbox log."""
    return f"inbox:{user}"


class IdentityService:
    """Answers `hutong.identity.Identity`, and `api.Identity` to the other features."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._passwords = Passwords()
        self._links = DeviceLinks(platform)
        self._accounts = Accounts(platform)
        self.create_bot = self._accounts.create_bot
        self.set_password = self._accounts.set_password
        self.delete = self._accounts.delete
        self.on_deleted = self._accounts.on_deleted
        self._listeners: list[identity_api.ProfileListener] = []
        self._picture_check: Callable[[Transaction, str, str], object] | None = None
        self._admin_token = ""
        platform.provide(identity_api.Identity, self)
        platform.logs.register("inbox", lambda _snapshot, user, name: 1 if user == name else 0)

    async def on_start(self) -> None:
        """Invite the first administrator while there is none."""
        if not await self._platform.read(store.has_admin):
            self._admin_token = self._platform.random.token(16).hex()

    async def on_stop(self) -> None:
        """Let go of the hashing threads."""
        self._passwords.close()

    # ---- for other features ----

    def profiles(self, executor: Executor, users: Iterable[str]) -> dict[str, identity_pb2.Profile]:
        """Return the profiles of the users that exist."""
        return store.profiles(executor, users)

    def by_handle(self, executor: Executor, handle: str) -> identity_pb2.Profile | None:
        """Return the profile with this handle."""
        return store.by_handle(executor, handle)

    def on_profile_changed(self, listener: identity_api.ProfileListener) -> None:
        """Call `listener` in the transaction that changes a profile."""
        self._listeners.append(listener)

    def on_picture(self, check: Callable[[Transaction, str, str], object]) -> None:
        """Let `check` decide over profile pictures."""
        self._picture_check = check

    def handle(self, text: str) -> str:
        """Return a handle as it is kept."""
        return model.handle(text)

    async def hash_password(self, password: str) -> str:
        """Return what is kept of a password."""
        return await self._passwords.hash(model.password(password))

    async def has_password(self, user: str, password: str) -> bool:
        """Tell whether this is the user's password."""
        self._platform.limits.spend(LOG_INS_BY_HANDLE, user)
        found = await self._platform.read(
            lambda read: store.account_where(read, store.account.c.user == user)
        )
        known_hash = found.password_hash if found else None
        return await self._passwords.matches(known_hash, password[: model.PASSWORD_CHARACTERS_MAX + 1])

    def bots_of(self, executor: Executor, owner: str) -> list[identity_api.Bot]:
        """Return a user's bots."""
        return [
            identity_api.Bot(store.profile(row), row.created_at_ms) for row in store.bots_of(executor, owner)
        ]

    def first_admin_token(self) -> str:
        """Return the first administrator's invitation, or ''."""
        return self._admin_token

    # ---- signing in ----

    async def sign_up(self, caller: Caller, request: identity_pb2.SignUpRequest) -> identity_pb2.SessionReply:
        """Create an account with its first device, and sign the connection in."""
        _check_signed_out(caller)
        handle = model.handle(request.handle)
        name = line(request.name, what="A name", maximum=model.NAME_CHARACTERS_MAX)
        password = model.password(request.password)
        device_name, public_key = _new_device(request.device)
        language = line(request.language, what="A language", maximum=16, minimum=0)
        self._platform.limits.spend(SIGN_UPS, caller.address)
        password_hash = await self._passwords.hash(password)
        user = self._platform.random.new_id()

        def create(tx: Transaction) -> identity_pb2.SessionReply:
            admin = self._invited(tx, request.invitation)
            if store.taken(tx, handle):
                raise AlreadyExists("This handle is taken.", reason="handle_taken")
            row = {
                "user": user,
                "handle": handle,
                "name": name,
                "about": "",
                "picture": "",
                "password_hash": password_hash,
                "admin": admin,
                "language": language,
                "created_at_ms": tx.now_ms,
            }
            tx.execute(sa.insert(store.account), row)
            profile = identity_pb2.Profile(user=user, handle=handle, name=name)
            device = self._add_device(tx, user, device_name, public_key)
            return identity_pb2.SessionReply(profile=profile, device=device, admin=admin)

        body = _without_secrets(request)
        reply = await caller.write(self._platform.writer, identity_pb2.SessionReply, create, body)
        if reply.admin:
            self._admin_token = ""
        return await self._signed_in(caller, reply)

    async def log_in(self, caller: Caller, request: identity_pb2.LogInRequest) -> identity_pb2.SessionReply:
        """Add a device to an account by its password, and sign the connection in."""
        _check_signed_out(caller)
        handle = model.handle(request.handle)
        device_name, public_key = _new_device(request.device)
        self._platform.limits.spend(LOG_INS_BY_ADDRESS, caller.address)
        self._platform.limits.spend(LOG_INS_BY_HANDLE, handle)
        found = await self._platform.read(
            lambda read: store.account_where(read, store.account.c.handle == handle)
        )
        known_hash = found.password_hash if found else None
        if not await self._passwords.matches(
            known_hash, request.password[: model.PASSWORD_CHARACTERS_MAX + 1]
        ):
            raise Unauthenticated("Wrong handle or password.", reason="wrong_password")
        assert found is not None
        self._platform.limits.forgive(LOG_INS_BY_HANDLE, handle)

        def add(tx: Transaction) -> identity_pb2.SessionReply:
            device = self._add_device(tx, found.user, device_name, public_key)
            return identity_pb2.SessionReply(profile=store.profile(found), device=device, admin=found.admin)

        body = _without_secrets(request)
        reply = await caller.write(self._platform.writer, identity_pb2.SessionReply, add, body)
        return await self._signed_in(caller, reply)

    async def resume(self, caller: Caller, request: identity_pb2.ResumeRequest) -> identity_pb2.SessionReply:
        """Sign the connection in as a device that proves its key."""
        _check_signed_out(caller)
        self._platform.limits.spend(RESUMES, caller.address)
        found = await self._platform.read(lambda read: store.device_with_account(read, request.device))
        if found is None:
            raise Unauthenticated("This device is not signed in any more.", reason="no_such_device")
        model.verify(found.public_key, request.signature, model.RESUME_CONTEXT + caller.connection.binding)
        if not caller.connection.admits(found.device):
            raise Unauthenticated("This connection belongs to another device.", reason="other_device")
        reply = identity_pb2.SessionReply(
            profile=store.profile(found), device=found.device, admin=found.admin
        )
        self._sign_in(caller, found)
        return reply

    async def _signed_in(self, caller: Caller, reply: identity_pb2.SessionReply) -> identity_pb2.SessionReply:
        """Sign the connection in as the device of a reply that may have been given long ago (CONN13).

        Raises `Unauthenticated` when the device was revoked since.
        """
        found = await self._platform.read(lambda read: store.device_with_account(read, reply.device))
        if found is None:
            raise Unauthenticated("This device is not signed in any more.", reason="no_such_device")
        self._sign_in(caller, found)
        return reply

    def _sign_in(self, caller: Caller, found: Any) -> None:
        """Sign the connection in as a device that was read a moment ago, and note that it was seen.

        A revocation since then did not find this connection (CONN10); the note finds the revocation.
        """
        user, device, sessions = found.user, found.device, self._platform.sessions
        caller.connection.sign_in(user, device, admin=found.admin)
        mine = (store.device.c.device == device) & ~store.device.c.revoked
        statement = sa.update(store.device).where(mine).values(seen_at_ms=self._platform.clock.now_ms())
        seen = self._platform.writer.work(lambda tx: tx.execute(statement).rowcount)
        seen.then(lambda done: sessions.revoke(user, device) if done.value == 0 else None)

    def _invited(self, tx: Transaction, invitation: str) -> bool:
        """Tell whether this sign-up makes the first administrator. Raises `PermissionDenied`."""
        if not invitation:
            if self._platform.settings.sign_up != "open":
                raise PermissionDenied("This server is closed to new accounts.", reason="sign_up_closed")
            return False
        token = self._admin_token
        if token and hmac.compare_digest(invitation.encode(), token.encode()) and not store.has_admin(tx):
            return True
        raise PermissionDenied("This invitation is not valid any more.", reason="bad_invitation")

    def _add_device(self, tx: Transaction, user: str, name: str, public_key: bytes) -> str:
        if len(store.devices_of(tx, user)) >= DEVICES_MAX:
            raise PermissionDenied("Too many devices; sign one out first.", reason="too_many_devices")
        device = self._platform.random.new_id()
        row = {
            "device": device,
            "user": user,
            "name": name,
            "public_key": public_key,
            "created_at_ms": tx.now_ms,
            "seen_at_ms": tx.now_ms,
            "revoked": False,
        }
        tx.execute(sa.insert(store.device), row)
        added = identity_pb2.Device(device=device, name=name, created_at_ms=tx.now_ms, seen_at_ms=tx.now_ms)
        tx.append(inbox(user), identity_pb2.DeviceAdded(device=added), author=user)
        return device

    # ---- devices ----

    async def list_devices(
        self, caller: Caller, _request: identity_pb2.ListDevicesRequest
    ) -> identity_pb2.ListDevicesReply:
        """Return the caller's devices."""
        online = self._platform.sessions.devices(caller.user)
        rows = await self._platform.read(lambda read: store.devices_of(read, caller.user))
        return identity_pb2.ListDevicesReply(
            devices=[
                identity_pb2.Device(
                    device=row.device,
                    name=row.name,
                    created_at_ms=row.created_at_ms,
                    seen_at_ms=row.seen_at_ms,
                    current=row.device == caller.device,
                    online=row.device in online,
                )
                for row in rows
            ]
        )

    def revoke_device(
        self, caller: Caller, request: identity_pb2.RevokeDeviceRequest
    ) -> Pending[identity_pb2.RevokeDeviceReply]:
        """Sign a device out for good, and end its connections."""
        user, device, sessions = caller.user, request.device, self._platform.sessions

        def cut_off() -> None:
            if device == caller.device:
                # A device that signs itself out hears that it worked.
                self._platform.clock.call_later(FAREWELL_S, lambda: sessions.revoke(user, device))
            else:
                sessions.revoke(user, device)

        def revoke(tx: Transaction) -> identity_pb2.RevokeDeviceReply:
            mine = store.device.c.user == user
            statement = sa.update(store.device).where(
                mine, store.device.c.device == device, ~store.device.c.revoked
            )
            if tx.execute(statement.values(revoked=True)).rowcount != 1:
                raise NotFound("There is no such device.", reason="no_such_device")
            tx.append(inbox(user), identity_pb2.DeviceRevoked(device=device), author=user)
            tx.after_commit(cut_off)
            return identity_pb2.RevokeDeviceReply()

        return caller.write(self._platform.writer, identity_pb2.RevokeDeviceReply, revoke)

    async def change_password(
        self, caller: Caller, request: identity_pb2.ChangePasswordRequest
    ) -> identity_pb2.ChangePasswordReply:
        """Set a new password, given the old one. Other devices stay signed in: they have their own keys."""
        password = model.password(request.new_password)
        user = caller.user
        self._platform.limits.spend(LOG_INS_BY_HANDLE, user)
        found = await self._platform.read(
            lambda read: store.account_where(read, store.account.c.user == user)
        )
        assert found is not None
        old_password = request.old_password[: model.PASSWORD_CHARACTERS_MAX + 1]
        matches = await self._passwords.matches(found.password_hash, old_password)
        password_hash = await self._passwords.hash(password)
        # The one that was checked: of two changes at once, one must fail.
        same = (store.account.c.user == user) & (store.account.c.password_hash == found.password_hash)
        statement = sa.update(store.account).where(same).values(password_hash=password_hash)

        def change(tx: Transaction) -> identity_pb2.ChangePasswordReply:
            # Refused in here: a retry finds the new password in place, and still gets its first answer.
            if not matches or tx.execute(statement).rowcount != 1:
                raise PermissionDenied("The old password is wrong.", reason="wrong_password")
            return identity_pb2.ChangePasswordReply()

        body = _without_secrets(request)
        return await caller.write(self._platform.writer, identity_pb2.ChangePasswordReply, change, body)

    # ---- a second device by QR code ----

    async def start_device_link(
        self, caller: Caller, request: identity_pb2.StartDeviceLinkRequest
    ) -> identity_pb2.StartDeviceLinkReply:
        """Begin on the new device."""
        name, public_key = _new_device(request.device)
        return await self._links.start(caller, name, public_key)

    async def inspect_device_link(
        self, caller: Caller, request: identity_pb2.InspectDeviceLinkRequest
    ) -> identity_pb2.InspectDeviceLinkReply:
        """Tell a signed-in device what it is asked to approve."""
        return await self._links.inspect(caller, request.token)

    async def approve_device_link(
        self, caller: Caller, request: identity_pb2.ApproveDeviceLinkRequest
    ) -> identity_pb2.ApproveDeviceLinkReply:
        """Say yes, on a signed-in device."""
        return await self._links.approve(caller, request.token)

    async def finish_device_link(
        self, caller: Caller, request: identity_pb2.FinishDeviceLinkRequest
    ) -> identity_pb2.SessionReply:
        """End on the new device: proves its key, becomes a device of the account."""
        _check_signed_out(caller)
        reply = await self._links.finish(caller, request.token, request.signature, self._add_device)
        return await self._signed_in(caller, reply)

    # ---- profiles ----

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
            tx.append(inbox(user), identity_pb2.ProfileChanged(profile=profile), author=user)
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


def _new_device(device: identity_pb2.NewDevice) -> tuple[str, bytes]:
    name = line(device.name, what="A device name", maximum=model.NAME_CHARACTERS_MAX)
    return name, model.public_key(device.public_key)


def _check_signed_out(caller: Caller) -> None:
    """Refuse a second sign-in before it has an effect (CONN9)."""
    if caller.user:
        raise FailedPrecondition("This connection is signed in already.", reason="signed_in")


def _without_secrets(request: Message) -> bytes:
    """Return the request as bytes without what somebody could guess from a digest of them."""
    rest = type(request).FromString(request.SerializeToString())
    for name in _SECRETS & set(rest.DESCRIPTOR.fields_by_name):
        rest.ClearField(name)
    return rest.SerializeToString()


_SECRETS = {"password", "old_password", "new_password", "invitation"}
