"""Calls that ring or are under way."""

import sqlalchemy as sa
from alembic import op

revision = "calls_0001"
down_revision = None
branch_labels = ("calls",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("call", sa.String(16), primary_key=True),
        sa.Column("log", sa.String(80), nullable=False),
        sa.Column("caller", sa.String(16), nullable=False),
        sa.Column("callee", sa.String(16), nullable=False),
        sa.Column("caller_device", sa.String(16), nullable=False),
        sa.Column("callee_device", sa.String(16), nullable=False),
        sa.Column("video", sa.Boolean, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger, nullable=False),
        sa.Column("answered_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_call_caller", "call", ["caller"])
    op.create_index("ix_call_callee", "call", ["callee"])
