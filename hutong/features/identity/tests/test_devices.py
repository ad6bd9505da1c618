from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
import sqlalchemy as sa

from hutong.features.identity import store
from hutong.features.identity.accounts import FAREWELL_S
from hutong.features.identity.signing_in import RESUMES
from hutong.platform.database import Reads
from hutong.platform.errors import NotFound, ResourceExhausted, Unauthenticated
from hutong.schema import chat_pb2, identity_pb2, link_pb2
from hutong.testing import Client, TestServer, refused


def revoke(device: str) -> identity_pb2.RevokeDeviceRequest:
    return identity_pb2.RevokeDeviceRequest(device=device)


def sign_up(client: Client) -> identity_pb2.SignUpRequest:
    return identity_pb2.SignUpRequest(
        handle="alice", name="Alice", password="correct horse", device=client.new_device()
    )


def reasons(client: Client) -> list[int]:
    return [client.goodbye.reason] if client.goodbye else []


async def test_coming_back_with_the_device_key(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    user, device = alice.user, alice.device
    alice.disconnect()
    alice.connect()
    server.clock.advance(60)
    await alice.resume()
    assert (alice.user, alice.device) == (user, device)
    await server.core.platform.writer.work(lambda _tx: None)  # behind the one that notes the time
    (row,) = (await alice.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())).devices
    assert row.seen_at_ms == server.clock.now_ms()
    assert row.created_at_ms == server.clock.now_ms() - 60_000


async def test_a_revocation_in_the_middle_of_coming_back(server: TestServer) -> None:
    """CONN10"""
    (alice,) = await server.people("alice")
    alice.disconnect()
    alice.connect()
    platform = server.core.platform
    read = platform.read

    async def read_then_revoke(run: Callable[[sa.Connection], object]) -> object:
        found = await read(run)
        statement = sa.update(store.device).where(store.device.c.device == alice.device).values(revoked=True)
        await platform.writer.work(lambda tx: tx.execute(statement))
        platform.sessions.revoke(alice.user, alice.device)
        return found

    platform.read = cast(Reads, read_then_revoke)
    await alice.resume()
    platform.read = read
    await alice.until(lambda: alice.goodbye)
    assert reasons(alice) == [link_pb2.Goodbye.REASON_REVOKED]


async def test_requests_sent_with_the_sign_in_wait_for_it(server: TestServer) -> None:
    """CONN8"""
    (alice,) = await server.people("alice")
    alice.disconnect()
    alice.connect()
    signature = alice.key.sign(b"hutong resume v2\x00" + alice.connection.binding)
    resume = identity_pb2.ResumeRequest(device=alice.device, signature=signature)
    replies = [
        alice.request(server.method("Identity.Resume"), resume.SerializeToString()),
        alice.request(server.method("Chat.List"), chat_pb2.ListRequest().SerializeToString()),
    ]
    assert not (await replies[0]).HasField("error")
    assert not (await replies[1]).HasField("error")


@pytest.mark.parametrize("fault", ["other key", "old binding", "other context", "no such device", "empty"])
async def test_who_cannot_prove_the_key_stays_out(server: TestServer, fault: str) -> None:
    """CONN7"""
    (alice,) = await server.people("alice")
    old_binding = alice.connection.binding
    alice.disconnect()
    stranger = Client(server)
    key = stranger.key if fault == "other key" else alice.key
    context = b"hutong link v1\x00" if fault == "other context" else b"hutong resume v2\x00"
    binding = old_binding if fault == "old binding" else stranger.connection.binding
    signature = b"" if fault == "empty" else key.sign(context + binding)
    device = "0" * 12 if fault == "no such device" else alice.device
    reason = "no_such_device" if fault == "no such device" else "bad_signature"
    with refused(Unauthenticated, reason):
        await stranger.call("Identity.Resume", identity_pb2.ResumeRequest(device=device, signature=signature))
    with refused(Unauthenticated, "signed_out"):
        await stranger.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())


async def test_resuming_is_limited_by_address(server: TestServer) -> None:
    client = Client(server)
    for _ in range(RESUMES.burst):
        with refused(Unauthenticated, "no_such_device"):
            await client.call("Identity.Resume", identity_pb2.ResumeRequest(device="guess"))
    with refused(ResourceExhausted, "rate_limited"):
        await client.call("Identity.Resume", identity_pb2.ResumeRequest(device="guess"))


async def test_a_revoked_device_is_cut_off(server: TestServer) -> None:
    """CONN10"""
    (alice,) = await server.people("alice")
    phone = await Client(server, device_name="Phone").log_in("alice")
    await alice.follow(alice.inbox)
    await alice.call("Identity.RevokeDevice", revoke(phone.device))
    assert reasons(phone) == [link_pb2.Goodbye.REASON_REVOKED]
    assert phone.carrier.closed
    await alice.until(lambda: alice.bodies(identity_pb2.DeviceRevoked))
    assert alice.bodies(identity_pb2.DeviceRevoked)[0].device == phone.device
    devices = await alice.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert [each.device for each in devices.devices] == [alice.device]
    phone.connect()
    with refused(Unauthenticated, "no_such_device"):
        await phone.resume()
    assert reasons(alice) == []


async def test_a_device_that_signs_itself_out_gets_its_answer(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    await alice.call("Identity.RevokeDevice", revoke(alice.device))
    assert reasons(alice) == []
    server.clock.advance(FAREWELL_S)
    assert reasons(alice) == [link_pb2.Goodbye.REASON_REVOKED]


async def test_a_revoked_device_cannot_come_back_with_an_old_request(server: TestServer) -> None:
    """Its sign-up's first answer is kept for retries, and must not sign it in again."""
    alice, key = Client(server), server.new_key()
    request = sign_up(alice)
    first = await alice.call("Identity.SignUp", request, key=key)
    laptop = await Client(server).log_in("alice")
    await laptop.call("Identity.RevokeDevice", revoke(first.device))
    alice.connect()
    with refused(Unauthenticated, "no_such_device"):
        await alice.call("Identity.SignUp", request, key=key)
    assert not alice.connection.user


async def test_nobody_revokes_a_strangers_device(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    for device in (bobby.device, "no such device", ""):
        with refused(NotFound, "no_such_device"):
            await alice.call("Identity.RevokeDevice", revoke(device))
    assert reasons(bobby) == []
    bobby.disconnect()
    bobby.connect()
    await bobby.resume()


async def test_devices_tell_which_are_connected(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    server.clock.advance(1)
    phone = await Client(server, device_name="Phone").log_in("alice")
    phone.disconnect()
    devices = await alice.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert [(each.name, each.current, each.online) for each in devices.devices] == [
        ("Phone", False, False),
        ("Test", True, True),
    ]
