"""Clients that break rules on purpose: nothing of it reaches the event loop, and what it costs is bounded."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from structlog.testing import capture_logs

from hutong.edge import link as link_module
from hutong.edge import post as post_module
from hutong.edge.tickets import KeptTicket, MemoryTickets, TicketOffice, TicketStoreError
from hutong.edge.tickets.guard import SICK_S
from hutong.platform.clock import ManualClock, Randomness
from hutong.protocols.sealed import ClientSession, verify
from hutong.protocols.tls13 import AlertDescription, TicketOffered
from hutong.schema import link_pb2
from tests.edge.linking import dialled, link
from tests.edge.listening import Listening, packet
from tests.edge.posting import framed, posting
from tests.edge.raw import connected, parse
from tests.edge.sealed import Ended
from tests.platform.scene import until

ASK = packet(link_pb2.Request(id=1, method=99_999))


@pytest.fixture
async def escaped() -> list[dict[str, Any]]:
    """Return what has reached the event loop as an exception."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


async def test_garbage_right_behind_an_open(edge: Listening, escaped: list[dict[str, Any]]) -> None:
    """LINK19: the OPEN is answered or not, the alert comes, and no exception does."""
    async with dialled(edge.link_port, edge.root) as raw:
        await raw.handshake()
        session = ClientSession(verify(edge.server.core.keys.manifest), os.urandom, exporter=raw.exporter())
        raw.tls.send(framed(session.opening))
        await raw.write(raw.tls.data_to_send() + b"\x17\x03\x03\x00\x20" + bytes(32))
        with pytest.raises(Ended):
            await raw.carried()
        assert raw.alert is AlertDescription.BAD_RECORD_MAC
    await until(lambda: not edge.server.core.platform.sessions._connections)
    assert escaped == []


async def test_key_updates_of_somebody_who_reads_nothing(
    edge: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONN18 for what TLS itself answers, which no connection of the core ever counts."""
    monkeypatch.setattr(link_module, "WAITING_BYTES_MAX", 10_000)
    async with link(edge.link_port, edge.root, receive_buffer_bytes=4096) as raw:
        assert edge.link is not None
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        raw.tls.send((16_000).to_bytes(2, "big"))
        for _ in range(10_000):
            # A byte of a message that never ends, so that they do not come in a row (LINK15).
            raw.tls.send(b"x")
            raw.tls.update_keys(request_peer=True)
            raw.writer.write(raw.tls.data_to_send())
            await asyncio.sleep(0)
            if not edge.link.connections:
                break
        assert not edge.link.connections


async def test_a_body_that_never_comes(edge: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONN24: a request that does not go on ends, in a session and before one."""

    async def begun(session: str) -> int:
        async with connected(edge.port) as raw:
            head = f"POST /link HTTP/1.1\r\nHost: x\r\n{session}Content-Length: 9\r\n\r\n"
            await raw.write(head.encode() + b"\0")
            return parse(await raw.rest()).status

    monkeypatch.setattr(post_module, "BODY_S", 1)
    async with posting(edge.port) as client:
        sessions = ("", f"Hutong-Session: {client.name}\r\n")
        assert await asyncio.gather(*map(begun, sessions)) == [408, 408]
        await client.say(ASK)
        assert (await client.reply()).error.reason == "unknown_method"


class _Broken(MemoryTickets):
    """Fails whoever asks, all in the same moment."""

    async def look(self, identity: bytes, now_ms: int) -> KeptTicket | None:
        await asyncio.sleep(0)
        raise TicketStoreError


async def test_a_store_that_fails_everybody_is_told_of_once() -> None:
    """Who comes with made-up tickets while it is locked or full does not write the log."""
    clock = ManualClock()
    office = TicketOffice(_Broken(), clock, Randomness())
    offered = TicketOffered(
        identity=bytes(32), obfuscated_age=0, early_data=True, server_name=None, alpn=None
    )
    with capture_logs() as logs:
        for _ in range(2):
            redeemed = await asyncio.gather(*(office.redeem(offered, lambda _: True) for _ in range(20)))
            assert redeemed == [None] * 20
            clock.advance(SICK_S)
    assert [each["event"] for each in logs] == ["ticket_store_failed"] * 2
