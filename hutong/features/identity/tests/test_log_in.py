from __future__ import annotations

import pytest
import sqlalchemy as sa

from hutong.features.identity import store
from hutong.features.identity.api import Identity
from hutong.features.identity.devices import DEVICES_MAX
from hutong.features.identity.passwords import Passwords
from hutong.features.identity.signing_in import LOG_INS_BY_ADDRESS, LOG_INS_BY_HANDLE
from hutong.platform.errors import InvalidArgument, PermissionDenied, ResourceExhausted, Unauthenticated
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2
from hutong.testing import Client, TestServer, refused


def log_in(
    client: Client, password: str = "correct horse", handle: str = "alice"
) -> identity_pb2.LogInRequest:
    return identity_pb2.LogInRequest(handle=handle, password=password, device=client.new_device())


def change(old: str, new: str) -> identity_pb2.ChangePasswordRequest:
    return identity_pb2.ChangePasswordRequest(old_password=old, new_password=new)


async def test_a_second_device_by_password(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    await alice.follow(alice.inbox)
    phone = await Client(server, device_name="Phone").log_in("@Alice ")
    assert phone.user == alice.user
    assert phone.device != alice.device
    await alice.until(lambda: alice.bodies(identity_pb2.DeviceAdded))
    (added,) = alice.bodies(identity_pb2.DeviceAdded)
    assert (added.device.device, added.device.name) == (phone.device, "Phone")


async def test_a_wrong_password_and_an_unknown_handle_look_the_same(server: TestServer) -> None:
    await server.people("alice")
    errors = []
    for handle in ("alice", "nobody"):
        client = Client(server)
        with pytest.raises(Unauthenticated) as caught:
            await client.call("Identity.LogIn", log_in(client, "wrong password", handle))
        errors.append((caught.value.message, caught.value.reason))
        assert not client.connection.user
    assert errors[0] == errors[1]


async def test_guessing_a_password_is_slow_from_everywhere(server: TestServer) -> None:
    await server.people("alice")
    for number in range(LOG_INS_BY_HANDLE.burst):
        client = Client(server, address=f"192.0.2.{number}")
        with refused(Unauthenticated, "wrong_password"):
            await client.call("Identity.LogIn", log_in(client, f"guess {number:03}"))
    client = Client(server, address="192.0.2.99")
    with pytest.raises(ResourceExhausted) as caught:
        await client.call("Identity.LogIn", log_in(client))
    assert 0 < caught.value.retry_after_ms <= LOG_INS_BY_HANDLE.every_s * 1000 + 1
    server.clock.advance(LOG_INS_BY_HANDLE.every_s)
    await client.log_in("alice")


async def test_guessing_handles_is_slow_from_one_address(server: TestServer) -> None:
    client = Client(server)
    for number in range(LOG_INS_BY_ADDRESS.burst):
        with refused(InvalidArgument, "bad_key"):
            await client.call(
                "Identity.LogIn",
                identity_pb2.LogInRequest(
                    handle=f"guess_{number}", password="x", device=identity_pb2.NewDevice(name="x")
                ),
            )
    for number in range(LOG_INS_BY_ADDRESS.burst):
        with refused(Unauthenticated, "wrong_password"):
            await client.call("Identity.LogIn", log_in(client, handle=f"guess_{number}"))
    with refused(ResourceExhausted, "rate_limited"):
        await client.call("Identity.LogIn", log_in(client, handle="another"))


async def test_success_forgives_earlier_failures(server: TestServer) -> None:
    await server.people("alice")
    for round_number in range(2):
        for number in range(LOG_INS_BY_HANDLE.burst - 1):
            client = Client(server, address=f"192.0.2.{number + 100 * round_number}")
            with refused(Unauthenticated, "wrong_password"):
                await client.call("Identity.LogIn", log_in(client, "wrong password"))
        await Client(server, address=f"198.51.100.{round_number}").log_in("alice")


async def test_a_retry_of_a_log_in_is_the_same_device(server: TestServer) -> None:
    await server.people("alice")
    client, key = Client(server), server.new_key()
    first = await client.call("Identity.LogIn", log_in(client), key=key)
    client.disconnect()
    client.connect()
    assert await client.call("Identity.LogIn", log_in(client), key=key) == first


async def test_an_account_has_a_bounded_number_of_devices(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    row = {"user": alice.user, "name": "x", "public_key": bytes(32), "created_at_ms": 0, "seen_at_ms": 0}
    rows = [{**row, "device": f"device{number}", "revoked": number == 0} for number in range(DEVICES_MAX - 1)]
    await server.core.platform.writer.work(lambda tx: tx.execute(sa.insert(store.device), rows))
    await Client(server).log_in("alice")
    client = Client(server)
    with refused(PermissionDenied, "too_many_devices"):
        await client.call("Identity.LogIn", log_in(client))


async def test_changing_the_password(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    with refused(PermissionDenied, "wrong_password"):
        await alice.call("Identity.ChangePassword", change("wrong password", "battery staple"))
    with refused(InvalidArgument, "bad_password"):
        await alice.call("Identity.ChangePassword", change("correct horse", "short"))
    key, request = server.new_key(), change("correct horse", "battery staple")
    await alice.call("Identity.ChangePassword", request, key=key)
    await alice.call("Identity.ChangePassword", request, key=key)  # its reply was lost
    client = Client(server)
    with refused(Unauthenticated, "wrong_password"):
        await client.call("Identity.LogIn", log_in(client))
    await client.log_in("alice", "battery staple")


async def test_of_two_changes_of_the_password_at_once_one_fails(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    method = server.method("Identity.ChangePassword")
    replies = [
        alice.request(method, change("correct horse", new).SerializeToString(), server.new_key())
        for new in ("first password", "second password")
    ]
    reasons = [(await reply).error.reason for reply in replies]
    assert sorted(reasons) == ["", "wrong_password"]
    winner = ("first password", "second password")[reasons.index("")]
    await Client(server).log_in("alice", winner)


async def test_passwords_are_slow_to_guess() -> None:
    """argon2id with what OWASP asks for at least: 46 MiB for one pass."""
    passwords = Passwords()
    encoded = await passwords.hash("correct horse")
    assert encoded.startswith("$argon2id$v=19$m=65536,t=3")
    assert await passwords.matches(encoded, "correct horse")
    assert not await passwords.matches(encoded, "wrong horse")
    assert not await passwords.matches(None, "nobody has this password")
    assert not await passwords.matches("not a hash", "correct horse")
    passwords.close()


@pytest.mark.parametrize("what", ["replaced", "ended"])
async def test_a_password_that_was_replaced_meanwhile_lets_nobody_in(
    server: TestServer, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Between the look at the password and the device that comes of it."""
    (alice,) = await server.people("alice")
    identity = server.core.platform.use(Identity)
    matches = Passwords.matches

    async def slow(self: Passwords, known: str | None, password: str) -> bool:
        found = await matches(self, known, password)
        monkeypatch.setattr(Passwords, "matches", matches)
        end = (lambda tx: identity.delete(tx, alice.user)) if what == "ended" else replace
        await server.core.platform.writer.work(end)
        return found

    def replace(tx: Transaction) -> None:
        identity.set_password(tx, alice.user, "another hash")

    monkeypatch.setattr(Passwords, "matches", slow)
    intruder = Client(server)
    with refused(Unauthenticated, "wrong_password"):
        await intruder.call("Identity.LogIn", log_in(intruder))
    assert intruder.connection.user == ""
