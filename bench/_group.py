"""One large group: what a message costs when many hear it."""

from __future__ import annotations

import asyncio
import statistics
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench._link import connect, new_key
from bench._people import Person, put_group, put_people
from bench._server import Server
from hutong.platform.database import create_engine
from hutong.schema import chat_pb2

SEND = 408
LOG = "chat:group0000001"
_BODY = chat_pb2.SendRequest(log=LOG, content=chat_pb2.Content(text="x" * 100)).SerializeToString()


class Group(NamedTuple):
    """A seeded group, and who of it is online."""

    members: int
    online: list[Person]


class Fanout(NamedTuple):
    """What the group saw."""

    delivered_per_s: float
    p99_ms: float  # from sending to each single delivery, the author's own included
    cpu_us: float  # the server's processor time a delivery


def seed_group(folder: Path, members: int, online: int) -> Group:
    """Add a group to a seeded database."""
    engine = create_engine(f"sqlite:///{folder / 'hutong.db'}", readonly=False)
    with engine.begin() as connection:
        people = put_people(connection, members, prefix="g")
        put_group(connection, LOG, people)
    engine.dispose()
    return Group(members, people[:online])


async def fanout(server: Server, group: Group, seconds: float, rate: int) -> Fanout:
    """Let those online say `rate` messages a second by turns, everybody following; fails if one is missed."""
    links = [await connect(server, person, LOG) for person in group.online]
    started: list[float] = []  # by seq: as there is one log, they are delivered in the order they were sent
    heard = [0] * len(links)
    times: list[float] = []
    count, complete = int(rate * seconds), asyncio.Event()

    def take(index: int, _event: object) -> None:
        times.append(time.perf_counter() - started[heard[index]])
        heard[index] += 1
        if len(times) == count * len(links):
            complete.set()

    for index, link in enumerate(links):
        link.on_event = partial(take, index)
    cpu_s, begin = server.cpu_s(), time.perf_counter()
    for number in range(count):
        if (wait := begin + number / rate - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        started.append(time.perf_counter())
        links[number % len(links)].send(SEND, _BODY, new_key(number))
    await asyncio.wait_for(complete.wait(), 20)
    assert heard == [count] * len(links)
    spent_s = time.perf_counter() - begin
    return Fanout(
        len(times) / spent_s,
        statistics.quantiles(times, n=100)[98] * 1000,
        (server.cpu_s() - cpu_s) / len(times) * 1e6,
    )
