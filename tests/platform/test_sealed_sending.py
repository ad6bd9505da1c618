"""What connections say through the sealed layer, and in which order it leaves (docs/protocol/sealed.md)."""

from __future__ import annotations

import asyncio
import itertools
import os
from typing import Any

import pytest

from hutong.platform import bodies, sealing
from hutong.platform.sessions import SWEEP_S
from hutong.protocols.compression import compress
from hutong.protocols.sealed.wire import FRAGMENT_BYTES_MAX
from hutong.schema import chat_pb2, identity_pb2, link_pb2, options_pb2
from hutong.testing import TestServer
from tests.platform.scene import JumpingClock, pair, say, until
from tests.platform.sealed import Wire, bulk, packet

LIST = chat_pb2.ListRequest()


def answers(wire: Wire) -> dict[int, str]:
    return {reply.id: reply.error.reason for reply in wire.replies()}


def ask_for_much(wire: Wire, number: int) -> None:
    """Have a bulk answer of 200 KB, as the core's features would give it."""
    connection = wire.inlet._connection
    assert connection is not None
    reply = link_pb2.Reply(id=number, body=os.urandom(200_000))
    connection.send(link_pb2.Packet(replies=[reply]).SerializeToString(), options_pb2.PRIORITY_BULK)


async def test_a_text_overtakes_bulk(server: TestServer) -> None:
    """SEAL12, SEAL13: bulk waits while 32 KiB wait in the carrier; a text does not"""
    alice, bobby, log = await pair(server)
    wire = Wire(server)
    wire.accept()
    wire.say(packet(wire.resume(1, alice)))
    await until(wire.replies)
    await alice.follow(log)
    wire.room = False
    ask_for_much(wire, 7)
    await until(lambda: wire.waiting_bytes() >= 32 * 1024)
    assert wire.waiting_bytes() < 32 * 1024 + 17_000
    wire.say(packet(ping=5))
    await until(lambda: wire.sent[-1][0] & 3 == options_pb2.PRIORITY_CONTROL)
    while not any(reply.id == 7 for reply in wire.replies()):
        wire.inlet.drained()
    assert wire.classes.index(1, wire.classes.index(2)) < len(wire.classes) - 1
    assert bulk(wire.classes) == -(-200_020 // FRAGMENT_BYTES_MAX)
    del bobby


async def test_what_waits_before_sealing_counts(server: TestServer) -> None:
    """CONN18"""
    (alice,) = await server.people("alice")
    wire = Wire(server)
    wire.accept()
    wire.say(packet(wire.resume(1, alice)))
    await until(wire.replies)
    wire.room = False
    for number in range(30):
        ask_for_much(wire, number)
        await asyncio.sleep(0)
    await until(lambda: wire.ended)
    assert wire.ended is True
    assert wire.waiting_bytes() < 100_000
    assert wire.goodbyes() == [link_pb2.Goodbye.REASON_SLOW_READER]


async def test_the_last_words_leave_in_their_turn(server: TestServer, clock: JumpingClock) -> None:
    """What waits when the end comes leaves within a while, or not at all"""
    reading, stuck = Wire(server), Wire(server)
    for wire in (reading, stuck):
        wire.accept()
        wire.room = False
        ask_for_much(wire, 1)
        await until(lambda wire=wire: wire.waiting_bytes() >= 32 * 1024)  # type: ignore[misc]
    server.core.platform.sessions.close()
    assert (reading.ended, stuck.ended) == (None, None)
    while reading.ended is None:
        reading.take()
        reading.inlet.drained()
    assert reading.goodbyes() == [link_pb2.Goodbye.REASON_SHUTDOWN]
    assert answers(reading) == {1: ""}
    clock.advance(sealing.LINGER_S)
    assert (reading.ended, stuck.ended) == (False, True)


async def test_an_exchange_ends_when_it_is_answered(server: TestServer) -> None:
    """CONN3: a client that sends no more gets its answers, then the end"""
    (alice,) = await server.people("alice")
    wire, idle, fresh = Wire(server), Wire(server), Wire(server)
    wire.open()
    wire.say_early(packet(wire.resume(1, alice), wire.request(2, "Chat.List", LIST)))
    wire.inlet.finished()
    await until(lambda: wire.ended is not None)
    assert answers(wire) == {1: "", 2: ""}
    idle.accept()
    idle.inlet.finished()
    fresh.inlet.finished()
    assert (wire.ended, idle.ended, fresh.ended) == (False, False, False)
    assert idle.take() == []
    assert idle.packets[0].HasField("challenge")


async def test_keys_change_every_hour(server: TestServer, clock: JumpingClock) -> None:
    """SEAL8: the core's, looked at with every sweep"""
    wire = Wire(server)
    wire.accept()
    phases = []
    for number in range(1, 2 * 3600 // SWEEP_S + 2):
        clock.advance(SWEEP_S)
        wire.say(packet(ping=number))
        server.core.platform.sessions.drop_idle()
        await asyncio.sleep(0)
        wire.take()
        phases.append(bool(wire.sent[-1][0] & 0x20))
    assert [each.pong for each in wire.packets if each.pong] == list(range(1, 2 * 3600 // SWEEP_S + 2))
    changes = [now != before for before, now in itertools.pairwise(phases)]
    assert sum(changes) == 2
    assert True in changes[: 3600 // SWEEP_S]


async def test_a_connection_lasts_a_day(server: TestServer, clock: JumpingClock) -> None:
    """SEAL8: then it is asked to open anew; not all at the same time"""
    wires = [Wire(server) for _ in range(20)]
    for wire in wires:
        wire.accept()
    sessions = server.core.platform.sessions
    spread: list[int] = []
    for _ in range(24 * 60 + 1):
        clock.advance(60)
        for wire in wires:
            if wire.ended is None:
                wire.say(packet(ping=1))
        sessions.drop_idle()
        spread.append(sum(wire.ended is False for wire in wires))
    assert spread[23 * 60 - 2] == 0
    assert spread[-1] == 20
    assert len(set(spread)) > 5
    assert {tuple(wire.goodbyes()) for wire in wires} == {(link_pb2.Goodbye.REASON_RENEWAL,)}


async def test_pushes_are_packed_once_for_many(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event is compressed and encoded once, and sealed for each connection"""
    alice, bobby, log = await pair(server)
    wires = [Wire(server) for _ in range(5)]
    for wire in wires:
        wire.accept()
        wire.say(packet(wire.resume(1, bobby)))
        await until(wire.replies)
        connection = wire.inlet._connection
        assert connection is not None
        server.core.platform.sessions.follow(connection, [log])
    asked: list[bytes] = []
    packed = bodies.packed

    def counting(body: bytes) -> bytes | None:
        asked.append(body)
        return packed(body)

    monkeypatch.setattr(bodies, "packed", counting)
    await say(alice, log, "See you at the station tomorrow, ok?")
    await until(lambda: all(wire.take() or any(each.events for each in wire.packets) for wire in wires))
    assert sum(b"See you at the station" in body for body in asked) == 1
    bodies_heard = {event.body for wire in wires for each in wire.packets for event in each.events}
    assert len(bodies_heard) == 1
    assert len({wire.sent[-1] for wire in wires}) == 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"body": b"\xe1\xff" * 20}, "malformed"),
        ({"body": b"\xe1"}, "malformed"),
        ({"body": bytes(100_000)}, "malformed"),
        ({"encoding": 7}, "unknown_encoding"),
    ],
)
async def test_requests_may_be_compressed(server: TestServer, change: dict[str, Any], reason: str) -> None:
    """CONN21; a retry that is not compressed is the same request (CONN13)"""
    alice, _, log = await pair(server)
    wire = Wire(server)
    wire.accept()
    content = chat_pb2.Content(text="See you at the station tomorrow, will you have time?")
    send = wire.request(2, "Chat.Send", chat_pb2.SendRequest(log=log, content=content))
    packed = link_pb2.Request()
    packed.CopyFrom(send)
    smaller = compress(send.body)
    assert smaller is not None
    packed.body, packed.encoding = smaller, options_pb2.ENCODING_COMPRESSED
    for name, value in change.items():
        setattr(packed, name, value)
    wire.say(packet(wire.resume(1, alice), packed))
    await until(lambda: len(wire.replies()) == 2)
    assert answers(wire)[2] == reason
    wire.say(packet(send))
    await until(lambda: len(wire.replies()) == 3)
    first, again = (chat_pb2.SendReply.FromString(reply.body) for reply in wire.replies()[1:])
    assert first.seq == (0 if reason else again.seq)
    assert again.seq > 0


async def test_secrets_are_not_compressed(server: TestServer) -> None:
    """CONN21: `MethodRules.secret`, from the schema"""
    secret = {method.name for method in server.core.platform.sessions.methods.values() if method.secret}
    assert {"Identity.SignUp", "Identity.LogIn", "Identity.ChangePassword"} <= secret
    wire = Wire(server)
    wire.accept()
    device = identity_pb2.NewDevice(name="A tablet", public_key=bytes(32))
    ask = identity_pb2.StartDeviceLinkRequest(device=device)
    wire.say(packet(wire.request(1, "Identity.StartDeviceLink", ask)))
    await until(wire.replies)
    raw = [link_pb2.Packet.FromString(each.SerializeToString()) for each in wire.packets]
    assert {reply.encoding for each in raw for reply in each.replies} == {options_pb2.ENCODING_PLAIN}
