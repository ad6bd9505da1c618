"""Fields that only the server knows, written behind the body of an append (LOG4)."""

from __future__ import annotations

import pytest

from hutong.platform.errors import AlreadyExists
from hutong.platform.writer import Append
from tests.platform.writing import KIND, Bench, key, outcome


def completed(body: bytes, completion: bytes | None, number: int = 1) -> Append:
    return Append("log:1", KIND, body, "alice", key(number), lambda _tx: completion)


@pytest.mark.parametrize("same_group", [True, False])
async def test_a_retry_is_compared_without_them(bench: Bench, *, same_group: bool) -> None:
    """LOG4: whatever the server would write behind it this time"""
    commands = [completed(b"body", b"+one"), completed(b"body", b"+two"), completed(b"body", None)]
    other = completed(b"bodies", b"+one")
    if same_group:
        *answers, refused = await bench.together(*commands, other)
    else:
        answers = [await bench.writer.submit(command) for command in commands]
        refused = await outcome(bench.writer.submit(other))
    assert [(each.seq, each.duplicate) for each in answers] == [(1, False), (1, True), (1, True)]
    assert isinstance(refused, AlreadyExists)
    assert [event.body for event in await bench.events("log:1")] == [b"body+one"]


async def test_without_any_the_body_is_as_it_was(bench: Bench) -> None:
    for number, completion in enumerate([None, b""]):
        await bench.writer.submit(completed(b"body", completion, number))
    assert [event.body for event in await bench.events("log:1")] == [b"body", b"body"]
