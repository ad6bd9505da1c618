"""Tickets and early data on the link port."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import pytest

from hutong.edge.tickets import DatabaseTickets, KeptTicket, TicketStoreError
from hutong.edge.tickets import office as office_module
from hutong.platform.clock import SystemClock
from hutong.protocols.sealed import ClientSession, verify
from hutong.protocols.tls13 import AlertDescription, Ticket
from hutong.schema import link_pb2
from hutong.testing import Client
from tests.edge.linking import RawLink, dialled, early_flight, link
from tests.edge.listening import Listening, listening, packet, resume
from tests.edge.raw import connected
from tests.edge.sealed import Ended

ASK = packet(link_pb2.Request(id=1, method=99_999))


class AheadClock(SystemClock):
    """The machine's clocks, both moved forward on demand."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now_ms(self) -> int:
        return super().now_ms() + int(self.ahead_s * 1000)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


@pytest.fixture
async def settled(tmp_path: Path) -> AsyncIterator[Listening]:
    """An edge that has been up for long enough to take early data."""
    clock = AheadClock()
    async with listening(tmp_path, edge_clock=clock) as edge:
        clock.ahead_s = 60
        yield edge


async def check_alive(raw: RawLink) -> None:
    await raw.say(ASK)
    assert (await raw.reply()).error.reason == "unknown_method"


# ---- tickets ----


async def tickets_of(edge: Listening, device: Client) -> list[Ticket]:
    async with link(edge.link_port, edge.root) as raw:
        await raw.say(packet(resume(edge.server, device, raw)))
        assert not (await raw.reply()).HasField("error")
        return await raw.until_tickets(2)


async def test_tickets_come_after_the_sign_in(edge: Listening) -> None:
    (alice,) = await edge.server.people("alice")
    async with link(edge.link_port, edge.root) as raw:
        await check_alive(raw)
        assert not raw.tickets
        await raw.say(packet(resume(edge.server, alice, raw)))
        one, other = await raw.until_tickets(2)
    assert one.identity != other.identity
    assert one.lifetime_s == 24 * 3600
    assert one.max_early_data == 16 * 1024


async def test_a_ticket_brings_back_once(edge: Listening) -> None:
    (alice,) = await edge.server.people("alice")
    ticket, _ = await tickets_of(edge, alice)
    resumed = []
    for _ in range(3):
        async with link(edge.link_port, edge.root, ticket=ticket) as raw:
            assert raw.completed is not None
            resumed.append(raw.completed.resumed)
            await check_alive(raw)
    assert resumed == [True, False, False]


async def test_a_resumed_connection_gets_more(edge: Listening) -> None:
    (alice,) = await edge.server.people("alice")
    ticket, _ = await tickets_of(edge, alice)
    async with link(edge.link_port, edge.root, ticket=ticket) as raw:
        await raw.say(packet(resume(edge.server, alice, raw)))
        more = await raw.until_tickets(2)
    async with link(edge.link_port, edge.root, ticket=more[1]) as again:
        assert again.completed is not None
        assert again.completed.resumed


async def test_a_ticket_is_of_its_device(edge: Listening) -> None:
    """Another device that comes with it is not let in."""
    alice, bobby = await edge.server.people("alice", "bobby")
    ticket, _ = await tickets_of(edge, alice)
    async with link(edge.link_port, edge.root, ticket=ticket) as raw:
        await raw.say(packet(resume(edge.server, bobby, raw)))
        reply = await raw.reply()
        assert link_pb2.Code.Name(reply.error.code) == "CODE_UNAUTHENTICATED"


async def test_a_ticket_seen_on_the_wire_is_not_used_up(edge: Listening) -> None:
    """Who knows its name and not its secret gets an alert, and the ticket stays."""
    (alice,) = await edge.server.people("alice")
    ticket, _ = await tickets_of(edge, alice)
    stolen = Ticket.from_bytes(ticket.to_bytes().replace(ticket.psk, bytes(len(ticket.psk))))
    async with dialled(edge.link_port, edge.root, ticket=stolen) as raw:
        with pytest.raises(Ended):
            await raw.handshake()
        assert raw.alert is AlertDescription.DECRYPT_ERROR
    async with link(edge.link_port, edge.root, ticket=ticket) as mine:
        assert mine.completed is not None
        assert mine.completed.resumed


# ---- early data ----


def coming_back(
    edge: Listening, device: Client, ticket: Ticket, *requests: link_pb2.Request
) -> AbstractAsyncContextManager[RawLink]:
    """Open, sign in and ask, all in the first flight."""

    def said(session: ClientSession) -> list[bytes]:
        signed_in = resume(edge.server, device, session)
        return [packet(signed_in, *requests)]

    manifest = verify(edge.server.core.keys.manifest)
    return early_flight(edge.link_port, edge.root, ticket, manifest, said)


def list_request(edge: Listening) -> link_pb2.Request:
    return link_pb2.Request(id=2, method=edge.server.method("Chat.List").id)


async def test_early_data_is_answered_with_the_servers_first_flight(settled: Listening) -> None:
    """SEAL4, SEAL14, SEAL15: sign-in and request go first, and nothing is waited for"""
    (alice,) = await settled.server.people("alice")
    ticket, _ = await tickets_of(settled, alice)
    async with coming_back(settled, alice, ticket, list_request(settled)) as raw:
        await raw.flush()
        # One answer of the network's brings the end of the handshake and the replies.
        await raw.accepted()
        replies = await raw.replies(2)
        assert [(reply.id, reply.HasField("error")) for reply in replies] == [(1, False), (2, False)]
        assert raw.completed is not None
        assert raw.completed.early_data_accepted
        await check_alive(raw)
        assert len(await raw.until_tickets(2)) == 2


async def test_a_replayed_first_flight_is_not_taken(settled: Listening) -> None:
    """The ticket is gone: the copy takes a full handshake, which whoever replays cannot."""
    (alice,) = await settled.server.people("alice")
    ticket, _ = await tickets_of(settled, alice)
    async with coming_back(settled, alice, ticket, list_request(settled)) as raw:
        flight = raw.tls.data_to_send()
        await raw.write(flight)
        await raw.accepted()
        await raw.replies(2)
        sessions = settled.server.core.platform.sessions
        count = len(sessions._connections)
        async with AsyncExitStack() as stack:
            for _ in range(20):
                copy = await stack.enter_async_context(connected(settled.link_port))
                await copy.write(flight)
                # A full handshake's flight: the certificate makes it longer than a resumption's.
                assert len(await copy.read(600)) == 600
            assert len(sessions._connections) == count


@pytest.mark.parametrize("doubt", ["restart", "clock", "store", "age"])
async def test_with_any_doubt_early_data_is_refused(
    tmp_path: Path, doubt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection then takes its one round trip, and is served."""
    clock = AheadClock()
    async with listening(tmp_path, edge_clock=clock) as edge:
        clock.ahead_s = 0 if doubt == "restart" else 60
        (alice,) = await edge.server.people("alice")
        ticket, _ = await tickets_of(edge, alice)
        if doubt == "clock":
            wall = clock.now_ms
            monkeypatch.setattr(clock, "now_ms", lambda: wall() + 3000)
        elif doubt == "store":
            monkeypatch.setattr(DatabaseTickets, "look", sick)
        elif doubt == "age":
            ticket = dataclasses.replace(ticket, issued_at=ticket.issued_at - 11)
        async with coming_back(edge, alice, ticket) as raw:
            await raw.handshake()
            assert raw.completed is not None
            assert not raw.completed.early_data_accepted
            assert raw.completed.resumed == (doubt != "store")
            await raw.open(raw.exporter())
            await raw.say(packet(resume(edge.server, alice, raw)))
            assert not (await raw.reply()).HasField("error")


async def sick(_self: DatabaseTickets, _identity: bytes, _now_ms: int) -> None:
    raise TicketStoreError("sick")


async def test_a_slow_store_is_not_waited_for(settled: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    (alice,) = await settled.server.people("alice")
    first, second = await tickets_of(settled, alice)

    async def slow(_self: DatabaseTickets, _identity: bytes, _now_ms: int) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(DatabaseTickets, "look", slow)
    monkeypatch.setattr(office_module, "ANSWER_S", 0.05)
    for ticket in (first, second):  # the second finds the store known to be sick
        async with link(settled.link_port, settled.root, ticket=ticket) as raw:
            assert raw.completed is not None
            assert not raw.completed.resumed


async def test_a_client_that_breaks_off_while_its_ticket_is_looked_up(
    edge: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the store says afterwards concerns nobody any more."""
    (alice,) = await edge.server.people("alice")
    ticket, _ = await tickets_of(edge, alice)
    asked, answered = asyncio.Event(), asyncio.Event()
    look = DatabaseTickets.look

    async def held(store: DatabaseTickets, identity: bytes, now_ms: int) -> KeptTicket | None:
        asked.set()
        await answered.wait()
        return await look(store, identity, now_ms)

    monkeypatch.setattr(DatabaseTickets, "look", held)
    async with dialled(edge.link_port, edge.root, ticket=ticket) as raw:
        await raw.flush()
        await asyncio.wait_for(asked.wait(), 10)
        await raw.write(b"\x17\x03\x03\xff\xff" + bytes(2000) * 400)
        await raw.ended()
        answered.set()
    monkeypatch.setattr(DatabaseTickets, "look", look)
    async with link(edge.link_port, edge.root, ticket=ticket) as good:
        assert good.completed is not None
        assert good.completed.resumed
