from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hutong.features.identity.api import Identity
from hutong.features.identity.signing_in import SIGN_UPS
from hutong.platform.answers import answer
from hutong.platform.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.schema import contacts_pb2, identity_pb2
from hutong.testing import Client, TestServer, refused


def sign_up(client: Client, **changes: Any) -> identity_pb2.SignUpRequest:
    fields = {"handle": "alice", "name": "Alice", "password": "correct horse", "device": client.new_device()}
    return identity_pb2.SignUpRequest(**{**fields, **changes})


async def test_a_new_account_is_signed_in(server: TestServer) -> None:
    client = Client(server)
    reply = await client.call("Identity.SignUp", sign_up(client, handle="Alice", language="zh"))
    assert (reply.profile.handle, reply.profile.name, reply.admin) == ("alice", "Alice", False)
    devices = await client.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert [(each.device, each.current, each.online) for each in devices.devices] == [
        (reply.device, True, True)
    ]


@pytest.mark.parametrize("method", ["ListDevices", "RevokeDevice", "ChangePassword", "UpdateProfile"])
async def test_signed_out_nothing_else_is_answered(server: TestServer, method: str) -> None:
    request = server.method(f"Identity.{method}").request_class()
    with refused(Unauthenticated, "signed_out"):
        await Client(server).call(f"Identity.{method}", request)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"handle": "a b"}, "bad_handle"),
        ({"name": "  "}, "bad_length"),
        ({"name": "x" * 65}, "bad_length"),
        ({"name": "a\nb"}, "bad_characters"),
        ({"password": "short"}, "bad_password"),
        ({"password": "x" * 257}, "bad_password"),
        ({"device": identity_pb2.NewDevice(name="", public_key=bytes(32))}, "bad_length"),
        ({"device": identity_pb2.NewDevice(name="Phone", public_key=bytes(31))}, "bad_key"),
        ({"language": "x" * 17}, "bad_length"),
    ],
)
async def test_bad_input_makes_no_account(server: TestServer, changes: dict[str, Any], reason: str) -> None:
    client = Client(server)
    with refused(InvalidArgument, reason):
        await client.call("Identity.SignUp", sign_up(client, **changes))
    assert not client.connection.user
    await client.sign_up("alice")  # the handle is still free


async def test_a_handle_belongs_to_one_person(server: TestServer) -> None:
    await server.people("alice")
    client = Client(server)
    with refused(AlreadyExists, "handle_taken"):
        await client.call("Identity.SignUp", sign_up(client, handle="ALICE"))


async def test_two_at_once_cannot_both_have_a_handle(server: TestServer) -> None:
    clients = [Client(server), Client(server)]
    method = server.method("Identity.SignUp")
    replies = [
        client.request(method, sign_up(client).SerializeToString(), server.new_key()) for client in clients
    ]
    reasons = [(await reply).error.reason for reply in replies]
    assert sorted(reasons) == ["", "handle_taken"]


async def test_a_retry_after_a_lost_reply_is_the_same_account(server: TestServer) -> None:
    client, key = Client(server), server.new_key()
    request = sign_up(client)
    first = await client.call("Identity.SignUp", request, key=key)
    client.disconnect()
    client.connect()
    assert await client.call("Identity.SignUp", request, key=key) == first
    devices = await client.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert len(devices.devices) == 1


async def test_a_key_belongs_to_one_request(server: TestServer) -> None:
    client, key = Client(server), server.new_key()
    await client.call("Identity.SignUp", sign_up(client), key=key)
    other = Client(server)
    with refused(AlreadyExists, "key_reused"):
        await other.call("Identity.SignUp", sign_up(other, handle="bobby"), key=key)
    assert not other.connection.user


async def test_a_second_sign_in_on_a_connection_has_no_effect(server: TestServer) -> None:
    """CONN9"""
    (alice,) = await server.people("alice")
    with refused(FailedPrecondition, "signed_in"):
        await alice.call("Identity.SignUp", sign_up(alice, handle="bobby"))
    with refused(NotFound, "no_such_handle"):
        await alice.call("Contacts.Find", contacts_pb2.FindRequest(handle="bobby"))
    log_in = identity_pb2.LogInRequest(handle="alice", password="correct horse", device=alice.new_device())
    with refused(FailedPrecondition, "signed_in"):
        await alice.call("Identity.LogIn", log_in)
    devices = await alice.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert len(devices.devices) == 1


async def test_many_accounts_from_one_address_take_time(server: TestServer) -> None:
    client = Client(server, address="192.0.2.1")
    bad = sign_up(client, handle="taken")
    await server.people("taken")
    for _ in range(SIGN_UPS.burst):
        with refused(AlreadyExists, "handle_taken"):
            await client.call("Identity.SignUp", bad)
    with refused(ResourceExhausted, "rate_limited"):
        await client.call("Identity.SignUp", bad)
    await Client(server, address="192.0.2.2").sign_up("someone")  # others are not affected
    server.clock.advance(SIGN_UPS.every_s)
    with refused(AlreadyExists, "handle_taken"):
        await client.call("Identity.SignUp", bad)


@pytest.mark.usefixtures("quick_passwords")
async def test_a_closed_server_admits_its_first_administrator_once(tmp_path: Path) -> None:
    async with TestServer.run(tmp_path, sign_up="closed") as server:
        client = Client(server)
        with refused(PermissionDenied, "sign_up_closed"):
            await client.call("Identity.SignUp", sign_up(client))
        with refused(PermissionDenied, "bad_invitation"):
            await client.call("Identity.SignUp", sign_up(client, invitation="guess"))
        token = server.core.platform.use(Identity).first_admin_token()
        key, request = server.new_key(), sign_up(client, invitation=token)
        reply = await client.call("Identity.SignUp", request, key=key)
        assert reply.admin
        assert not server.core.platform.use(Identity).first_admin_token()
        client.disconnect()
        client.connect()
        assert await client.call("Identity.SignUp", request, key=key) == reply  # the reply was lost
        other = Client(server)
        with refused(PermissionDenied, "bad_invitation"):
            await other.call("Identity.SignUp", sign_up(other, handle="mallory", invitation=token))
    async with TestServer.run(tmp_path, sign_up="closed") as server:
        assert not server.core.platform.use(Identity).first_admin_token()


async def test_of_two_at_once_only_one_becomes_the_administrator(server: TestServer) -> None:
    token = server.core.platform.use(Identity).first_admin_token()
    method, replies = server.method("Identity.SignUp"), []
    for handle in ("alice", "bobby"):
        client = Client(server)
        request = sign_up(client, handle=handle, invitation=token)
        replies.append(client.request(method, request.SerializeToString(), server.new_key()))
    assert sorted([(await reply).error.reason for reply in replies]) == ["", "bad_invitation"]


async def test_nothing_kept_lets_anybody_try_passwords_fast(server: TestServer) -> None:
    """The digest that tells retries from misuse must not depend on the password."""
    client, key = Client(server), server.new_key()
    request = sign_up(client)
    await client.call("Identity.SignUp", request, key=key)
    query = sa.select(answer.c.digest).where(answer.c.key == key)
    digest = await server.core.platform.read(lambda read: read.execute(query).scalar_one())
    request.ClearField("password")
    assert digest == hashlib.sha256(request.SerializeToString()).digest()
