"""A conversation of any length for the web client to show, written by the log's own writer."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from argon2 import PasswordHasher

from bench._server import Pair, seed
from hutong.features.chat import store as chat_store
from hutong.features.identity import store as identity_store
from hutong.platform.clock import ManualClock
from hutong.platform.database import create_engine
from hutong.platform.events import kind_of
from hutong.platform.writer import Append, Writer
from hutong.schema import chat_pb2

PASSWORD = "correct horse battery"
# Conversations beside the long one, so that the list is as long as lists get.
OTHERS = 200
_BATCH = 1_000
_APART_S = 120.0
_SENTENCES = (
    "Have you eaten? 吃了吗",
    "The plum tree in the courtyard is in flower. Come and see it before it rains!",
    "好的",
    (
        "See https://map.example/hutong/wudaoying for how to get there; it is the second door on the left, "
        "behind the bicycles, and there is a bell that does not work, so knock."
    ),
    "🎉",
    "我找到那张老地图了。咱们这条巷子以前叫另一个名字。周日门开着。",
)


def text_of(number: int) -> str:
    """Return what the message says that stands at this seq."""
    return f"{_SENTENCES[number % len(_SENTENCES)]} ({number})"


async def fill(folder: Path, messages: int) -> Pair:
    """Seed people, of whom the first can log in, and the conversation of the first two, read to its end."""
    pairs = seed(folder, 1 + OTHERS)
    long = pairs[0]
    url = f"sqlite:///{folder / 'hutong.db'}"
    clock = ManualClock(1_795_000_000_000 - int(messages * _APART_S * 1000))
    writer = Writer(url, clock, lambda _outcome: None)
    writer.start()
    await _append(writer, [(pair.log, messages + n, pair.other.user) for n, pair in enumerate(pairs[1:], 1)])
    for start in range(1, messages + 1, _BATCH):
        numbers = range(start, min(start + _BATCH, messages + 1))
        await _append(
            writer,
            [(long.log, number, (long.one if number // 3 % 2 else long.other).user) for number in numbers],
        )
        clock.advance(_BATCH * _APART_S)
    await writer.close()
    _settle(url, pairs, messages)
    return long


async def _append(writer: Writer, said: list[tuple[str, int, str]]) -> None:
    """Append one message for each (log, number, author)."""
    kind = kind_of(chat_pb2.MessageSent())
    pending = [
        writer.submit(
            Append(
                log=log,
                kind=kind,
                body=chat_pb2.MessageSent(content=chat_pb2.Content(text=text_of(number))).SerializeToString(),
                author=author,
                key=number.to_bytes(16, "big"),
                check=lambda _transaction: None,
            )
        )
        for log, number, author in said
    ]
    for each in pending:
        await each


def _settle(url: str, pairs: list[Pair], messages: int) -> None:
    """Give the first person a password, put the other people into their list, and have read everything."""
    me, member = pairs[0].one.user, chat_store.member
    engine = create_engine(url, readonly=False)
    with engine.begin() as connection:
        account = identity_store.account
        connection.execute(
            sa.update(account)
            .where(account.c.user == me)
            .values(password_hash=PasswordHasher().hash(PASSWORD))
        )
        connection.execute(
            sa.update(member).where(member.c.log == pairs[0].log).values(delivered=messages, read=messages)
        )
        for pair in pairs[1:]:
            connection.execute(
                sa.update(member)
                .where(member.c.log == pair.log, member.c.user == pair.one.user)
                .values(user=me)
            )
    engine.dispose()
