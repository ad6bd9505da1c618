"""Signing up, in, out, and coming back."""

from __future__ import annotations

import asyncio
import platform as machine
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.client import methods
from hutong.client.carrier import CarrierError
from hutong.client.connection import Connection
from hutong.client.handlers import Credentials
from hutong.client.home import Home, Session
from hutong.client.models import Person
from hutong.client.pushes import Listener
from hutong.platform.clock import Clock
from hutong.platform.errors import RpcError, Unauthenticated
from hutong.schema import identity_pb2, link_pb2

_DEVICE_NAME_CHARACTERS_MAX = 64
# Hashing a password takes its time, and more so on a busy server.
_SIGN_IN_DEADLINE_S = 40.0


class UnreachableError(ConnectionError):
    """The server cannot be reached; the text is a sentence for the person."""


class Account(Listener):
    """This device's place on the server."""

    def __init__(self, home: Home, connection: Connection, clock: Clock) -> None:
        self._home = home
        self._connection = connection
        self._clock = clock
        self._session = home.session()
        self._arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._patient_until = 0.0
        self.challenge = link_pb2.Challenge()
        self.admin = False
        self.skew_ms = 0

    @property
    def session(self) -> Session | None:
        """The signed-in device, if any."""
        return self._session

    @property
    def person(self) -> Person:
        """Who is signed in. Raises `Unauthenticated`."""
        session = self._session
        if session is None:
            raise Unauthenticated("Please sign in first.", reason="signed_out")
        return Person(session.user, session.handle, session.name)

    def begin(self, patience_s: float) -> None:
        """Begin to connect, as the device of the home if there is one."""
        self._patient_until = self._clock.monotonic() + patience_s
        session = self._session
        self._connection.start(_credentials(session) if session is not None else None)

    async def arrived(self) -> None:
        """Wait until there is a connection.

        Raises `UnreachableError` when the server cannot be reached for the patience, at once when there is no
        point in waiting.
        """
        try:
            await asyncio.shield(self._arrived)
        except CarrierError as error:
            raise UnreachableError(str(error)) from error

    # ---- what the connection tells ----

    def on_challenge(self, challenge: link_pb2.Challenge) -> None:
        """A server answers; signed out, that is all there is to wait for."""
        self.challenge = challenge
        self.skew_ms = challenge.server_time_ms - self._clock.now_ms()
        if self._session is None:
            self._arrive()

    def on_unreachable(self, error: CarrierError) -> None:
        """Wait no longer than the patience."""
        late = self._clock.monotonic() >= self._patient_until
        if (error.hopeless or late) and not self._arrived.done():
            self._arrived.set_exception(error)

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """We are back; the profile may have changed."""
        if self._session is not None:
            self._keep(reply, self._session.key)
        self._arrive()

    def on_revoked(self, error: RpcError) -> None:
        """This device is nobody any more."""
        del error
        self._session = None
        self._home.forget()
        self._arrive()

    def _arrive(self) -> None:
        if not self._arrived.done():
            self._arrived.set_result(None)

    # ---- signing in and out ----

    async def sign_up(
        self, handle: str, password: str, *, name: str, invitation: str, device_name: str
    ) -> Person:
        """Create an account with this as its first device."""
        key = Ed25519PrivateKey.generate()
        request = identity_pb2.SignUpRequest(
            handle=handle,
            name=name or handle,
            password=password,
            device=_new_device(key, device_name),
            invitation=invitation,
        )
        reply = await self._connection.call(methods.SIGN_UP, request, deadline_s=_SIGN_IN_DEADLINE_S)
        return self._enter(reply, key)

    async def log_in(self, handle: str, password: str, *, device_name: str) -> Person:
        """Make this a device of an account."""
        key = Ed25519PrivateKey.generate()
        request = identity_pb2.LogInRequest(
            handle=handle, password=password, device=_new_device(key, device_name)
        )
        reply = await self._connection.call(methods.LOG_IN, request, deadline_s=_SIGN_IN_DEADLINE_S)
        return self._enter(reply, key)

    async def log_out(self) -> None:
        """Sign this device out for good."""
        session = self._session
        if session is None:
            return
        request = identity_pb2.RevokeDeviceRequest(device=session.device)
        await self._connection.call(methods.REVOKE_DEVICE, request)
        self._session = None
        self._home.forget()
        self._connection.set_credentials(None)

    # ---- what one shows of oneself ----

    async def change_profile(self, name: str | None, about: str | None, picture: str | None) -> Person:
        """Replace what is given; None leaves it as it is."""
        me = self.person
        asked = identity_pb2.GetProfilesRequest(users=[me.user])
        (profile,) = (await self._connection.call(methods.GET_PROFILES, asked)).profiles
        request = identity_pb2.UpdateProfileRequest(
            name=profile.name if name is None else name,
            about=profile.about if about is None else about,
            picture=profile.picture if picture is None else picture,
        )
        changed = (await self._connection.call(methods.UPDATE_PROFILE, request)).profile
        if self._session is not None:
            self._session = replace(self._session, name=changed.name)
            self._home.keep_session(self._session)
        return Person.of(changed)

    def _enter(self, reply: identity_pb2.SessionReply, key: Ed25519PrivateKey) -> Person:
        session = self._keep(reply, key.private_bytes_raw())
        self._connection.set_credentials(_credentials(session))
        return self.person

    def _keep(self, reply: identity_pb2.SessionReply, key: bytes) -> Session:
        profile = reply.profile
        session = Session(profile.user, profile.handle, profile.name, reply.device, key)
        self.admin = reply.admin
        if session != self._session:
            self._session = session
            self._home.keep_session(session)
        return session


def _credentials(session: Session) -> Credentials:
    return Credentials(session.device, session.sign)


def _new_device(key: Ed25519PrivateKey, name: str) -> identity_pb2.NewDevice:
    name = name or f"Hutong on {machine.node() or machine.system()}"
    return identity_pb2.NewDevice(
        name=name[:_DEVICE_NAME_CHARACTERS_MAX], public_key=key.public_key().public_bytes_raw()
    )
