"""Conversations, members, pairs."""

import sqlalchemy as sa
from alembic import op

revision = "chat_0001"
down_revision = None
branch_labels = ("chat",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("is_group", sa.Boolean, nullable=False),
        sa.Column("title", sa.String(64), nullable=False),
        sa.Column("picture", sa.String(64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("log", sa.String(80), sa.ForeignKey("conversation.log"), primary_key=True),
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("owner", sa.Boolean, nullable=False),
        sa.Column("joined", sa.Integer, nullable=False),
        sa.Column("delivered", sa.Integer, nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
    )
    op.create_index("ix_member_user", "member", ["user"])
    op.create_table(
        "direct",
        sa.Column("first", sa.String(16), primary_key=True),
        sa.Column("second", sa.String(16), primary_key=True),
        sa.Column("log", sa.String(80), sa.ForeignKey("conversation.log"), nullable=False),
    )
