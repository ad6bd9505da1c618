"""The devices of an account: added, listed, signed out for good."""

from __future__ import annotations

import sqlalchemy as sa

from hutong.features.identity import store
from hutong.features.identity.accounts import FAREWELL_S
from hutong.platform.errors import NotFound, PermissionDenied
from hutong.platform.feature import Platform
from hutong.platform.pending import Pending
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

DEVICES_MAX = 50


class Devices:
    """The part of the `Identity` service about devices."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def add(self, tx: Transaction, user: str, name: str, public_key: bytes) -> str:
        """Add a device to an account; return its id. Raises `PermissionDenied` when there are too many."""
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
        tx.append(store.inbox(user), identity_pb2.DeviceAdded(device=added), author=user)
        return device

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
            # What it let in and has not come yet stays outside: whoever has this device has that one, too.
            tx.execute(sa.delete(store.device_link).where(store.device_link.c.approver == device))
            tx.append(store.inbox(user), identity_pb2.DeviceRevoked(device=device), author=user)
            tx.after_commit(cut_off)
            return identity_pb2.RevokeDeviceReply()

        return caller.write(self._platform.writer, identity_pb2.RevokeDeviceReply, revoke)
