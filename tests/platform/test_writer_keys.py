"""Keys and first answers in the writer (CONN13, LOG4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hutong.platform.answers import Answers, Question
from hutong.platform.answers import answer as answer_table
from hutong.platform.database import metadata
from hutong.platform.errors import AlreadyExists, InvalidArgument
from hutong.platform.writer import (
    Answered,
    Transaction,
)
from hutong.schema import chat_pb2
from tests.platform.writing import Bench, append, key


def answered(name: str, author: str = "alice", method: int = 1, digest: bytes = b"d") -> Answered[Any]:
    def run(tx: Transaction) -> chat_pb2.SendReply:
        appended = tx.append("log:1", chat_pb2.MemberLeft(user=name))
        return chat_pb2.SendReply(seq=appended.seq)

    question = Question(author, name.encode().rjust(16, b"0"), method, digest.ljust(32, b"0"))
    return Answered(run, question, chat_pb2.SendReply)


async def test_the_first_answer_answers_every_retry(bench: Bench) -> None:
    """CONN13, in one group and later"""
    together = await bench.together(answered("a"), answered("b"), answered("a"))
    later = await bench.writer.submit(answered("a"))
    assert [reply.seq for reply in (*together, later)] == [1, 2, 1, 1]
    assert len(await bench.events("log:1")) == 2


@pytest.mark.parametrize("same_group", [True, False])
async def test_a_key_is_one_request(bench: Bench, same_group: bool) -> None:
    """CONN13: another method or another body is misuse; another author's key is another key."""
    commands = [answered("a"), answered("a", method=2), answered("a", digest=b"e"), answered("a", "bobby")]
    if same_group:
        results = await bench.together(*commands)
    else:
        results = [(await bench.together(command))[0] for command in commands]
    assert [getattr(result, "seq", None) for result in results] == [1, None, None, 2]
    for refused in results[1:3]:
        assert isinstance(refused, AlreadyExists)
        assert refused.reason == "key_reused"


@pytest.mark.parametrize("same_group", [True, False])
@pytest.mark.parametrize("message_first", [True, False])
async def test_a_key_of_a_message_is_no_other_request_s(
    bench: Bench, same_group: bool, message_first: bool
) -> None:
    """CONN13, between the two places where keys are kept"""
    commands: list[Any] = [append("log:2", b"a".rjust(16, b"0")), answered("a")]
    if not message_first:
        commands.reverse()
    if same_group:
        results = await bench.together(*commands)
    else:
        results = [(await bench.together(command))[0] for command in commands]
    assert results[0].seq == 1
    assert isinstance(results[1], AlreadyExists)
    assert len(await bench.events("log:1")) + len(await bench.events("log:2")) == 1


async def test_a_failed_request_may_be_repeated_with_its_key(bench: Bench) -> None:
    """CONN13: only an effect has an answer to keep."""
    question = Question("alice", key(9), 1, b"d" * 32)

    def fail(_tx: Transaction) -> chat_pb2.SendReply:
        raise InvalidArgument("Not yet.")

    (failed,) = await bench.together(Answered(fail, question, chat_pb2.SendReply))
    assert isinstance(failed, InvalidArgument)
    reply = await bench.writer.submit(
        Answered(lambda _tx: chat_pb2.SendReply(seq=7), question, chat_pb2.SendReply)
    )
    assert reply.seq == 7


async def test_looking_for_more_keys_than_one_statement_takes(bench: Bench) -> None:
    await bench.together(*(append("log:1", key(number)) for number in range(1, 900)))
    again = await bench.together(*(append("log:1", key(number)) for number in range(1, 900)))
    assert [result.seq for result in again] == list(range(1, 900))
    assert all(result.duplicate for result in again)


def test_answers_are_found_by_author(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'answers.db'}")
    metadata.create_all(engine, [answer_table])
    with engine.begin() as connection:
        ours = Question("alice", key(1), 1, b"d" * 32)
        Answers(connection, 5).add(ours, b"reply")
        fresh = Answers(connection, 6)
        assert fresh.get(ours) is None  # not asked for
        fresh.find([key(1)])
        assert fresh.get(ours) == b"reply"
        assert fresh.get(ours._replace(author="bobby")) is None
    engine.dispose()
