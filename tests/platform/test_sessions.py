"""Who hears what: following, notices, several devices of one person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hutong.platform import sessions as sessions_module
from hutong.platform.writer import Notify, Transaction
from hutong.schema import chat_pb2, identity_pb2, link_pb2, log_pb2
from hutong.testing import Client, TestServer
from tests.platform.scene import say, settle, texts
from tests.platform.talking import farewell


@pytest.fixture
async def devices(server: TestServer) -> list[Client]:
    """Three devices of Alice, and one of Bobby."""
    alice, bobby = await server.friends("alice", "bobby")
    more = [Client(server) for _ in range(2)]
    for client in more:
        ask = identity_pb2.LogInRequest(handle="alice", password="correct horse", device=client.new_device())
        reply = await client.call("Identity.LogIn", ask)
        client.profile, client.device = reply.profile, reply.device
    return [alice, *more, bobby]


def typings(clients: list[Client]) -> list[int]:
    return [len(client.bodies(chat_pb2.Typing)) for client in clients]


async def test_notices_reach_all_one_or_all_but_one(server: TestServer, devices: list[Client]) -> None:
    user, second = devices[0].user, devices[1].device
    notice = chat_pb2.Typing(typing=True)
    notify = server.core.platform.sessions.notify
    notify(Notify(user, notice))
    await settle(server)
    assert typings(devices) == [1, 1, 1, 0]
    notify(Notify(user, notice, device=second))
    await settle(server)
    assert typings(devices) == [1, 2, 1, 0]
    notify(Notify(user, notice, except_device=second))
    await settle(server)
    assert typings(devices) == [2, 2, 2, 0]
    notify(Notify(user, notice, device="nobody's"))
    notify(Notify("nobody", notice))
    await settle(server)
    assert typings(devices) == [2, 2, 2, 0]


async def test_notices_of_a_command_follow_its_commit(server: TestServer, devices: list[Client]) -> None:
    def command(tx: Transaction) -> None:
        tx.notify(devices[0].user, chat_pb2.Typing(), except_device=devices[0].device)
        tx.notify(devices[3].user, chat_pb2.Typing())

    await server.core.platform.writer.work(command)
    await settle(server)
    assert typings(devices) == [0, 1, 1, 1]


async def test_a_device_connected_twice_hears_twice(server: TestServer, devices: list[Client]) -> None:
    again = Client(server)
    again.key, again.device = devices[0].key, devices[0].device
    await again.resume()
    server.core.platform.sessions.notify(Notify(again.user, chat_pb2.Typing(), device=again.device))
    await settle(server)
    assert typings([*devices, again]) == [1, 0, 0, 0, 1]


async def test_following_is_each_connection_s_own(server: TestServer, devices: list[Client]) -> None:
    alice, second, _third, bobby = devices
    log = await server.conversation(alice, bobby)
    await alice.follow(log)
    await second.follow(log)
    await second.follow(log)  # twice is once
    await say(bobby, log, "one")
    await settle(server)
    await alice.call("Log.Unfollow", log_pb2.UnfollowRequest(logs=[log]))
    await say(bobby, log, "two")
    await settle(server)
    second.disconnect()
    await say(bobby, log, "three")
    await settle(server)
    assert [texts(client, log) for client in devices] == [["one"], ["one", "two"], [], []]


async def test_online_and_devices(server: TestServer, devices: list[Client]) -> None:
    sessions = server.core.platform.sessions
    alice = devices[0].user
    assert sessions.devices(alice) == {client.device for client in devices[:3]}
    for client in devices[:3]:
        assert sessions.online(alice)
        client.disconnect()
    assert not sessions.online(alice)
    assert sessions.devices(alice) == set()
    sessions.notify(Notify(alice, chat_pb2.Typing()))


async def test_revoking_ends_every_connection_of_that_device_only(
    server: TestServer, devices: list[Client]
) -> None:
    """CONN10"""
    again = Client(server)
    again.key, again.device = devices[1].key, devices[1].device
    await again.resume()
    server.core.platform.sessions.revoke(devices[1].user, devices[1].device)
    ended = [client.goodbye is not None for client in [*devices, again]]
    assert ended == [False, True, False, False, True]


async def test_counts_for_the_metrics(server: TestServer, devices: list[Client]) -> None:
    alice, bobby = devices[0], devices[3]
    log = await server.conversation(alice, bobby)
    await say(alice, log, "x")
    sessions = server.core.platform.sessions
    for _ in range(2):  # collecting twice counts nothing twice
        sessions.collect()
        text = server.core.platform.metrics.text().decode()
        assert 'hutong_requests_total{code="OK",method="Chat.Send"} 1.0' in text
        assert "hutong_connections 4.0" in text


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[TestServer]:
    async with TestServer.run(tmp_path, heartbeat_s=1) as server:
        yield server


async def test_the_core_looks_for_silence_by_itself(impatient: TestServer) -> None:
    """CONN11"""
    client = Client(impatient)
    impatient.clock.advance(100)
    await client.until(lambda: client.goodbye)


async def test_signed_out_connections_are_bounded(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONN25: the oldest makes room; who has signed in stays, and so does who goes by itself"""
    monkeypatch.setattr(sessions_module, "STRANGERS_MAX", 2)
    (alice,) = await server.people("alice")
    first, second, third = (Client(server) for _ in range(3))
    await settle(server)
    assert [farewell(each) for each in (alice, first, second, third)] == [
        None,
        link_pb2.Goodbye.REASON_IDLE,
        None,
        None,
    ]
    second.disconnect()
    fourth = Client(server)
    await settle(server)
    assert farewell(third) is None
    assert farewell(fourth) is None
    await alice.call("Chat.List", chat_pb2.ListRequest())
