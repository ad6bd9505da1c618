"""A conversation that has gone on for years, put into a server's database while it is stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from argon2 import PasswordHasher

from hutong.features.chat import store as chat_store
from hutong.features.contacts import store as contacts_store
from hutong.features.identity import store as identity_store
from hutong.platform.database import create_engine
from hutong.platform.events import kind_of
from hutong.platform.log import log_event
from hutong.schema import chat_pb2, contacts_pb2
from tests.browser.conftest import Server
from tests.browser.person import PASSWORD

LOG = "chat:0123456789ab"
ANNA, BOB = "anna00000000", "bob000000000"
# Before now, so that the newest messages are of today and the oldest of weeks ago.
_APART_MS = 60_000


@dataclass(frozen=True, slots=True)
class Seeded:
    """Somebody who can log in with `PASSWORD`."""

    user: str
    handle: str
    name: str


PEOPLE = (Seeded(ANNA, "anna", "Anna Lin"), Seeded(BOB, "bob", "Bob Chen"))


async def give_history(server: Server, messages: int, read: int, now_ms: int) -> None:
    """Restart `server` with Anna, Bob and their conversation, which Anna has read up to `read`."""
    await server.stop()
    _fill(server.folder, messages, read, now_ms)
    await server.start()


async def go_on(server: Server, messages: int) -> None:
    """Restart `server` with so many more messages, said in this moment."""
    await server.stop()
    now_ms = time.time_ns() // 1_000_000
    with _database(server.folder) as connection:
        head = connection.execute(
            sa.select(sa.func.max(log_event.c.seq)).where(log_event.c.log == LOG)
        ).scalar_one()
        last = head + messages
        later = [{**_event(n, last, now_ms), "at_ms": now_ms} for n in range(head + 1, last + 1)]
        connection.execute(sa.insert(log_event), later)
    await server.start()


@contextmanager
def _database(folder: Path) -> Iterator[sa.Connection]:
    engine = create_engine(f"sqlite:///{folder / 'hutong.db'}", readonly=False)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _fill(folder: Path, messages: int, read: int, now_ms: int) -> None:
    with _database(folder) as connection:
        password_hash = PasswordHasher().hash(PASSWORD)
        connection.execute(
            sa.insert(identity_store.account),
            [
                {
                    "user": person.user,
                    "handle": person.handle,
                    "name": person.name,
                    "about": "",
                    "picture": "",
                    "password_hash": password_hash,
                    "admin": False,
                    "language": "en",
                    "created_at_ms": 0,
                }
                for person in PEOPLE
            ],
        )
        for mine, theirs in ((ANNA, BOB), (BOB, ANNA)):
            contacts_store.put(connection, contacts_store.Row(mine, theirs, contacts_pb2.RELATION_CONTACT))
        chat_store.put_conversation(connection, LOG, is_group=False, title="", now_ms=0)
        chat_store.put_members(connection, LOG, (ANNA, BOB), joined=1)
        chat_store.put_direct(connection, ANNA, BOB, LOG)
        member = chat_store.member
        for user, mark in ((ANNA, read), (BOB, messages)):
            connection.execute(
                sa.update(member).where(member.c.user == user).values(delivered=mark, read=mark)
            )
        connection.execute(
            sa.insert(log_event), [_event(n, messages, now_ms) for n in range(1, messages + 1)]
        )


def _event(seq: int, messages: int, now_ms: int) -> dict[str, object]:
    # Long and short ones, so that no row is as high as the next.
    text = f"message {seq} " + "and more " * (seq * 7 % 23)
    body = chat_pb2.MessageSent(content=chat_pb2.Content(text=text))
    return {
        "log": LOG,
        "seq": seq,
        "kind": kind_of(body),
        "author": ANNA if seq % 5 in {1, 2} else BOB,
        "at_ms": now_ms - (messages - seq) * _APART_MS,
        "key": seq.to_bytes(16, "big"),
        "body": body.SerializeToString(),
    }
