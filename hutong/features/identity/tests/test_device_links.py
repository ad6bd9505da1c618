from __future__ import annotations

from functools import partial

import pytest

from hutong.features.identity.api import Identity
from hutong.features.identity.links import LINK_LIFE_MS, POLL_MS
from hutong.platform.errors import FailedPrecondition, InvalidArgument, NotFound, Unauthenticated, Unavailable
from hutong.schema import identity_pb2
from hutong.testing import Client, TestServer, refused


async def start(client: Client) -> str:
    request = identity_pb2.StartDeviceLinkRequest(device=client.new_device())
    reply = await client.call("Identity.StartDeviceLink", request)
    return str(reply.token)


def inspect(token: str) -> identity_pb2.InspectDeviceLinkRequest:
    return identity_pb2.InspectDeviceLinkRequest(token=token)


def approve(token: str) -> identity_pb2.ApproveDeviceLinkRequest:
    return identity_pb2.ApproveDeviceLinkRequest(token=token)


def finish(client: Client, token: str) -> identity_pb2.FinishDeviceLinkRequest:
    signature = client.key.sign(b"hutong link v1\x00" + token.encode())
    return identity_pb2.FinishDeviceLinkRequest(token=token, signature=signature)


async def test_a_device_by_qr_code(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    await alice.follow(alice.inbox)
    tablet = Client(server, device_name="Tablet")
    token = await start(tablet)
    shown = await alice.call("Identity.InspectDeviceLink", inspect(token))
    assert shown.device_name == "Tablet"
    with pytest.raises(Unavailable) as caught:
        await tablet.call("Identity.FinishDeviceLink", finish(tablet, token))
    assert (caught.value.reason, caught.value.retry_after_ms) == ("link_waiting", POLL_MS)
    await alice.call("Identity.ApproveDeviceLink", approve(token))
    reply = await tablet.call("Identity.FinishDeviceLink", finish(tablet, token))
    assert reply.profile == alice.profile
    assert tablet.connection.user == alice.user
    await alice.until(lambda: alice.bodies(identity_pb2.DeviceAdded))
    assert alice.bodies(identity_pb2.DeviceAdded)[0].device.device == reply.device
    tablet.disconnect()
    tablet.connect()
    tablet.profile, tablet.device = reply.profile, reply.device
    await tablet.resume()


async def test_a_retry_after_the_finish_is_the_same_device(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    tablet, key = Client(server), server.new_key()
    token = await start(tablet)
    with refused(Unavailable, "link_waiting"):
        await tablet.call("Identity.FinishDeviceLink", finish(tablet, token), key=key)
    await alice.call("Identity.ApproveDeviceLink", approve(token))
    first = await tablet.call("Identity.FinishDeviceLink", finish(tablet, token), key=key)
    tablet.disconnect()
    tablet.connect()
    assert await tablet.call("Identity.FinishDeviceLink", finish(tablet, token), key=key) == first


async def test_only_a_signed_in_device_looks_and_approves(server: TestServer) -> None:
    tablet = Client(server)
    token = await start(tablet)
    with refused(Unauthenticated, "signed_out"):
        await tablet.call("Identity.InspectDeviceLink", inspect(token))
    with refused(Unauthenticated, "signed_out"):
        await tablet.call("Identity.ApproveDeviceLink", approve(token))


async def test_only_the_new_device_finishes(server: TestServer) -> None:
    """A token that was read over a shoulder is worth nothing without the key."""
    (alice,) = await server.people("alice")
    tablet, thief = Client(server), Client(server)
    token = await start(tablet)
    await alice.call("Identity.ApproveDeviceLink", approve(token))
    with refused(Unauthenticated, "bad_signature"):
        await thief.call("Identity.FinishDeviceLink", finish(thief, token))
    other = await start(thief)
    mixed = identity_pb2.FinishDeviceLinkRequest(token=token, signature=finish(thief, other).signature)
    with refused(Unauthenticated, "bad_signature"):
        await thief.call("Identity.FinishDeviceLink", mixed)
    assert not thief.connection.user
    await tablet.call("Identity.FinishDeviceLink", finish(tablet, token))


async def test_a_code_works_once(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    tablet = Client(server)
    token, key = await start(tablet), server.new_key()
    await alice.call("Identity.ApproveDeviceLink", approve(token), key=key)
    await alice.call("Identity.ApproveDeviceLink", approve(token), key=key)  # its reply was lost
    for person in (alice, bobby):
        with refused(FailedPrecondition, "link_used"):
            await person.call("Identity.ApproveDeviceLink", approve(token))
    reply = await tablet.call("Identity.FinishDeviceLink", finish(tablet, token))
    assert reply.profile.user == alice.user
    with refused(NotFound, "link_expired"):
        await bobby.call("Identity.ApproveDeviceLink", approve(token))
    again = Client(server)
    again.key = tablet.key
    with refused(NotFound, "link_expired"):
        await again.call("Identity.FinishDeviceLink", finish(again, token))


async def test_a_code_expires(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    tablet = Client(server)
    waiting, approved = await start(tablet), await start(tablet)
    await alice.call("Identity.ApproveDeviceLink", approve(approved))
    server.clock.advance(LINK_LIFE_MS / 1000)
    for token in (waiting, approved, "never seen"):
        with refused(NotFound, "link_expired"):
            await alice.call("Identity.InspectDeviceLink", inspect(token))
        with refused(NotFound, "link_expired"):
            await alice.call("Identity.ApproveDeviceLink", approve(token))
        with refused(NotFound, "link_expired"):
            await tablet.call("Identity.FinishDeviceLink", finish(tablet, token))
    devices = await alice.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert len(devices.devices) == 1


async def test_bad_devices_get_no_code(server: TestServer) -> None:
    request = identity_pb2.StartDeviceLinkRequest(
        device=identity_pb2.NewDevice(name="Tablet", public_key=b"short")
    )
    with refused(InvalidArgument, "bad_key"):
        await Client(server).call("Identity.StartDeviceLink", request)


async def test_an_account_that_signed_everybody_out_lets_nobody_in_who_was_approved_before(
    server: TestServer,
) -> None:
    """Or that ended: a code that was approved is worth no more than the devices."""
    for handle, end in (("alice", "delete"), ("bobby", "set_password")):
        (person,) = await server.people(handle)
        tablet = Client(server)
        token = await start(tablet)
        await person.call("Identity.ApproveDeviceLink", approve(token))
        identity = server.core.platform.use(Identity)
        act = partial(identity.set_password, password_hash="-") if end == "set_password" else identity.delete
        await server.core.platform.writer.work(lambda tx, act=act, user=person.user: act(tx, user))  # type: ignore[misc]
        with refused(NotFound, "link_expired"):
            await tablet.call("Identity.FinishDeviceLink", finish(tablet, token))
        assert tablet.connection.user == ""


async def test_a_code_ends_with_the_device_that_approved_it(server: TestServer) -> None:
    """A stolen phone must not let in a device that comes after it was signed out."""
    (alice,) = await server.people("alice")
    phone = await Client(server, device_name="Phone").log_in("alice")
    theirs, mine = Client(server), Client(server)
    stolen, own = await start(theirs), await start(mine)
    await phone.call("Identity.ApproveDeviceLink", approve(stolen))
    await alice.call("Identity.ApproveDeviceLink", approve(own))
    await alice.call("Identity.RevokeDevice", identity_pb2.RevokeDeviceRequest(device=phone.device))
    with refused(NotFound, "link_expired"):
        await theirs.call("Identity.FinishDeviceLink", finish(theirs, stolen))
    assert theirs.connection.user == ""
    reply = await mine.call("Identity.FinishDeviceLink", finish(mine, own))
    assert reply.profile.user == alice.user


async def test_nobody_can_stand_in_the_way_of_an_account_that_ends(server: TestServer) -> None:
    """By taking the handle it gets then."""
    (alice,) = await server.people("alice")
    await server.people(f"gone_{alice.user}")
    identity = server.core.platform.use(Identity)
    await server.core.platform.writer.work(lambda tx: identity.delete(tx, alice.user))
