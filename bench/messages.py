"""Durable messages through real sockets, the whole stack on.

Estimate before measuring: a bare uvloop server that commits in groups delivers 42,000-73,000/s on this kind
of machine; RPC, Protobuf, permission checks and the log's dedupe should leave at least 10,000/s. The peer in
the same run is Prosody, without and with its archive, when its Debian package is there (`make bench`
installs it).
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import uvloop

from bench import _behind, _group, _idle, _prosody
from bench._indexed import index
from bench._link import Link, connect, connect_tls, new_key
from bench._report import report
from bench._server import Pair, Server, seed, serve
from hutong.schema import chat_pb2

SEND = 408
PAIRS = 50
IN_FLIGHT = 20
BODY = "x" * 100
IDLE = 2_000
CASES = ("ws", "wss", "tls", "latency", "idle", "group", "behind", "peers")
GROUP_PER_S = 200
_WARM_S = 1.0
# Somebody 10,000 events behind, and somebody who was away for a year.
BEHIND_CONVERSATIONS, BEHIND_EVENTS = 50, 200
YEAR_CONVERSATIONS, YEAR_EVENTS = 2_000, 200


def send_body(log: str) -> bytes:
    """Return a request of `Chat.Send`."""
    return chat_pb2.SendRequest(log=log, content=chat_pb2.Content(text=BODY)).SerializeToString()


class Load(NamedTuple):
    """What a server did under load."""

    rate: float  # deliveries per second
    cpu_us: float  # the server's processor time a message: says more than the rate on a shared machine
    clients_cpu_us: float  # theirs, of both sides and in this process
    acknowledged: int


async def throughput(
    server: Server, pairs: list[Pair], seconds: float, open_link: Callable[..., Awaitable[Link]]
) -> Load:
    """Keep 20 messages of each pair in flight."""
    loop = asyncio.get_running_loop()
    delivered = acknowledged = sent = 0
    running = True
    idle = asyncio.Event()

    async def pair_up(pair: Pair) -> None:
        sender, receiver = await open_link(server, pair.one), await open_link(server, pair.other, pair.log)
        body = send_body(pair.log)

        def send_one() -> None:
            nonlocal sent
            sent += 1
            sender.send(SEND, body, new_key(sent))

        def on_reply(reply: object) -> None:
            nonlocal acknowledged
            assert not reply.HasField("error"), reply  # type: ignore[attr-defined]
            acknowledged += 1
            if running:
                send_one()

        def on_event(_event: object) -> None:
            nonlocal delivered
            delivered += 1
            if delivered == sent and not running:
                idle.set()

        sender.on_reply, receiver.on_event = on_reply, on_event
        starters.append(send_one)

    starters: list[object] = []
    await asyncio.gather(*(pair_up(pair) for pair in pairs))
    for start in starters:
        for _ in range(IN_FLIGHT):
            start()  # type: ignore[operator]
    await asyncio.sleep(_WARM_S)
    begin, before, cpu_s, clients_cpu_s = loop.time(), delivered, server.cpu_s(), time.process_time()
    await asyncio.sleep(seconds)
    count, spent_s = delivered - before, server.cpu_s() - cpu_s
    clients_spent_s = time.process_time() - clients_cpu_s
    rate = count / (loop.time() - begin)
    running = False
    await asyncio.wait_for(idle.wait(), 20)
    assert acknowledged == delivered == sent
    return Load(rate, spent_s / count * 1e6, clients_spent_s / count * 1e6, acknowledged)


async def latency(server: Server, pairs: list[Pair], seconds: float, rate: int = 500) -> tuple[float, float]:
    """Send at a fixed rate; return median and 99th percentile from send to delivery in milliseconds.

    The first second does not count, as for the throughput: a server that has just started makes statements.
    """
    links = [(await connect(server, pair.one), await connect(server, pair.other, pair.log)) for pair in pairs]
    times: list[float] = []
    waiting: list[deque[float]] = []  # by pair: when those under way were sent, and events come in order

    def take(started: deque[float], _event: object) -> None:
        sent = started.popleft()
        if sent - begin >= _WARM_S:
            times.append(time.perf_counter() - sent)

    for _, receiver in links:
        started: deque[float] = deque()
        waiting.append(started)
        receiver.on_event = partial(take, started)
    bodies = [send_body(pair.log) for pair in pairs]
    begin = time.perf_counter()
    for number in range(int(rate * (_WARM_S + seconds))):
        due = begin + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        index = number % len(links)
        waiting[index].append(time.perf_counter())
        links[index][0].send(SEND, bodies[index], new_key(number))
    await asyncio.sleep(0.5)
    left = sum(map(len, waiting))
    assert not left, f"{left} messages were not delivered"
    cuts = statistics.quantiles(times, n=100)
    return statistics.median(times) * 1000, cuts[98] * 1000


async def under_load(suffix: str, seconds: float) -> dict[str, float]:
    """Return what a server does under load, over one carrier; every acknowledged message has to be there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = seed(folder, PAIRS)
        async with serve(folder, tls=suffix == "_wss") as server:
            open_link = connect_tls if suffix == "_tls" else connect
            load = await throughput(server, pairs, seconds, open_link)
        with sqlite3.connect(folder / "hutong.db") as database:
            (stored,) = database.execute("SELECT count(*) FROM log_event").fetchone()
    assert stored == load.acknowledged, (stored, load.acknowledged)
    return {
        f"durable_delivered_per_s{suffix}": load.rate,
        f"server_cpu_us_per_message{suffix}": load.cpu_us,
        f"clients_cpu_us_per_message{suffix}": load.clients_cpu_us,
    }


async def delay(seconds: float) -> dict[str, float]:
    """Return how long messages take when there is little to do."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = seed(folder, PAIRS)
        async with serve(folder) as server:
            p50, p99 = await latency(server, pairs, seconds)
    return {"p50_ms_at_500": p50, "p99_ms_at_500": p99}


async def idle() -> dict[str, float]:
    """Return the memory of a silent connection."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = seed(folder, PAIRS)
        _idle.fill(folder, pairs)
        await index(folder, pairs[0].one)
        async with serve(folder) as server:
            first, further = await _idle.bytes_each(server, pairs, IDLE)
    return {"bytes_per_idle_connection": first, "bytes_per_further_connection": further}


async def large_group(seconds: float, members: int, online: int) -> dict[str, float]:
    """Return what a large group is like in which people talk without a pause."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed(folder, 1)
        group = _group.seed_group(folder, members, online)
        async with serve(folder) as server:
            fanout = await _group.fanout(server, group, seconds, GROUP_PER_S)
    return {
        "group_fanout_per_s": fanout.delivered_per_s,
        "group_p99_ms": fanout.p99_ms,
        "group_server_cpu_us_per_delivery": fanout.cpu_us,
    }


async def coming_back() -> dict[str, float]:
    """Return how long a device takes that was away, for a while and for a year."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed(folder, 1)
        behind = _behind.seed_absent(folder, BEHIND_CONVERSATIONS, BEHIND_EVENTS, "b")
        year = _behind.seed_absent(folder, YEAR_CONVERSATIONS, YEAR_EVENTS, "y")
        async with serve(folder) as server:
            raw_s = await _behind.catch_up_raw(server, behind)
            client_s = await _behind.catch_up_client(server, behind)
            look = await _behind.first_look(server, year)
    return {
        "catch_up_s": client_s,
        "catch_up_raw_s": raw_s,
        "year_first_look_s": look.seconds,
        "year_first_look_bytes": look.size_bytes,
        "year_first_look_server_cpu_s": look.server_cpu_s,
    }


async def measure_peers(seconds: float) -> dict[str, float]:
    """Return the same load's deliveries per second on Prosody; nothing when it is not installed."""
    if not _prosody.installed():
        return {}
    peers = {}
    for name, archive in (("prosody_no_archive_per_s", False), ("prosody_archive_per_s", True)):
        peers[name] = await _prosody.delivered_per_s(
            archive=archive, pairs=PAIRS, in_flight=IN_FLIGHT, seconds=seconds
        )
    return peers


async def run(seconds: float, members: int, online: int, only: list[str]) -> None:
    """Measure everything, or some cases, each on a fresh server and folder."""
    cases: dict[str, Callable[[], Awaitable[dict[str, float]]]] = {
        "ws": partial(under_load, "", seconds),
        "wss": partial(under_load, "_wss", seconds / 2),
        "tls": partial(under_load, "_tls", seconds / 2),
        "latency": partial(delay, seconds),
        "idle": idle,
        "group": partial(large_group, seconds / 2, members, online),
        "behind": coming_back,
    }
    metrics: dict[str, float] = {}
    for name, case in cases.items():
        if not only or name in only:
            metrics |= await case()
    peers = await measure_peers(seconds / 2) if not only or "peers" in only else {}
    rate = metrics.get("durable_delivered_per_s", 0.0)
    report("messages", metrics, peers, {f"to_{name}": rate / value for name, value in peers.items()})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only output there is")
    parser.add_argument("--long", action="store_true", help="five times longer")
    parser.add_argument("--members", type=int, default=500, help="of the large group")
    parser.add_argument("--online", type=int, default=100, help="how many of them are connected")
    parser.add_argument("--only", nargs="*", default=[], choices=CASES, help="some of the cases")
    arguments = parser.parse_args()
    uvloop.run(run(50 if arguments.long else 10, arguments.members, arguments.online, arguments.only))
