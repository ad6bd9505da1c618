"""Webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "bots_0001"
down_revision = None
branch_labels = ("bots",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hook",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("log", sa.String(80), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("by", sa.String(16), nullable=False),
        sa.Column("user", sa.String(16), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_hook_log", "hook", ["log"])
    op.create_index("ix_hook_user", "hook", ["user"])
