"""Introducing two devices: mailboxes, notices, and who may speak in a session."""

from __future__ import annotations

import pytest

from hutong.features.peers.api import Device, Peers
from hutong.features.peers.mailbox import NAME_CHARACTERS_MAX, SAID_BYTES_MAX, SIGNAL_BYTES_MAX, SIGNALS_MAX
from hutong.features.peers.service import CREDENTIAL_LIFE_S
from hutong.platform.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.protocols.stun import time_limited_credentials
from hutong.schema import peers_pb2 as pb
from hutong.testing import Client, TestServer, refused


def peers(server: TestServer) -> Peers:
    return server.core.platform.use(Peers)


def end(client: Client) -> Device:
    return Device(client.user, client.device)


def candidate(text: str) -> pb.Signal:
    return pb.Signal(candidate=pb.Candidate(candidate=text))


async def say(client: Client, text: str, *, session: str = "s", key: bytes | None = None) -> int:
    request = pb.SayRequest(session=session, signal=candidate(text))
    return int((await client.call("Peers.Say", request, key=key)).number)


async def fetch(client: Client, after: int = 0, *, session: str = "s") -> list[tuple[int, str]]:
    reply = await client.call("Peers.Fetch", pb.FetchRequest(session=session, after=after))
    return [(said.number, said.signal.candidate.candidate) for said in reply.said]


async def opened(server: TestServer) -> tuple[Client, Client]:
    alice, bobby = await server.people("alice", "bobby")
    peers(server).open_session("s", end(alice), end(bobby))
    return alice, bobby


async def test_what_one_says_the_other_hears_and_may_fetch(server: TestServer) -> None:
    alice, bobby = await opened(server)
    first = await say(alice, "one")
    assert await say(alice, "two") == first + 1
    await bobby.until(lambda: len(bobby.notices) == 2)
    assert [(said.number, said.signal) for said in bobby.bodies(pb.Said)] == [
        (first, candidate("one")),
        (first + 1, candidate("two")),
    ]
    assert await fetch(bobby) == [(first, "one"), (first + 1, "two")]
    assert await fetch(bobby, first) == [(first + 1, "two")]
    assert await fetch(alice) == []
    assert alice.notices == []


async def test_only_the_two_devices_speak(server: TestServer) -> None:
    """PEER1."""
    await opened(server)
    phone = await Client(server).log_in("bobby")
    (carol,) = await server.people("carol")
    for stranger in (phone, carol):
        with refused(NotFound, "no_such_session"):
            await say(stranger, "hello")
        with refused(NotFound, "no_such_session"):
            await fetch(stranger)
    with refused(NotFound, "no_such_session"):
        await say(carol, "hello", session="other")


async def test_signed_out_nothing_is_answered(server: TestServer) -> None:
    for name in ("GetIceServers", "Say", "Fetch"):
        with refused(Unauthenticated, "signed_out"):
            await Client(server).call(f"Peers.{name}", server.method(f"Peers.{name}").request_class())


async def test_a_retry_says_it_once(server: TestServer) -> None:
    """CONN13."""
    alice, bobby = await opened(server)
    key = server.new_key()
    number = await say(alice, "one", key=key)
    assert await say(alice, "one", key=key) == number
    assert await fetch(bobby) == [(number, "one")]
    with refused(AlreadyExists, "key_reused"):
        await say(alice, "another", key=key)
    assert await fetch(bobby) == [(number, "one")]


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (pb.Signal(), "empty"),
        (candidate("x" * SIGNAL_BYTES_MAX), "too_large"),
        (pb.Signal(description=pb.Description(type="pranswer", sdp="v=0")), "bad_type"),
        (pb.Signal(restart=True, connection="x" * (NAME_CHARACTERS_MAX + 1)), "bad_name"),
        (pb.Signal(restart=True, towards="x" * (NAME_CHARACTERS_MAX + 1)), "bad_name"),
    ],
)
async def test_bad_signals_are_refused_and_reach_nobody(
    server: TestServer, signal: pb.Signal, reason: str
) -> None:
    alice, bobby = await opened(server)
    with refused(InvalidArgument, reason):
        await alice.call("Peers.Say", pb.SayRequest(session="s", signal=signal))
    assert await fetch(bobby) == []


async def test_the_mailbox_keeps_the_newest_and_is_bounded(server: TestServer) -> None:
    """PEER2."""
    alice, bobby = await opened(server)
    first = await say(alice, "0")
    for number in range(1, SIGNALS_MAX + 10):
        await say(alice, str(number))
    kept = await fetch(bobby)
    assert len(kept) == SIGNALS_MAX
    assert kept[0] == (first + 10, "10")


async def test_large_signals_fill_it_sooner(server: TestServer) -> None:
    """PEER2."""
    alice, bobby = await opened(server)
    large = "x" * (SIGNAL_BYTES_MAX - 100)
    for _ in range(2 * SAID_BYTES_MAX // SIGNAL_BYTES_MAX):
        last = await say(alice, large)
    kept = await fetch(bobby)
    assert 0 < sum(len(text) for _, text in kept) <= SAID_BYTES_MAX
    assert kept[-1][0] == last


async def test_talking_too_much_is_slowed_down(server: TestServer) -> None:
    alice, _ = await opened(server)
    with refused(ResourceExhausted, "rate_limited"):
        for _ in range(1_000):
            await say(alice, "x")


async def test_a_closed_session_is_gone(server: TestServer) -> None:
    alice, bobby = await opened(server)
    await say(alice, "one")
    peers(server).close_session("s")
    with refused(NotFound, "no_such_session"):
        await fetch(bobby)
    peers(server).close_session("s")  # twice is fine
    peers(server).open_session("s", end(alice), end(bobby))
    assert await fetch(bobby) == []


async def test_opening_the_same_again_keeps_what_was_said(server: TestServer) -> None:
    alice, bobby = await opened(server)
    number = await say(alice, "one")
    peers(server).open_session("s", end(bobby), end(alice))
    assert await fetch(bobby) == [(number, "one")]


async def test_a_forgotten_session_comes_back_with_higher_numbers(server: TestServer) -> None:
    """PEER4."""
    alice, bobby = await opened(server)
    for text in "abcdefgh":
        last = await say(alice, text)
    peers(server).close_session("s")
    server.clock.advance(1)
    peers(server).open_session("s", end(alice), end(bobby))
    assert await say(alice, "new") > last
    assert [text for _, text in await fetch(bobby, last)] == ["new"]


async def test_a_device_takes_another_ones_place(server: TestServer) -> None:
    alice, bobby = await opened(server)
    last = await say(bobby, "to the old one")
    phone = await Client(server).log_in("alice")
    peers(server).move_device("s", end(phone))
    await bobby.until(lambda: bobby.bodies(pb.Said))
    assert bobby.bodies(pb.Said)[-1].signal.restart
    assert await fetch(phone) == []
    with refused(NotFound, "no_such_session"):
        await say(alice, "still me")
    assert await say(bobby, "to the new one") > last
    assert [text for _, text in await fetch(phone)] == ["to the new one"]


async def test_ice_servers_with_credentials_the_relay_takes(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    endpoints = server.core.platform.endpoints
    endpoints.relay_host, endpoints.relay_port, endpoints.relay_secret = "2001:db8::1", 3478, b"secret"
    reply = await alice.call("Peers.GetIceServers", pb.GetIceServersRequest())
    now_s = server.clock.now_ms() // 1000
    username, credential = time_limited_credentials(b"secret", alice.user, now_s, CREDENTIAL_LIFE_S)
    assert [list(each.urls) for each in reply.servers] == [
        ["stun:[2001:db8::1]:3478"],
        ["turn:[2001:db8::1]:3478?transport=udp", "turn:[2001:db8::1]:3478?transport=tcp"],
    ]
    assert (reply.servers[1].username, reply.servers[1].credential) == (username, credential)
    assert reply.expires_at_ms == (now_s + CREDENTIAL_LIFE_S) * 1000


async def test_without_a_relay_there_are_no_servers(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    reply = await alice.call("Peers.GetIceServers", pb.GetIceServersRequest())
    assert not reply.servers
    assert reply.expires_at_ms > server.clock.now_ms()
