"""The core's door: who comes in, and who does not (docs/protocol/sealed.md)."""

from __future__ import annotations

import os

import pytest

from hutong.platform import sealing
from hutong.platform.door import Arrival
from hutong.platform.limits import Rate
from hutong.platform.service_keys import DAY_MS
from hutong.protocols.sealed import ClientSession
from hutong.schema import chat_pb2, link_pb2, options_pb2, sealed_pb2
from hutong.testing import TestServer
from tests.platform.scene import JumpingClock, pair, until
from tests.platform.sealed import ADDRESS, Wire, packet

LIST = chat_pb2.ListRequest()


def reasons(wire: Wire) -> list[str]:
    return [sealed_pb2.Refusal.Name(refused.reason).removeprefix("REFUSAL_") for refused in wire.take()]


def answers(wire: Wire) -> dict[int, str]:
    return {reply.id: reply.error.reason for reply in wire.replies()}


async def test_a_carrier_speaks_sealed_and_nothing_else(server: TestServer) -> None:
    """SEAL1, SEAL2, CONN6, CONN20: ACCEPT, the challenge as control, answers in their method's class"""
    (alice,) = await server.people("alice")
    wire = Wire(server)
    assert wire.sent == []
    wire.accept()
    await until(lambda: wire.take() or wire.packets)
    assert wire.sent[0][0] == 0x02
    assert all(message[0] & 0x80 for message in wire.sent[1:])
    challenge = wire.packets[0].challenge
    assert (len(challenge.route), len(challenge.network)) == (16, 8)
    assert wire.classes == [options_pb2.PRIORITY_CONTROL]
    wire.say(packet(wire.resume(1, alice), wire.request(2, "Chat.List", LIST), ping=9))
    await until(lambda: len(wire.replies()) == 2)
    assert answers(wire) == {1: "", 2: ""}
    assert [each.pong for each in wire.packets if each.pong] == [9]
    assert alice.device.encode() not in b"".join(wire.sent)


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        (b"", "MALFORMED"),
        (b"GET / HTTP/1.1", "MALFORMED"),
        (link_pb2.Packet(ping=1).SerializeToString(), "MALFORMED"),
        (b"\x80" + bytes(40), "MALFORMED"),
        (b"\x01\x02" + bytes(138), "VERSION"),
        (b"\x01" + bytes(16_999), "VERSION"),
        (bytes(17_001), "MALFORMED"),
    ],
)
async def test_what_is_no_open_is_refused(server: TestServer, opening: bytes, reason: str) -> None:
    """SEAL3"""
    wire = Wire(server)
    wire.session = ClientSession(None, os.urandom)
    wire.inlet.receive(opening)
    assert reasons(wire) == [reason]
    assert wire.ended is False
    wire.inlet.receive(opening)  # what comes after it is not looked at
    assert len(wire.sent) == 1


async def test_a_broken_record_ends_the_connection(server: TestServer) -> None:
    """SEAL3: at once, and without effect"""
    (alice,) = await server.people("alice")
    sessions = server.core.platform.sessions
    for damage in (b"", b"\x01", b"\x80", b"\x02" + bytes(32), b"\x83" + bytes(40)):
        wire = Wire(server)
        wire.accept()
        before = len(sessions._connections)
        wire.inlet.receive(damage)
        assert wire.ended is True
        assert len(sessions._connections) == before - 1
        wire.say(packet(wire.resume(1, alice)))
    assert alice.goodbye is None


async def test_an_open_is_good_for_one_carrier_of_tls(server: TestServer) -> None:
    """SEAL4: bound to the exporter"""
    bound = Wire(server, Arrival(ADDRESS, exporter=b"e" * 32))
    bound.accept()
    other = Wire(server, Arrival(ADDRESS, exporter=b"f" * 32))
    other.session = bound.session
    other.inlet.receive(bound.session.opening)
    assert other.sent[0][0] == 0x03
    assert other.ended is False


async def test_early_requests(server: TestServer) -> None:
    """SEAL14, SEAL15, CONN8: a device comes back and reads before the ACCEPT; what writes has to wait"""
    alice, bobby, log = await pair(server)
    del bobby
    wire = Wire(server)
    wire.open()
    content = chat_pb2.Content(text="twice?")
    send = wire.request(3, "Chat.Send", chat_pb2.SendRequest(log=log, content=content))
    broken = link_pb2.Request(id=4, method=send.method, key=send.key, body=b"\xff")
    unknown = link_pb2.Request(id=5, method=99_999)
    wire.say_early(packet(wire.resume(1, alice), wire.request(2, "Chat.List", LIST), send, broken, unknown))
    await until(lambda: len(wire.replies()) == 5)
    assert answers(wire) == {1: "", 2: "", 3: "too_early", 4: "too_early", 5: "too_early"}
    codes = {reply.id: reply.error.code for reply in wire.replies()}
    assert codes[3] == link_pb2.CODE_UNAVAILABLE
    wire.say(packet(send))
    await until(lambda: len(wire.replies()) == 6)
    assert not wire.replies()[-1].HasField("error")


async def test_early_records_end_with_the_first_main_one(server: TestServer) -> None:
    """SEAL16"""
    wire = Wire(server)
    wire.open()
    early = wire.session.seal_early(packet(ping=1).SerializeToString(), 1)
    wire.take()
    wire.say(packet(ping=2), 0)
    assert wire.ended is None
    wire.inlet.receive(early[0])
    assert wire.ended is True


async def test_who_plays_a_first_flight_again_hears_nothing_and_writes_nothing(server: TestServer) -> None:
    """SEAL14: the answers are sealed to the client's ephemeral key"""
    (alice,) = await server.people("alice")
    wire = Wire(server)
    wire.open()
    early = wire.session.seal_early(packet(wire.resume(1, alice)).SerializeToString(), 1)
    again = Wire(server)
    again.session = wire.session
    again.inlet.receive(wire.session.opening)
    again.inlet.receive(early[0])
    user = alice.user
    await until(lambda: len(server.core.platform.sessions._users[user]) == 2 and len(again.sent) >= 3)
    wire.take()  # the client has its own ACCEPT
    assert wire.session.sealer is not None
    again.inlet.receive(wire.session.sealer.seal(packet(ping=1).SerializeToString(), 0))
    assert again.ended is True


async def test_the_first_contact(server: TestServer) -> None:
    """SEAL19: the manifest for epoch 0, then the OPEN on the same carrier"""
    wire = Wire(server)
    wire.session = ClientSession(None, os.urandom)
    wire.inlet.receive(wire.session.opening)
    (refused,) = wire.take()
    assert refused.reason == sealed_pb2.REFUSAL_EPOCH
    assert refused.manifest == server.core.keys.manifest
    assert wire.ended is None
    wire.accept()
    await until(lambda: wire.take() or wire.packets)


async def test_opens_of_a_carrier_are_bounded(server: TestServer) -> None:
    """SEAL19: three"""
    wire = Wire(server)
    wire.session = ClientSession(None, os.urandom)
    ended = []
    for _ in range(3):
        ended.append(wire.ended)
        wire.inlet.receive(wire.session.opening)
    assert ended == [None, None, None]
    assert wire.ended is False
    assert reasons(wire) == ["EPOCH"] * 3


async def test_a_key_before_is_taken_for_a_day(server: TestServer, clock: JumpingClock) -> None:
    """SEAL18: and an OPEN to an older one brings the new manifest"""
    wires = [Wire(server) for _ in range(3)]
    old = wires[0].manifest()
    days = server.core.platform.settings.service_key_days
    clock.jump_ms += days * DAY_MS
    wires[0].open(old)  # finds the rotation due
    assert wires[0].manifest().epoch == old.epoch + 1
    assert wires[0].take() == []
    clock.jump_ms += DAY_MS - 1
    wires[1].open(old)
    assert wires[1].take() == []
    clock.jump_ms += 1
    wires[2].open(old)
    wires[2].say_early(packet(wires[2].request(1, "Chat.List", LIST)))  # was on its way already
    (refused,) = wires[2].take()
    assert refused.reason == sealed_pb2.REFUSAL_EPOCH
    wires[2].accept()
    await until(lambda: wires[2].take() or wires[2].packets)


async def test_who_says_nothing_is_sent_away(server: TestServer, clock: JumpingClock) -> None:
    """SEAL3: a carrier without an OPEN is not kept"""
    silent, refused, opened = Wire(server), Wire(server), Wire(server)
    opened.accept()
    refused.session = ClientSession(None, os.urandom)
    refused.inlet.receive(refused.session.opening)
    clock.advance(sealing.OPEN_WITHIN_S)
    assert (silent.ended, refused.ended, opened.ended) == (True, True, None)


async def test_opens_are_limited_by_address(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "OPENS", Rate("few", burst=0, every_s=1e9))
    wire = Wire(server)
    wire.open()
    assert reasons(wire) == ["BUSY"]
    assert wire.ended is False


async def test_whoever_has_a_network_has_one_allowance(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An IPv6 customer has 2^64 addresses: neither OPENs nor sign-ins are counted by each"""
    monkeypatch.setattr(sealing, "OPENS", Rate("few", burst=1, every_s=1e9))
    monkeypatch.setattr(server.core.platform.limits, "_factor", 1)
    addresses = ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:192.0.2.9", "192.0.2.9")
    wires = [Wire(server, Arrival(address)) for address in addresses]
    for wire in wires:
        wire.open()
    assert [wire.sent[0][0] for wire in wires] == [2, 3, 2, 2, 3]  # ACCEPT or REFUSE
    connections = server.core.platform.sessions._connections
    assert {each.address for each in connections} == {"2001:db8::/64", "2001:db8:0:1::/64", "192.0.2.9"}


async def test_a_server_that_closes_takes_nobody(server: TestServer) -> None:
    before, after = Wire(server), Wire(server)
    before.accept()
    server.core.platform.sessions.close()
    assert before.goodbyes() == [link_pb2.Goodbye.REASON_SHUTDOWN]
    after.open()
    assert reasons(after) == ["BUSY"]


async def test_a_ticket_brings_in_its_device_only(server: TestServer) -> None:
    """What an edge knows of a device is a tag that tells nothing"""
    alice, bobby = await server.people("alice", "bobby")
    wire = Wire(server)
    wire.accept()
    wire.say(packet(wire.resume(1, alice)))
    await until(wire.replies)
    assert len(wire.tag) == 16
    for person, reason in ((alice, ""), (bobby, "other_device")):
        resumed = Wire(server, Arrival(ADDRESS, tag=wire.tag))
        resumed.accept()
        resumed.say(packet(resumed.resume(1, person)))
        await until(resumed.replies)
        assert answers(resumed) == {1: reason}
        assert resumed.tag == (b"" if reason else wire.tag)


async def test_networks_are_told_apart(server: TestServer) -> None:
    """CONN6: one token for one network, for nobody else to read"""
    tokens = []
    v6 = [f"2001:db8:{number}::1" for number in ("1", "1:ffff", "2")]
    for address in ("192.0.2.7", "192.0.2.99", "192.0.3.7", *v6, "", "::ffff:192.0.2.3"):
        wire = Wire(server, Arrival(address))
        wire.accept()
        await until(lambda wire=wire: wire.take() or wire.packets)  # type: ignore[misc]
        tokens.append(wire.packets[0].challenge.network)
    assert tokens[0] == tokens[1] == tokens[7]
    assert tokens[3] == tokens[4]
    assert len(set(tokens)) == 5
