"""What a plain text costs: the statements of the log, which many messages share, and none of its own."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from hutong.features.chat.tests.saying import group, say, to
from hutong.schema import chat_pb2 as pb
from hutong.testing import TestServer


@pytest.mark.parametrize("kind", ["direct", "group"])
async def test_plain_text_needs_no_statement_of_its_own(server: TestServer, kind: str) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await (group(alice, bobby) if kind == "group" else server.conversation(alice, bobby))
    first = await say(alice, log)  # who is there is known from here on
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    engine = server.core.platform.writer._engine
    sa.event.listen(engine, "before_cursor_execute", count)
    await say(alice, log)
    plain = [each for each in statements if "log_event" not in each and "answer" not in each]
    statements.clear()
    await say(alice, log, to(bobby.user))
    await say(alice, log, pb.Content(text="x", reply_to=first))
    sa.event.remove(engine, "before_cursor_execute", count)
    assert not any("SAVEPOINT" in each or "SELECT" in each for each in plain)
    assert any("SAVEPOINT" in each for each in statements)  # these are seen when there are any
