"""Rows for people who are there from the start: signing up would take minutes of argon2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.features.chat import store as chat_store
from hutong.features.contacts import store as contacts_store
from hutong.features.identity import store as identity_store
from hutong.platform.events import kind_of
from hutong.platform.log import log_event
from hutong.schema import chat_pb2, contacts_pb2

_EVENT = chat_pb2.MessageSent(content=chat_pb2.Content(text="x" * 100))
# One statement for so many rows keeps the memory of a seed small.
_ROWS_AT_ONCE = 20_000


@dataclass(slots=True)
class Person:
    """A seeded account with one device."""

    user: str
    device: str
    key: Ed25519PrivateKey


def put_people(connection: sa.Connection, count: int, prefix: str = "") -> list[Person]:
    """Insert people with a device each; a prefix of at most four letters keeps several groups apart."""
    people = [
        Person(f"{prefix}user{n:0{8 - len(prefix)}}", f"{prefix}device{n:0{6 - len(prefix)}}", _new_key())
        for n in range(count)
    ]
    connection.execute(sa.insert(identity_store.account), [_account(person) for person in people])
    connection.execute(sa.insert(identity_store.device), [_device(person) for person in people])
    return people


def _new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def _account(person: Person) -> dict[str, object]:
    return {
        "user": person.user,
        "handle": person.user,
        "name": person.user,
        "about": "",
        "picture": "",
        "password_hash": "",
        "admin": False,
        "language": "en",
        "created_at_ms": 0,
    }


def _device(person: Person) -> dict[str, object]:
    return {
        "device": person.device,
        "user": person.user,
        "name": "bench",
        "public_key": person.key.public_key().public_bytes_raw(),
        "created_at_ms": 0,
        "seen_at_ms": 0,
        "revoked": False,
    }


def befriend(connection: sa.Connection, one: Person, other: Person, log: str) -> None:
    """Make two people contacts with a conversation."""
    users = one.user, other.user
    for mine, theirs in (users, users[::-1]):
        row = contacts_store.Row(mine, theirs, contacts_pb2.RELATION_CONTACT)
        contacts_store.put(connection, row)
    chat_store.put_conversation(connection, log, is_group=False, title="", now_ms=0)
    chat_store.put_members(connection, log, users, joined=1)
    chat_store.put_direct(connection, *users, log)


def put_group(connection: sa.Connection, log: str, people: Sequence[Person]) -> None:
    """Make people a group; the first owns it."""
    users = [person.user for person in people]
    chat_store.put_conversation(connection, log, is_group=True, title="bench", now_ms=0)
    chat_store.put_members(connection, log, users, joined=1, owner=users[0])


def put_messages(connection: sa.Connection, logs: Iterable[tuple[str, str]], count: int) -> None:
    """Append `count` messages to each of some (log, author), without keys, a second apart."""
    kind, body = kind_of(_EVENT), _EVENT.SerializeToString()
    rows: list[dict[str, object]] = []

    def flush() -> None:
        connection.execute(sa.insert(log_event), rows)
        rows.clear()

    for number, (log, author) in enumerate(logs):
        for seq in range(1, count + 1):
            at_ms = number * 1000 + seq
            rows.append(
                {"log": log, "seq": seq, "kind": kind, "author": author, "at_ms": at_ms, "body": body}
            )
        if len(rows) >= _ROWS_AT_ONCE:
            flush()
    if rows:
        flush()
