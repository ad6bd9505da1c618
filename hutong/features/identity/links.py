"""A second device by QR code: the new device shows a token, a signed-in one approves it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from hutong.features.identity import model, store
from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition, NotFound, Unavailable
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

LINK_LIFE_MS = 5 * 60 * 1000
POLL_MS = 1_000

STARTS = Rate("device_link_start", burst=20, every_s=10)
GUESSES = Rate("device_link_guess", burst=600, every_s=0.5)

AddDevice = Callable[[Transaction, str, str, bytes], str]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _open_link(executor: Executor, token: str, now_ms: int) -> Any:
    """Return the row of a link that has not expired. Raises `NotFound`."""
    link = store.device_link
    row = executor.execute(sa.select(link).where(link.c.token_hash == _hash(token))).first()
    if row is None or row.expires_at_ms <= now_ms:
        raise NotFound("This code has expired; show a new one.", reason="link_expired")
    return row


class DeviceLinks:
    """Kept in the database: both devices may talk to different processes."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def start(self, caller: Caller, name: str, public_key: bytes) -> identity_pb2.StartDeviceLinkReply:
        """Keep a new link, and forget those that expired."""
        self._platform.limits.spend(STARTS, caller.address)
        token = self._platform.random.token(16).hex()

        def insert(tx: Transaction) -> identity_pb2.StartDeviceLinkReply:
            expires_at_ms = tx.now_ms + LINK_LIFE_MS
            tx.execute(sa.delete(store.device_link).where(store.device_link.c.expires_at_ms < tx.now_ms))
            row = {
                "token_hash": _hash(token),
                "name": name,
                "public_key": public_key,
                "expires_at_ms": expires_at_ms,
                "user": None,
                "approver": None,
            }
            tx.execute(sa.insert(store.device_link), row)
            return identity_pb2.StartDeviceLinkReply(token=token, expires_at_ms=expires_at_ms)

        return await caller.write(self._platform.writer, identity_pb2.StartDeviceLinkReply, insert)

    async def inspect(self, caller: Caller, token: str) -> identity_pb2.InspectDeviceLinkReply:
        """Return the new device's name."""
        self._platform.limits.spend(GUESSES, caller.address)
        now_ms = self._platform.clock.now_ms()
        row = await self._platform.read(lambda read: _open_link(read, token, now_ms))
        return identity_pb2.InspectDeviceLinkReply(device_name=row.name)

    async def approve(self, caller: Caller, token: str) -> identity_pb2.ApproveDeviceLinkReply:
        """Bind the link to the caller's account. Only once."""
        self._platform.limits.spend(GUESSES, caller.address)
        user, approver = caller.user, caller.device

        def bind(tx: Transaction) -> identity_pb2.ApproveDeviceLinkReply:
            row = _open_link(tx, token, tx.now_ms)
            if row.user is not None:
                raise FailedPrecondition("This code was used already.", reason="link_used")
            link = store.device_link
            bound = {"user": user, "approver": approver}
            tx.execute(sa.update(link).where(link.c.token_hash == row.token_hash).values(bound))
            return identity_pb2.ApproveDeviceLinkReply()

        return await caller.write(self._platform.writer, identity_pb2.ApproveDeviceLinkReply, bind)

    async def finish(
        self, caller: Caller, token: str, signature: bytes, add_device: AddDevice
    ) -> identity_pb2.SessionReply:
        """Turn an approved link into a device; `unavailable` until somebody approves."""
        self._platform.limits.spend(GUESSES, caller.address)

        def add(tx: Transaction) -> identity_pb2.SessionReply:
            row = _open_link(tx, token, tx.now_ms)
            model.verify(row.public_key, signature, model.LINK_CONTEXT + token.encode())
            if row.user is None:
                raise Unavailable(
                    "Waiting for your other device.", reason="link_waiting", retry_after_ms=POLL_MS
                )
            tx.execute(sa.delete(store.device_link).where(store.device_link.c.token_hash == row.token_hash))
            found = store.account_where(tx, store.account.c.user == row.user)
            assert found is not None
            device = add_device(tx, row.user, row.name, row.public_key)
            return identity_pb2.SessionReply(profile=store.profile(found), device=device, admin=found.admin)

        return await caller.write(self._platform.writer, identity_pb2.SessionReply, add)
