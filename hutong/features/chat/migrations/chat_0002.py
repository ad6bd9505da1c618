"""Roles, nicknames and mutes of members; settings of groups; who was removed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "chat_0002"
down_revision = "chat_0001"
branch_labels = None
depends_on = None

ROLE_OWNER = 1


def add(table: str, name: str, kind: Any, default: Any) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))


def upgrade() -> None:
    add("conversation", "inviting", sa.Integer, "0")
    add("conversation", "approval", sa.Boolean, sa.false())
    add("conversation", "history", sa.Boolean, sa.false())
    add("conversation", "admins_write", sa.Boolean, sa.false())
    add("conversation", "announcement", sa.String(2000), sa.text("''"))
    add("conversation", "disappear_s", sa.Integer, "0")
    add("member", "role", sa.Integer, "0")
    add("member", "nickname", sa.String(32), sa.text("''"))
    add("member", "muted_until_ms", sa.BigInteger, "0")
    add("member", "since", sa.Integer, "0")
    names = (sa.column(name, sa.Integer) for name in ("role", "joined", "since"))
    member = sa.table("member", sa.column("owner", sa.Boolean), *names)
    op.execute(sa.update(member).where(member.c.owner).values(role=ROLE_OWNER))
    # Until now people saw what came after their joining: the one number stood for both.
    op.execute(sa.update(member).values(since=member.c.joined))
    op.drop_column("member", "owner")
    op.create_table(
        "removed",
        sa.Column("log", sa.String(80), sa.ForeignKey("conversation.log"), primary_key=True),
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
