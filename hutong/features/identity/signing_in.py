"""How a connection becomes a device's: sign-up, password, key, a second device by QR code."""

from __future__ import annotations

import hmac
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message

from hutong.features.identity import model, store
from hutong.features.identity.devices import Devices
from hutong.features.identity.links import DeviceLinks
from hutong.features.identity.passwords import Passwords
from hutong.platform.errors import (
    FailedPrecondition,
    PermissionDenied,
    Unauthenticated,
)
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.text import line
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

SIGN_UPS = Rate("sign_up", burst=20, every_s=60)
LOG_INS_BY_ADDRESS = Rate("log_in_address", burst=20, every_s=6)
LOG_INS_BY_HANDLE = Rate("log_in_handle", burst=10, every_s=60)
RESUMES = Rate("resume", burst=200, every_s=0.5)


class SigningIn:
    """The part of the `Identity` service for who is signed out, and for passwords."""

    def __init__(self, platform: Platform, passwords: Passwords, devices: Devices) -> None:
        self._platform = platform
        self._passwords = passwords
        self._devices = devices
        self._links = DeviceLinks(platform)
        self._admin_token = ""

    @property
    def first_admin_token(self) -> str:
        """The first administrator's invitation, or ''."""
        return self._admin_token

    async def on_start(self) -> None:
        """Invite the first administrator while there is none."""
        if not await self._platform.read(store.has_admin):
            self._admin_token = self._platform.random.token(16).hex()

    async def on_stop(self) -> None:
        """Let go of the hashing threads."""
        self._passwords.close()

    async def has_password(self, user: str, password: str) -> bool:
        """Tell whether this is the user's password. Raises `ResourceExhausted` when that is asked often."""
        self._platform.limits.spend(LOG_INS_BY_HANDLE, user)
        found = await self._platform.read(
            lambda read: store.account_where(read, store.account.c.user == user)
        )
        return await self._passwords.matches(found.password_hash if found else None, _cut(password))

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
            profile = store.create(tx, user, handle, name, password_hash, admin=admin, language=language)
            device = self._devices.add(tx, user, device_name, public_key)
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
        if not await self._passwords.matches(known_hash, _cut(request.password)):
            raise _wrong_password()
        assert found is not None
        self._platform.limits.forgive(LOG_INS_BY_HANDLE, handle)

        def add(tx: Transaction) -> identity_pb2.SessionReply:
            # A password that was replaced meanwhile, or whose account ended, lets nobody in any more.
            now = store.account_where(tx, store.account.c.user == found.user)
            if now is None or now.password_hash != known_hash:
                raise _wrong_password()
            device = self._devices.add(tx, now.user, device_name, public_key)
            return identity_pb2.SessionReply(profile=store.profile(now), device=device, admin=now.admin)

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
        now_ms = self._platform.clock.now_ms()
        seen = self._platform.writer.work(lambda tx: store.note_seen(tx, device, now_ms))
        seen.then(lambda done: sessions.revoke(user, device) if done.value is False else None)

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

    # ---- passwords ----

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
        matches = await self._passwords.matches(found.password_hash, _cut(request.old_password))
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
        reply = await self._links.finish(caller, request.token, request.signature, self._devices.add)
        return await self._signed_in(caller, reply)


def _cut(password: str) -> str:
    """Return as much of a password as tells that it is too long: nobody has to hash a megabyte."""
    return password[: model.PASSWORD_CHARACTERS_MAX + 1]


def _wrong_password() -> Unauthenticated:
    return Unauthenticated("Wrong handle or password.", reason="wrong_password")


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
