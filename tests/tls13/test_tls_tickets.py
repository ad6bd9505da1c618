"""Tickets and early data, by docs/protocol/link.md: LINK21 to LINK33."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hutong.protocols.tls13 import (
    AlertDescription,
    ApplicationData,
    CipherSuite,
    HandshakeCompleted,
    NamedGroup,
    Ticket,
    TicketFormatError,
    TicketOffered,
    TlsError,
    TlsStateError,
)
from hutong.protocols.tls13.records import Sealer
from tests.tls13.pair import (
    NOW,
    Pair,
    Store,
    client_config,
    completed,
    data_of,
    records,
    server_config,
    the,
    with_ticket,
)

EARLY = b"who is there?"


def resumed(ticket: Ticket, store: Store, **changes: Any) -> Pair:
    """Return a finished connection that began with the ticket and early data."""
    server = server_config(**changes.pop("server", {}))
    client = client_config(**{"ticket": ticket, "early_data": EARLY, **changes.pop("client", {})})
    return Pair(client, server, store=store, seed=2, **changes).run()


@pytest.mark.parametrize("suite", CipherSuite)
def test_resumption_with_early_data(suite: CipherSuite) -> None:
    """LINK23, LINK27, LINK28: early data comes first and is marked, and what follows has fresh keys."""
    pair = Pair(client_config(suites=(suite,))).run()
    ticket, store = pair.give_ticket(), pair.store
    again = resumed(ticket, store, client={"suites": (suite,)})
    agreed = completed(again)
    assert (agreed.resumed, agreed.early_data_accepted, agreed.suite) == (True, True, suite)
    kinds = [type(event) for event in again.at_server]
    assert kinds == [TicketOffered, ApplicationData, HandshakeCompleted]
    assert the(ApplicationData, again.at_server) == ApplicationData(EARLY, early=True)
    again.say()
    assert not any(
        event.early for event in again.at_server if isinstance(event, ApplicationData) and event.data != EARLY
    )
    assert store.taken == 1


def test_both_sides_keep_the_same_ticket() -> None:
    """LINK21, LINK33: also after a store has kept it as bytes."""
    ticket, store = with_ticket()
    (kept,) = store.tickets.values()
    assert replace(kept, issued_at=ticket.issued_at) == ticket
    assert len(kept.identity) == 32
    assert Ticket.from_bytes(kept.to_bytes()) == kept
    assert kept.psk.hex() not in repr(kept)


def test_the_stored_layout() -> None:
    """LINK33: the vector of the document."""
    ticket = Ticket(
        identity=bytes(range(32)),
        psk=b"\xaa" * 32,
        suite=CipherSuite.AES_128_GCM_SHA256,
        issued_at=1_800_000_000.5,
        lifetime_s=86_400,
        age_add=0x01020304,
        alpn="hutong/1",
        server_name=None,
        max_early_data=16_384,
    )
    vector = (
        "01"
        "1301"
        "000001a3185c51f4"
        "00015180"
        "01020304"
        "00004000"
        "0020" + bytes(range(32)).hex() + "20" + "aa" * 32 + "08" + b"hutong/1".hex() + "00"
    )
    assert ticket.to_bytes().hex() == vector
    assert Ticket.from_bytes(bytes.fromhex(vector)) == ticket


@pytest.mark.parametrize("cut", range(0, 110, 7))
def test_damaged_tickets(cut: int) -> None:
    """LINK33: nothing but TicketFormatError."""
    data = next(iter(with_ticket()[1].tickets.values())).to_bytes()
    for damaged in (data[:cut], data + b"\0", b"\x02" + data[1:], data[:1] + b"\x13\x09" + data[3:]):
        with pytest.raises(TicketFormatError):
            Ticket.from_bytes(damaged)


def test_tickets_come_after_the_clients_finished() -> None:
    """LINK22: not before, at most 16 a connection, and only within bounds."""
    pair = Pair()
    pair.to_server(pair.client.data_to_send())
    wanted: dict[str, Any] = {
        "identity": bytes(32),
        "lifetime_s": 60,
        "age_add": 1,
        "nonce": b"",
        "max_early_data": 0,
    }
    with pytest.raises(TlsStateError):
        pair.server.issue_ticket(**wanted)
    pair.run()
    for changes in (
        {"identity": bytes(31)},
        {"lifetime_s": 0},
        {"lifetime_s": 7 * 86400 + 1},
        {"max_early_data": 16 * 1024 + 1},
    ):
        with pytest.raises(ValueError, match="out of bounds"):
            pair.server.issue_ticket(**{**wanted, **changes})
    for _ in range(16):
        pair.server.issue_ticket(**wanted)
    with pytest.raises(TlsStateError):
        pair.server.issue_ticket(**wanted)
    pair.run()
    assert len(pair.at_client) == 1 + 16
    pair.server._tickets = 0
    pair.server.issue_ticket(**wanted)
    with pytest.raises(TlsError) as refused:
        pair.run()
    assert refused.value.alert == AlertDescription.UNEXPECTED_MESSAGE


def test_a_ticket_serves_once() -> None:
    """LINK25: the second connection with it is a full handshake, and its early data is not taken."""
    ticket, store = with_ticket()
    assert completed(resumed(ticket, store)).resumed
    second = resumed(ticket, store)
    agreed = completed(second)
    assert (agreed.resumed, agreed.early_data_accepted) == (False, False)
    assert data_of(second.at_server) == b""
    second.say()


def test_the_look_up_holds_everything() -> None:
    """LINK24: early data waits sealed, and what comes meanwhile is bounded."""
    ticket, store = with_ticket()
    pair = Pair(client_config(ticket=ticket, early_data=EARLY), store=store)
    flight = pair.client.data_to_send()
    pair.server.receive(flight, NOW)
    offered = the(TicketOffered, pair.server.events())
    assert offered == TicketOffered(ticket.identity, 0xFFFFFFF0, True, "hutong.example", "hutong/1")
    assert pair.server.data_to_send() == b""
    assert pair.server.events() == []
    store.answer(pair.server, offered)
    assert data_of(pair.server.events()) == EARLY
    flooded = Pair(client_config(ticket=ticket, early_data=EARLY), store=store)
    flooded.server.receive(flooded.client.data_to_send(), NOW)
    with pytest.raises(TlsError) as refused:
        flooded.server.receive(bytes(512 * 1024), NOW)
    assert refused.value.alert == AlertDescription.UNEXPECTED_MESSAGE
    with pytest.raises(TlsStateError):
        flooded.server.resume(None)


def test_a_seen_identity_uses_no_ticket_up() -> None:
    """LINK25: who does not know the secret gets decrypt_error, and the ticket stays."""
    ticket, store = with_ticket()
    thief = Pair(client_config(ticket=replace(ticket, psk=bytes(48))), store=store)
    with pytest.raises(TlsError) as refused:
        thief.run()
    assert refused.value.alert == AlertDescription.DECRYPT_ERROR
    assert store.taken == 0
    assert completed(resumed(ticket, store)).early_data_accepted


def test_the_binder_is_checked_by_resume_too() -> None:
    """LINK25: a shell that forgot to ask is not left open."""
    ticket, store = with_ticket()
    thief = Pair(client_config(ticket=replace(ticket, psk=bytes(48))))
    thief.server.receive(thief.client.data_to_send(), NOW)
    with pytest.raises(TlsError) as refused:
        thief.server.resume(store.tickets[ticket.identity], accept_early=True)
    assert refused.value.alert == AlertDescription.DECRYPT_ERROR


@pytest.mark.parametrize(
    "changes",
    [
        {"client": {"server_name": "another.example"}},
        {"server": {"suites": (CipherSuite.AES_128_GCM_SHA256,)}},
        {"now": NOW + 3600},
    ],
    ids=["name", "suite", "expired"],
)
def test_what_a_ticket_is_bound_to(changes: dict[str, Any]) -> None:
    """LINK26: with another name or suite, or too late, it is not used, and the handshake is a full one."""
    ticket, store = with_ticket()
    if "now" in changes:
        # The client's clock is behind: it still offers what has run out.
        ticket = replace(ticket, issued_at=NOW + 3600)
    pair = resumed(ticket, store, **changes)
    assert not completed(pair).resumed
    assert store.taken == 0
    assert data_of(pair.at_server) == b""
    pair.say()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"accept_early": False}, "the store is sick"),
        ({"now": NOW + 11, "age": 0}, "older than it says"),
        ({"now": NOW, "age": 11_000}, "younger than it says"),
        (
            {"server": {"alpn": ("h2", "hutong/1")}, "client": {"alpn": ("hutong/1", "h2")}},
            "another protocol",
        ),
        ({"server": {"groups": (NamedGroup.X25519MLKEM768,)}}, "a HelloRetryRequest"),
    ],
)
def test_early_data_that_is_not_taken(changes: dict[str, Any], why: str) -> None:
    """LINK27, LINK29: it is skipped without a trace, and the connection is resumed and good."""
    ticket, store = with_ticket()
    age = changes.pop("age", None)
    if age is not None:
        ticket = replace(ticket, issued_at=changes["now"] - age / 1000)
    pair = resumed(ticket, store, **changes)
    agreed = completed(pair)
    assert (agreed.resumed, agreed.early_data_accepted) == (True, False), why
    assert data_of(pair.at_server) == b""
    pair.say()


@pytest.mark.parametrize("error_s", [-9.9, 9.9])
def test_a_clock_that_is_a_little_wrong(error_s: float) -> None:
    """LINK27: ten seconds either way."""
    ticket, store = with_ticket()
    pair = resumed(replace(ticket, issued_at=NOW + error_s), store, now=NOW + 20)
    assert completed(pair).early_data_accepted


def test_no_more_early_data_than_allowed() -> None:
    """LINK28: a client that sends more than its ticket allows is refused."""
    ticket, store = with_ticket(max_early_data=10)
    liar = replace(ticket, max_early_data=100)
    pair = Pair(client_config(ticket=liar, early_data=bytes(11)), store=store)
    with pytest.raises(TlsError) as refused:
        pair.run()
    assert refused.value.alert == AlertDescription.UNEXPECTED_MESSAGE
    assert data_of(pair.at_server) == b""
    with pytest.raises(ValueError, match="early data"):
        client_config(ticket=ticket, early_data=bytes(11))
    with pytest.raises(ValueError, match="protocol"):
        client_config(ticket=ticket, early_data=b"x", alpn=("h2",))
    with pytest.raises(ValueError, match="early data"):
        client_config(early_data=b"x")


@pytest.mark.parametrize("retry", [False, True])
def test_no_more_is_skipped_than_allowed(retry: bool) -> None:
    """LINK29: sixteen KiB are skipped, by content, and a record costs a byte at least."""
    ticket, _ = with_ticket()
    changes: dict[str, Any] = {"groups": (NamedGroup.X25519MLKEM768,)} if retry else {}
    exact = Pair(client_config(ticket=ticket, early_data=bytes(16_384)), server_config(**changes)).run()
    assert completed(exact).early_data_accepted is False
    exact.say()
    pair = Pair(client_config(ticket=ticket, early_data=bytes(16_384)), server_config(**changes))
    flight = pair.client.data_to_send()
    sealer = Sealer(exact.client._suite, bytes(48))
    with pytest.raises(TlsError) as refused:
        pair.to_server(flight + b"".join(sealer.seal(b"\x17")))
    assert refused.value.alert in {AlertDescription.UNEXPECTED_MESSAGE, AlertDescription.BAD_RECORD_MAC}
    empty = Pair(client_config(ticket=ticket, early_data=b"x"), server_config(**changes))
    with pytest.raises(TlsError):
        empty.to_server(empty.client.data_to_send() + b"".join(sealer.seal(b"\x17")) * 16_384)


def test_half_rtt() -> None:
    """LINK30: the answer to early data goes out before the client's Finished, under the handshake's keys."""
    ticket, store = with_ticket()
    pair = Pair(client_config(ticket=ticket, early_data=EARLY), store=store)
    pair.to_server(pair.client.data_to_send())
    assert data_of(pair.at_server) == EARLY
    assert not pair.server.is_connected
    pair.server.send(b"it is me")
    down = pair.server.data_to_send()
    assert b"it is me" not in down
    pair.to_client(down)
    assert data_of(pair.at_client) == b"it is me"
    assert completed(pair.run()).early_data_accepted
    shy = Pair(server=server_config(half_rtt=False))
    shy.to_server(shy.client.data_to_send())
    with pytest.raises(TlsStateError):
        shy.server.send(b"x")
    shy.run().say()


def test_a_client_with_a_dead_ticket() -> None:
    """LINK31: it does not travel, nor does early data."""
    ticket, store = with_ticket()
    pair = resumed(ticket, store, now=NOW + 3601)
    assert not completed(pair).resumed
    assert [type(event) for event in pair.at_server] == [HandshakeCompleted]


def test_a_ticket_after_a_hello_retry_request() -> None:
    """LINK7, LINK31: the ticket is bound anew, early data is lost."""
    ticket, store = with_ticket()
    pair = resumed(ticket, store, server={"groups": (NamedGroup.X25519MLKEM768,)})
    assert (completed(pair).resumed, store.taken) == (True, 1)
    other_hash = with_ticket()[0]
    pair = resumed(
        other_hash,
        store,
        server={"groups": (NamedGroup.X25519MLKEM768,), "suites": (CipherSuite.AES_128_GCM_SHA256,)},
    )
    assert not completed(pair).resumed
    assert not [event for event in pair.at_server if isinstance(event, TicketOffered)]


def test_the_early_exporter() -> None:
    """LINK32: there with accepted early data, the same on both sides, another than the exporter."""
    ticket, store = with_ticket()
    pair = resumed(ticket, store)
    value = pair.client.export("a", b"", 32, early=True)
    assert value == pair.server.export("a", b"", 32, early=True)
    assert value != pair.client.export("a", b"", 32)
    refused = resumed(ticket, store)
    for side in (refused.client, refused.server):
        with pytest.raises(TlsStateError):
            side.export("a", b"", 32, early=True)


def test_a_foreign_identity_is_not_looked_up() -> None:
    """LINK24: what cannot be one of ours is a full handshake at once."""
    ticket, store = with_ticket()
    pair = resumed(replace(ticket, identity=b"x" * 31), store)
    assert not completed(pair).resumed
    assert not [event for event in pair.at_server if isinstance(event, TicketOffered)]


def test_every_resumption_has_its_own_key_exchange() -> None:
    """LINK23: knowing the ticket's secret is not enough to read what follows."""
    ticket, store = with_ticket()
    pair = Pair(client_config(ticket=ticket), store=store)
    hello = pair.client.data_to_send()
    pair.to_server(hello)
    (answer, *_) = records(pair.server.data_to_send())
    assert b"\x00\x33\x00\x24\x00\x1d\x00\x20" in answer
