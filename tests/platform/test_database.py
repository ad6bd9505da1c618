"""Many rows with few statements."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from hutong.platform.database import insert_many, select_in

TABLE = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.String))


@pytest.mark.parametrize("count", [0, 1, 3, 64, 127, 300, 511, 512, 1000, 1537])
def test_every_row_once_and_in_few_sizes(count: int) -> None:
    engine = sa.create_engine("sqlite://")
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    rows = [(number, str(number)) for number in range(count)]
    with engine.begin() as connection:
        TABLE.create(connection)
        sa.event.listen(engine, "before_cursor_execute", note)
        insert_many(connection, TABLE, rows)
        assert len(statements) == count // 512 + (count % 512).bit_count()
        statements.clear()
        found = select_in(connection, "SELECT a, b FROM t WHERE a", [*range(count), -1])
        assert sorted(found) == rows
        assert len(statements) == count // 512 + 1
    engine.dispose()
