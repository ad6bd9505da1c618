"""Sessions, by docs/protocol/connection.md: CONN1, CONN5 to CONN11. Carriers (CONN2 to CONN4): tests/edge."""

from __future__ import annotations

import random

import pytest

from hutong.platform.channel import JOIN_BYTES_MAX, join
from hutong.platform.connection import MESSAGE_BYTES_MAX
from hutong.platform.errors import (
    FailedPrecondition,
    Unauthenticated,
)
from hutong.platform.sessions import HEARTBEAT_GRACE_S
from hutong.schema import chat_pb2, identity_pb2, link_pb2
from hutong.testing import Client, TestServer
from tests.platform.scene import reason, submit
from tests.platform.talking import farewell, listen, packet, request

PROTOCOL_ERROR = link_pb2.Goodbye.REASON_PROTOCOL_ERROR


async def test_packets_may_be_concatenated(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONN1, both ways"""
    (alice,) = await server.people("alice")
    heard = listen(alice, monkeypatch)
    alice.connection.receive(
        packet(request(server, 1000), ping=5) + packet(request(server, 1001)) + packet(request(server, 1002))
    )
    await alice.until(lambda: sum(len(each.replies) for each in heard) == 3)
    assert {reply.id for each in heard for reply in each.replies} == {1000, 1001, 1002}
    assert [each.pong for each in heard if each.pong] == [5]
    heard.clear()
    types = [link_pb2.Request(id=n, method=server.method("Log.Unfollow").id) for n in range(1, 10)]
    alice.connection.receive(packet(*types))
    await alice.until(lambda: heard)
    assert [len(each.replies) for each in heard] == [9]  # one carrier message for one turn of the loop


@pytest.mark.parametrize(
    "sizes", [[1], [1, 1, 1], [200_000, 200_000], [300_000], [300_000, 1, 300_000], [100_000] * 50]
)
def test_joined_packets_stay_within_a_carrier_message(sizes: list[int]) -> None:
    """CONN1, CONN4"""
    packets = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    joined = join(packets)
    assert b"".join(joined) == b"".join(packets)
    assert all(len(each) <= max(JOIN_BYTES_MAX, *sizes) for each in joined)


async def test_a_goodbye_leaves_in_messages_of_the_allowed_size(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONN4, for what is queued when the end comes"""
    (alice,) = await server.people("alice")
    sizes: list[int] = []
    monkeypatch.setattr(alice.carrier, "send", lambda message, _klass: sizes.append(len(message)))
    for _ in range(12):
        alice.connection.send(
            link_pb2.Packet(notices=[link_pb2.Notice(body=b"x" * 250_000)]).SerializeToString()
        )
    alice.connection.goodbye(link_pb2.Goodbye.REASON_SHUTDOWN, "bye")
    assert len(sizes) > 3
    assert max(sizes) <= MESSAGE_BYTES_MAX


@pytest.mark.parametrize("seed", range(20))
async def test_bytes_that_are_no_packet_end_the_connection(server: TestServer, seed: int) -> None:
    """CONN5"""
    garbage = random.Random(seed)
    client = Client(server)
    message = b"\x0f" + garbage.randbytes(garbage.randrange(1, 200))  # wire type 7 does not exist
    client.connection.receive(message)
    assert farewell(client) == PROTOCOL_ERROR
    assert client.carrier.closed
    client.connection.receive(packet(ping=1))  # and nothing is answered any more
    assert farewell(client) == PROTOCOL_ERROR


async def test_hostile_packets_raise_nothing(server: TestServer) -> None:
    """CONN5: random bytes, and real packets with flipped bits"""
    (alice,) = await server.people("alice")
    noise = random.Random(1)
    good = packet(request(server, 1), request(server, 2, "Log.Follow"), ping=3)
    for number in range(500):
        client = Client(server)
        damaged = bytearray(good if number % 2 else noise.randbytes(noise.randrange(300)))
        for _ in range(noise.randrange(4)):
            if damaged:
                damaged[noise.randrange(len(damaged))] ^= 1 << noise.randrange(8)
        client.connection.receive(bytes(damaged))
        client.connection.closed()
    await alice.call("Chat.List", chat_pb2.ListRequest())


async def test_the_server_speaks_first(server: TestServer) -> None:
    """CONN6"""
    clients = [Client(server) for _ in range(50)]
    await clients[0].until(lambda: all(client.challenge.route for client in clients))
    routes = {client.challenge.route for client in clients}
    assert len(routes) == 50
    assert all(len(route) == 16 for route in routes)
    settings = server.core.platform.settings
    challenge = clients[0].challenge
    assert (challenge.server_name, challenge.heartbeat_s) == (settings.server_name, settings.heartbeat_s)
    assert challenge.server_time_ms == server.clock.now_ms()


async def test_a_device_comes_back_with_its_key(server: TestServer) -> None:
    """CONN7"""
    (alice,) = await server.people("alice")
    user = alice.user
    alice.connect()
    with pytest.raises(Unauthenticated):
        await alice.call("Chat.List", chat_pb2.ListRequest())
    assert (await alice.resume()).user == user
    await alice.call("Chat.List", chat_pb2.ListRequest())


async def test_a_signature_is_good_for_one_connection(server: TestServer) -> None:
    """CONN7, SEAL15: over this connection's binding, in this context, by this device's key"""
    alice, bobby = await server.people("alice", "bobby")
    old = alice.connection.binding
    alice.connect()
    binding = alice.connection.binding
    wrong = [
        alice.key.sign(b"hutong resume v2\x00" + old),
        alice.key.sign(binding),
        alice.key.sign(b"hutong link v1\x00" + binding),
        bobby.key.sign(b"hutong resume v2\x00" + binding),
        b"",
        b"x" * 64,
        b"x" * 100_000,
    ]
    for signature in wrong:
        ask = identity_pb2.ResumeRequest(device=alice.device, signature=signature)
        with pytest.raises(Unauthenticated):
            await alice.call("Identity.Resume", ask)
        with pytest.raises(Unauthenticated):
            await alice.call("Chat.List", chat_pb2.ListRequest())
    await alice.resume()


async def test_requests_sent_with_a_sign_in_wait_for_it(server: TestServer) -> None:
    """CONN8"""
    (alice,) = await server.people("alice")
    alice.connect()
    signature = alice.key.sign(b"hutong resume v2\x00" + alice.connection.binding)
    resume = submit(
        alice, "Identity.Resume", identity_pb2.ResumeRequest(device=alice.device, signature=signature)
    )
    others = [submit(alice, "Chat.List", chat_pb2.ListRequest()) for _ in range(200)]
    assert not await reason(resume)
    assert {await reason(other) for other in others} == {""}


async def test_requests_sent_with_a_failing_sign_in_are_refused(server: TestServer) -> None:
    """CONN8, CONN7"""
    (alice,) = await server.people("alice")
    alice.connect()
    resume = submit(alice, "Identity.Resume", identity_pb2.ResumeRequest(device=alice.device))
    others = [submit(alice, "Chat.List", chat_pb2.ListRequest()) for _ in range(200)]
    assert await reason(resume) == "bad_signature"
    assert {await reason(other) for other in others} == {"signed_out"}


async def test_one_device_for_the_life_of_a_connection(server: TestServer) -> None:
    """CONN9"""
    alice, bobby = await server.people("alice", "bobby")
    signature = bobby.key.sign(b"hutong resume v2\x00" + alice.connection.binding)
    sign_ins = [
        ("Identity.Resume", identity_pb2.ResumeRequest(device=bobby.device, signature=signature)),
        (
            "Identity.LogIn",
            identity_pb2.LogInRequest(handle="bobby", password="correct horse", device=alice.new_device()),
        ),
        (
            "Identity.SignUp",
            identity_pb2.SignUpRequest(
                handle="carol", name="Carol", password="correct horse", device=alice.new_device()
            ),
        ),
    ]
    for name, ask in sign_ins:
        with pytest.raises(FailedPrecondition) as refused:
            await alice.call(name, ask)
        assert refused.value.reason == "signed_in"
    devices = await alice.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert [device.device for device in devices.devices] == [alice.device]
    mine = await bobby.call("Identity.ListDevices", identity_pb2.ListDevicesRequest())
    assert [device.device for device in mine.devices] == [bobby.device]  # the refused log-in added none


async def second_device(server: TestServer, first: Client, handle: str) -> Client:
    second = Client(server)
    ask = identity_pb2.LogInRequest(handle=handle, password="correct horse", device=second.new_device())
    reply = await second.call("Identity.LogIn", ask)
    second.profile, second.device = reply.profile, reply.device
    assert second.user == first.user
    return second


async def test_a_revoked_device_is_cut_off(server: TestServer) -> None:
    """CONN10"""
    (alice,) = await server.people("alice")
    phone = await second_device(server, alice, "alice")
    await phone.follow(phone.inbox)
    await alice.call("Identity.RevokeDevice", identity_pb2.RevokeDeviceRequest(device=phone.device))
    server.clock.advance(1)
    await phone.until(lambda: phone.goodbye)
    assert farewell(phone) == link_pb2.Goodbye.REASON_REVOKED
    assert farewell(alice) is None
    phone.connect()
    with pytest.raises(Unauthenticated):
        await phone.resume()


async def test_silence_ends_a_connection(server: TestServer) -> None:
    """CONN11: a heartbeat and a minute; anything at all is a sign of life."""
    quiet, pinging, alice = Client(server), Client(server), (await server.people("alice"))[0]
    sessions = server.core.platform.sessions
    for seconds in (server.core.platform.settings.heartbeat_s, HEARTBEAT_GRACE_S):
        server.clock.advance(seconds)
        pinging.connection.receive(packet(ping=1))
        sessions.drop_idle()
    assert farewell(quiet) is None  # exactly then: not beyond it yet
    server.clock.advance(1)
    sessions.drop_idle()
    await quiet.until(lambda: quiet.goodbye)
    assert farewell(quiet) == link_pb2.Goodbye.REASON_IDLE
    assert farewell(alice) is not None
    assert farewell(pinging) is None


async def test_pings_are_answered(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONN11, signed out too"""
    client = Client(server)
    heard = listen(client, monkeypatch)
    client.connection.receive(packet(ping=4_000_000_000))
    await client.until(lambda: any(each.pong for each in heard))
    assert [each.pong for each in heard if each.pong] == [4_000_000_000]
