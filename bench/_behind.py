"""A device that was away: how long until it is in step, and what its first look costs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench._link import Asking, connect
from bench._people import Person, befriend, put_messages, put_people
from bench._server import Server
from hutong.client import Client
from hutong.client.home import Home, Session
from hutong.client.models import Event
from hutong.platform.database import create_engine
from hutong.schema import chat_pb2, log_pb2

FOLLOW = 101
LIST = 401
_LOGS_AT_ONCE_MAX = 500
_EVENTS_AT_ONCE_MAX = 200
# What the web client asks for.
_RECENT = 10


class Absent(NamedTuple):
    """Somebody with conversations in which others said things."""

    person: Person
    logs: list[str]
    events: int  # of each


class FirstLook(NamedTuple):
    """What a device gets that sees everything for the first time."""

    seconds: float
    size_bytes: int
    server_cpu_s: float


def seed_absent(folder: Path, conversations: int, events: int, prefix: str) -> Absent:
    """Add somebody who knows many people, and has heard none of what they said."""
    engine = create_engine(f"sqlite:///{folder / 'hutong.db'}", readonly=False)
    with engine.begin() as connection:
        person, *others = put_people(connection, 1 + conversations, prefix)
        logs = [f"chat:{prefix}{number:010}" for number in range(conversations)]
        for log, other in zip(logs, others, strict=True):
            befriend(connection, person, other, log)
        put_messages(connection, ((log, other.user) for log, other in zip(logs, others, strict=True)), events)
    engine.dispose()
    return Absent(person, logs, events)


async def catch_up_raw(server: Server, absent: Absent) -> float:
    """Return the seconds from the first byte to the last event, by the protocol alone (LOG9)."""
    begin = time.perf_counter()
    asking = Asking(await connect(server, absent.person))
    cursors = dict.fromkeys(absent.logs, 0)
    seen = 0
    while cursors:
        logs = list(cursors)[:_LOGS_AT_ONCE_MAX]
        request = log_pb2.FollowRequest(
            cursors=[log_pb2.Cursor(log=log, after=cursors[log]) for log in logs], limit=_EVENTS_AT_ONCE_MAX
        )
        reply = log_pb2.FollowReply.FromString(await asking.ask(FOLLOW, request.SerializeToString()))
        for page in reply.pages:
            seen += len(page.events)
            cursors[page.log] += len(page.events)
            if cursors[page.log] == page.head:
                del cursors[page.log]
    spent_s = time.perf_counter() - begin
    assert seen == len(absent.logs) * absent.events
    return spent_s


async def catch_up_client(server: Server, absent: Absent) -> float:
    """Return the seconds the real client takes from its start until a program was given every event."""
    person = absent.person
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name))
        home.keep_session(
            Session(person.user, person.user, person.user, person.device, person.key.private_bytes_raw())
        )
        home.keep_cursors(dict.fromkeys([f"inbox:{person.user}", *absent.logs], 0))
        begin, left = time.perf_counter(), len(absent.logs) * absent.events
        async with Client(f"http://127.0.0.1:{server.port}", home=Path(name)) as client:
            stream = client.events()
            async with asyncio.timeout(60):
                async for event in stream:
                    left -= isinstance(event, Event)
                    if not left:
                        break
            spent_s = time.perf_counter() - begin
            await stream.aclose()
    return spent_s


async def first_look(server: Server, absent: Absent) -> FirstLook:
    """List what there is and follow it from its head, as a client does that keeps nothing."""
    cpu_s, begin = server.cpu_s(), time.perf_counter()
    link = await connect(server, absent.person)
    asking = Asking(link)
    body = await asking.ask(LIST, chat_pb2.ListRequest(recent=_RECENT).SerializeToString())
    conversations = chat_pb2.ListReply.FromString(body).conversations
    assert len(conversations) == len(absent.logs)
    assert all(each.unread == absent.events for each in conversations)
    for start in range(0, len(conversations), _LOGS_AT_ONCE_MAX):
        some = conversations[start : start + _LOGS_AT_ONCE_MAX]
        request = log_pb2.FollowRequest(
            cursors=[log_pb2.Cursor(log=each.log, after=each.head) for each in some]
        )
        await asking.ask(FOLLOW, request.SerializeToString())
    return FirstLook(time.perf_counter() - begin, link.received_bytes, server.cpu_s() - cpu_s)
