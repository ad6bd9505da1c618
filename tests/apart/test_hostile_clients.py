"""What one client does to the edge it came through must not reach the clients beside it."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from structlog.testing import capture_logs

from hutong.edge.apart.frames import Kind
from hutong.platform.door import CARRIER_MESSAGE_BYTES_MIN, LOW_WATER_BYTES
from hutong.schema import link_pb2
from tests.apart.nearby import near
from tests.edge.listening import packet
from tests.edge.posting import framed, post, posting
from tests.edge.raw import connected, parse, websocket
from tests.platform.scene import until


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


async def test_a_body_that_ends_after_its_session(tmp_path: Path) -> None:
    """The core has heard that the client is gone: nothing of it may follow on the wire."""
    async with near(tmp_path) as both, websocket(both.port) as beside:
        (edge,) = both.gate._edges
        async with posting(both.port) as client:
            body = framed(b"too late for the session it is of")
            head = (
                "POST /link HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                f"Hutong-Session: {client.name}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            async with connected(both.port) as raw:
                await raw.write(head.encode())
                await until(lambda: both.posts._sessions[client.name]._requests == 1)
                assert (await post(both.port, b"", client.name, method="DELETE")).status == 200
                await raw.write(body)
                assert parse(await raw.rest()).status == 404
        await beside.say(packet(ping=7))
        assert (await beside.packet()).pong == 7
        assert both.gate._edges == {edge}


async def test_a_session_that_is_ended_with_much_unsaid(tmp_path: Path) -> None:
    """What the edge drops with a client is not counted as taken any more."""
    async with near(tmp_path) as both, websocket(both.port) as beside:
        (edge,) = both.gate._edges
        asked = [link_pb2.Request(id=each, method=99_999) for each in range(1, 251)]
        async with posting(both.port) as client:
            for _ in range(3):
                await client.say(packet(*asked))
            await until(lambda: both.posts._sessions[client.name].waiting_bytes() > LOW_WATER_BYTES)
            await client.carry(b"\x80 this is no record, as long as it is")
            await until(lambda: not len(both.posts))
        await beside.say(packet(ping=7))
        assert (await beside.packet()).pong == 7
        assert both.gate._edges == {edge}


@pytest.mark.parametrize("size", [0, CARRIER_MESSAGE_BYTES_MIN - 1])
async def test_countless_messages_too_small_to_be_any(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them crosses the wire."""
    async with near(tmp_path) as both:
        assert both.remote._wire is not None
        sent: list[Kind] = []
        send = both.remote._wire.send

        def noted(kind: Kind, channel: int, payload: bytes = b"") -> None:
            sent.append(kind)
            send(kind, channel, payload)

        monkeypatch.setattr(both.remote._wire, "send", noted)
        assert (await post(both.port, framed(bytes(size)) * 1000)).status == 200
        assert [kind for kind in sent if kind is not Kind.PING] == [Kind.OPEN, Kind.CLOSED]
        async with websocket(both.port, sealed=False) as raw:
            await raw.carry(bytes(size))
            await raw.ended()
        assert Kind.DATA not in sent
        async with posting(both.port) as client:
            assert client.challenge.server_name == "Hutong"


async def test_nothing_of_a_client_follows_its_end(tmp_path: Path) -> None:
    """Whatever a listener still says of it."""
    async with near(tmp_path) as both, websocket(both.port):
        (edge,) = both.gate._edges
        (inlet,) = both.remote._channels.values()
        inlet.closed()
        inlet.receive(bytes(40))
        inlet.finished()
        inlet.drained()
        inlet.closed()
        async with websocket(both.port) as other:
            await other.say(packet(ping=7))
            assert (await other.packet()).pong == 7
        assert both.gate._edges == {edge}


async def test_strangers_do_not_fill_the_log(tmp_path: Path) -> None:
    """What anybody can do as often as he likes is told once a minute."""
    with capture_logs() as logs:
        async with near(tmp_path) as both:
            port = int(both.remote.settings.core_address.rpartition(":")[2])
            for _ in range(5):
                async with connected(port) as raw:
                    await raw.write(b"GET / HTTP/1.1\r\n\r\n")
                    await raw.ended()
            await until(lambda: not both.gate._strangers)
    loud = [each["event"] for each in logs if each["log_level"] not in {"debug", "info"}]
    assert loud.count("edge_without_the_secret") == 1
    assert "wire_broken" not in loud
