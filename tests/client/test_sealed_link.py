"""The sealed layer as the client carries it, against a core played with the protocol's other side."""

from __future__ import annotations

import pytest

from hutong.client.carrier import CarrierError, hung_up
from hutong.client.identity import ServerIdentity
from hutong.client.sealed import DoubtError
from hutong.protocols.sealed import LOW_WATER_BYTES, MESSAGE, OPENS_MAX, refuse
from hutong.schema import sealed_pb2
from tests.client.sealed_peer import BULK, CONTROL, DAY_MS, Keys, Peer, RawCarrier


async def test_seal14_open_and_the_first_flight_leave_at_once() -> None:
    peer = Peer(flight=[(CONTROL, b"resume"), (MESSAGE, b"question")], exporter=b"e" * 32)
    peer.begin()
    assert len(peer.carrier.said) == 3
    assert peer.hear() == [(b"resume", True), (b"question", True)]
    # SEAL15: what the client signs is what the core checks.
    assert peer.owner.bindings == [peer.session.binding]
    assert peer.session.route == b"r" * 16  # SEAL20
    assert peer.owner.links == []
    peer.carrier.receiver.received(peer.accept)
    assert peer.owner.links == [peer.link]
    assert peer.link.binding == peer.session.binding
    peer.say(b"answer")
    peer.link.send(b"more", MESSAGE)
    assert peer.owner.packets == [b"answer"]
    assert peer.hear() == [(b"more", False)]


async def test_seal14_what_is_too_much_for_early_records_follows_the_accept() -> None:
    flight = [(CONTROL, b"resume"), (MESSAGE, b"x" * 14_000), (CONTROL, b"y" * 3000)]
    peer = Peer(flight=flight)
    peer.begin()
    assert peer.hear() == [(b"resume", True), (b"x" * 14_000, True)]
    peer.carrier.receiver.received(peer.accept)
    assert peer.hear() == [(b"y" * 3000, False)]


async def test_seal19_the_first_contact_asks_for_the_manifest_on_the_same_carrier() -> None:
    peer = Peer(flight=[(CONTROL, b"resume")], known=False)
    peer.begin()
    assert len(peer.carrier.said) == 1  # nothing is sealed to a key nobody knows
    await peer.agree()
    assert peer.identity.root == peer.memory.root == peer.keys.public  # SEAL17: pinned
    assert peer.memory.manifest == peer.keys.manifest().SerializeToString()
    assert peer.owner.links == [peer.link]


async def test_seal18_a_rotation_costs_one_more_open() -> None:
    peer = Peer(flight=[(CONTROL, b"resume")])
    peer.keys.rotate()
    del peer.keys.services[1]
    peer.begin()
    assert peer.hear() == [(b"resume", True)]
    assert len(peer.owner.bindings) == 2
    assert peer.owner.bindings[0] != peer.owner.bindings[1]
    known = sealed_pb2.SignedManifest.FromString(peer.memory.manifest)
    assert sealed_pb2.Manifest.FromString(known.manifest).epoch == 2


@pytest.mark.parametrize("how", ["signature", "older", "expired", "other root", "future version"])
async def test_seal18_a_manifest_that_is_not_to_be_believed_ends_the_link(how: str) -> None:
    peer = Peer()
    peer.keys.rotate()
    keys = peer.keys
    match how:
        case "signature":
            signed = keys.manifest()
            signed.signature = signed.signature[:-1] + bytes([signed.signature[-1] ^ 1])
        case "older":
            peer.identity.believe(keys.manifest())
            signed = keys.manifest(1)
        case "expired":
            signed = keys.manifest(not_after_ms=peer.clock.now_ms() - DAY_MS)
        case "other root":
            signed = Keys(peer.clock).manifest()
        case _:
            signed = keys.manifest(minimum_protocol=99)
    before = peer.memory.manifest
    peer.begin()
    peer.carrier.receiver.received(refuse(sealed_pb2.REFUSAL_EPOCH, signed))
    error = await peer.fails()
    assert error.hopeless
    assert peer.carrier.ends == [True]
    assert peer.memory.manifest == before
    assert peer.owner.losses == 0


async def test_seal17_an_address_with_another_root_is_refused() -> None:
    peer = Peer(root=b"x" * 32, known=False)
    peer.begin()
    peer.hear()
    assert (await peer.fails()).hopeless
    assert peer.memory.root == b""
    known = Peer()
    with pytest.raises(CarrierError, match="another"):
        ServerIdentity(b"x" * 32, known.memory, known.clock).check_address()
    ServerIdentity(known.keys.public, known.memory, known.clock).check_address()


async def test_a_manifest_that_has_run_out_is_asked_for_anew() -> None:
    peer = Peer()
    peer.clock.advance(8 * DAY_MS / 1000)
    assert peer.identity.manifest is None
    await peer.establish()
    assert len(peer.carrier.said) == 2


async def test_a_server_that_lost_its_keys_is_asked_who_it_is() -> None:
    """The same epoch, another key: the next OPEN asks for the manifest."""
    peer = Peer()
    peer.keys.services[1] = Keys(peer.clock).services[1]
    peer.begin()
    peer.hear()
    assert isinstance(await peer.fails(), DoubtError)
    assert peer.identity.manifest is None
    link = peer.new_link()
    carrier = peer.carrier = RawCarrier(link)
    link.opened(carrier)
    assert len(carrier.said[0]) == 22
    peer._read = 0
    peer.hear()
    carrier.receiver.received(peer.accept)
    assert peer.owner.links == [link]


@pytest.mark.parametrize(
    ("reason", "hopeless"),
    [(sealed_pb2.REFUSAL_BUSY, False), (sealed_pb2.REFUSAL_VERSION, True), (99, False)],
)
async def test_refusals(reason: sealed_pb2.Refusal, *, hopeless: bool) -> None:
    peer = Peer()
    peer.begin()
    peer.carrier.receiver.received(refuse(reason))
    assert (await peer.fails()).hopeless is hopeless


async def test_seal19_a_server_that_refuses_for_ever_is_given_up() -> None:
    peer = Peer()
    peer.begin()
    for _ in range(OPENS_MAX):
        assert not peer.link.accepted.done()
        peer.carrier.receiver.received(refuse(sealed_pb2.REFUSAL_EPOCH, peer.keys.manifest()))
    assert not (await peer.fails()).hopeless
    assert len(peer.carrier.said) == OPENS_MAX


@pytest.mark.parametrize("message", [b"", b"\x02short", b"\x80\x00\x00" + bytes(40), b"\x03\xff", b"\x01"])
async def test_seal3_what_is_no_answer_ends_the_link(message: bytes) -> None:
    peer = Peer()
    peer.begin()
    peer.carrier.receiver.received(message)
    await peer.fails()
    assert peer.carrier.ends == [True]


async def test_seal3_a_record_that_does_not_open_loses_the_link() -> None:
    peer = Peer()
    await peer.establish()
    peer.say(b"good")
    peer.carrier.receiver.received(b"\x80\x00\x01" + bytes(40))
    assert peer.owner.packets == [b"good"]
    assert peer.owner.losses == 1
    peer.link.send(b"into the void", MESSAGE)  # nobody is told twice, nothing raises
    peer.carrier.receiver.received(b"\x80\x00\x01" + bytes(40))
    assert peer.owner.losses == 1


async def test_a_carrier_that_ends_before_the_accept_says_why() -> None:
    peer = Peer()
    peer.begin()
    peer.link.lost(hung_up())
    assert str(await peer.fails()) == "The server hung up."


async def test_link53_what_was_lost_with_the_early_data_is_sealed_anew() -> None:
    peer = Peer(flight=[(CONTROL, b"resume")], exporter=b"early".ljust(32))
    peer.begin()
    peer.carrier.exporter = b"main".ljust(32)
    del peer.carrier.said[:]
    peer.link.restarted()
    assert peer.hear() == [(b"resume", True)]
    assert peer.owner.bindings[1] == peer.session.binding != peer.owner.bindings[0]


async def test_seal13_a_text_overtakes_an_upload_by_the_next_record() -> None:
    peer = Peer()
    await peer.establish()
    del peer.carrier.said[:]
    peer._read = 0
    upload = bytes(range(256)) * 2048  # 512 KiB
    peer.carrier.waiting = LOW_WATER_BYTES
    peer.link.send(upload, BULK)
    assert peer.carrier.said == []
    # The carrier is full after each record.
    peer.carrier.full_after_one = True
    for number in range(40):
        peer.carrier.waiting = LOW_WATER_BYTES - 1
        peer.link.drained()
        if number == 2:
            assert len(peer.carrier.said) == 3
            peer.link.send(b"text", MESSAGE)
            assert peer.carrier.said[-1][0] & 3 == MESSAGE
            assert len(peer.carrier.said) == 4
    assert [packet for packet, _ in peer.hear()] == [b"text", upload]


async def test_seal8_keys_change_after_an_hour() -> None:
    peer = Peer()
    await peer.establish()
    peer.link.send(b"one", MESSAGE)
    peer.clock.advance(3601)
    peer.link.send(b"two", MESSAGE)
    phases = [record[0] & 0x20 for record in peer.carrier.said[-2:]]
    assert phases == [0, 0x20]
    assert [packet for packet, _ in peer.hear()] == [b"one", b"two"]


async def test_closing_politely_sends_what_waits() -> None:
    peer = Peer()
    await peer.establish()
    peer.carrier.waiting = LOW_WATER_BYTES
    peer.link.send(b"u" * 40_000, BULK)
    peer.link.close(at_once=False)
    assert peer.carrier.ends == [False]
    assert [packet for packet, _ in peer.hear()] == [b"u" * 40_000]
    peer.say(b"too late")
    assert peer.owner.packets == []


async def test_moved_bytes_count_what_the_machine_took() -> None:
    peer = Peer()
    await peer.establish()
    before = peer.link.moved_bytes()
    peer.carrier.waiting = 100
    assert peer.link.moved_bytes() == before - 100
