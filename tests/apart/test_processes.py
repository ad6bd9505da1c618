"""Edge and core as processes: what works, what the edge can know, and what happens when one of them dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hutong.schema import chat_pb2, link_pb2
from tests.apart.person import Person
from tests.apart.processes import CoreProcess, EdgeProcess, apart, occurrences, recording, running
from tests.edge.linking import link
from tests.edge.raw import Answer, get, websocket
from tests.edge.sealed import Ended
from tests.edge.serving import Serve

pytestmark = pytest.mark.faults


async def test_the_edge_knows_nothing_of_what_is_said(tmp_path: Path) -> None:
    """Its memory and its traffic are searched for words, a file and keys that went through it."""
    words, back, inside = (secrets.token_hex(24) for _ in range(3))
    content = os.urandom(100_000) + inside.encode() + os.urandom(300_000)
    async with apart(tmp_path) as both, AsyncExitStack() as stack:
        edge = both.edge
        web = await stack.enter_async_context(recording(edge.port))
        direct = await stack.enter_async_context(recording(edge.link_port))
        alice, bobby = Person("alice"), Person("bobby")
        await alice.sign_up(await stack.enter_async_context(link(direct.port, edge.root)))
        await bobby.sign_up(await stack.enter_async_context(websocket(web.port)))
        log = await alice.meet(bobby)
        await bobby.follow(log)
        await alice.follow(log)
        await alice.say(log, words)
        await bobby.hear(words)
        await bobby.say(log, back)
        await alice.hear(back)
        blob = await alice.upload(content)
        file = chat_pb2.File(blob=blob, name="notes", size_bytes=len(content))
        await alice.send(log, chat_pb2.Content(file=file))
        assert await bobby.download(blob, len(content)) == content

        wanted = [each.encode() for each in (words, back, inside)]
        keys = private_keys(both.core)
        in_edge = occurrences(edge.process.pid, *wanted, *keys, b"hutong-core/1")
        in_core = occurrences(both.core.process.pid, *wanted)
        # The search works: it finds the words where they are, and in the edge what the edge does know.
        assert in_core[wanted[0]] > 0
        assert in_core[wanted[1]] > 0
        assert in_edge.pop(b"hutong-core/1") > 0
        assert set(in_edge.values()) == {0}
        carried = bytes(web.data + direct.data + both.wire.data)
        assert len(carried) > 3 * len(content)
        assert not any(each in carried for each in wanted)


def private_keys(core: Serve) -> list[bytes]:
    kept = json.loads((core.folder / "service_keys.json").read_text())
    texts = [each["private"] for each in kept["keys"]] + [(core.folder / "root.key").read_text().strip()]
    return [form for text in texts for form in (text.encode(), bytes.fromhex(text))]


async def test_health_and_metrics_of_the_edge(tmp_path: Path) -> None:
    async with apart(tmp_path) as both, websocket(both.edge.port):
        assert (await get(both.edge.port, "/healthz")).status == 200
        metrics = await get(both.edge.port, "/metrics")
        assert b"hutong_connections 1.0" in metrics.body
        both.core.process.kill()
        await both.core.process.wait()
        assert b'"no core"' in (await unhealthy(both.edge.port)).body


async def unhealthy(port: int) -> Answer:
    async with asyncio.timeout(60):
        while True:
            answer = await get(port, "/healthz")
            if answer.status == 503:
                return answer
            await asyncio.sleep(0.02)


async def test_a_core_that_dies_and_comes_back(tmp_path: Path) -> None:
    """Clients are dropped, refused while there is no core, and let in again; nothing said is lost."""
    async with apart(tmp_path) as both, AsyncExitStack() as stack:
        edge, core = both.edge, both.core
        alice, bobby = Person("alice"), Person("bobby")
        await alice.sign_up(await stack.enter_async_context(link(edge.link_port, edge.root)))
        await bobby.sign_up(await stack.enter_async_context(websocket(edge.port)))
        log = await alice.meet(bobby)
        await alice.say(log, "before")
        await core.kill()
        for person in (alice, bobby):
            await dropped(person)
        async with websocket(edge.port, sealed=False) as refused:
            with pytest.raises(AssertionError, match="REFUSAL_BUSY"):
                await refused.manifest()
            await refused.ended()
        await core.start()
        await come_back(stack, edge, alice)
        await bobby.resume(await stack.enter_async_context(websocket(edge.port)))
        await bobby.follow(log)
        await alice.say(log, "after")
        await bobby.hear("after")


async def dropped(person: Person) -> None:
    """Read to the end of the connection, which has to come."""
    with contextlib.suppress(Ended):
        async with asyncio.timeout(60):
            while True:
                await person.link.packet()


async def come_back(stack: AsyncExitStack, edge: EdgeProcess, person: Person) -> None:
    """Dial until the core is there again."""
    async with asyncio.timeout(60):
        while True:
            try:
                await person.resume(await stack.enter_async_context(link(edge.link_port, edge.root)))
            except (AssertionError, Ended):
                await asyncio.sleep(0.05)
            else:
                return


async def test_two_edges_of_one_core(tmp_path: Path) -> None:
    async with apart(tmp_path) as both, AsyncExitStack() as stack:
        other = EdgeProcess(tmp_path / "other", both.core)
        await stack.enter_async_context(running(other))
        alice, bobby = Person("alice"), Person("bobby")
        await alice.sign_up(await stack.enter_async_context(link(both.edge.link_port, both.edge.root)))
        await bobby.sign_up(await stack.enter_async_context(link(other.link_port, other.root)))
        log = await alice.meet(bobby)
        await bobby.follow(log)
        await alice.say(log, "from one edge to the other")
        await bobby.hear("from one edge to the other")


async def test_both_end_well(tmp_path: Path) -> None:
    """A core that stops says goodbye through the edge; an edge that stops ends by itself."""
    async with apart(tmp_path) as both, websocket(both.edge.port) as raw:
        assert await both.core.stop() == 0
        assert await raw.farewell() == link_pb2.Goodbye.REASON_SHUTDOWN
        await raw.ended()
        assert await both.edge.stop() == 0
        assert "Traceback" not in both.core.errors + both.edge.errors


async def test_an_edge_without_the_secret(tmp_path: Path) -> None:
    edge = EdgeProcess(tmp_path / "edge", CoreProcess(tmp_path / "core"), "127.0.0.1:9")
    with pytest.raises(RuntimeError, match="core_secret_file"):
        await edge.start()
