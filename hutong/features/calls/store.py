"""The calls that ring or are under way. One that is over is a record in its conversation's log."""

from __future__ import annotations

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.schema import calls_pb2 as pb

call = sa.Table(
    "call",
    metadata,
    sa.Column("call", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), nullable=False),
    sa.Column("caller", sa.String(16), nullable=False, index=True),
    sa.Column("callee", sa.String(16), nullable=False, index=True),
    sa.Column("caller_device", sa.String(16), nullable=False),
    sa.Column("callee_device", sa.String(16), nullable=False),
    sa.Column("video", sa.Boolean, nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("started_at_ms", sa.BigInteger, nullable=False),
    sa.Column("answered_at_ms", sa.BigInteger, nullable=False),
)
_NAMES = [column.name for column in call.columns]


def find(executor: Executor, name: str) -> pb.Call | None:
    """Return a call that is not over."""
    return _first(executor, call.c.call == name)


def of_user(executor: Executor, user: str) -> pb.Call | None:
    """Return the call a user rings, is rung by, or is in."""
    return _first(executor, (call.c.caller == user) | (call.c.callee == user))


def _first(executor: Executor, condition: sa.ColumnElement[bool]) -> pb.Call | None:
    row = executor.execute(sa.select(call).where(condition)).first()
    return pb.Call(**row._mapping) if row else None  # noqa: SLF001  SQLAlchemy's public name


def all_calls(executor: Executor) -> list[pb.Call]:
    """Return every call that is not over."""
    return [pb.Call(**row._mapping) for row in executor.execute(sa.select(call))]  # noqa: SLF001


def put(executor: Executor, changed: pb.Call) -> None:
    """Insert a call or store its new state."""
    remove(executor, changed.call)
    executor.execute(sa.insert(call), {name: getattr(changed, name) for name in _NAMES})


def remove(executor: Executor, name: str) -> None:
    """Forget a call."""
    executor.execute(sa.delete(call).where(call.c.call == name))
