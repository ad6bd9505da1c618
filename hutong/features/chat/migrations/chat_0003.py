"""Who is mentioned where, later wordings, and when messages disappear."""

import sqlalchemy as sa
from alembic import op

revision = "chat_0003"
down_revision = "chat_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mention",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("author", sa.String(16), nullable=False),
    )
    op.create_index("ix_mention_log_seq", "mention", ["log", "seq"])
    op.create_table(
        "wording",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("edit", sa.Integer, primary_key=True),
    )
    op.create_table(
        "expiry",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_expiry_due_ms", "expiry", ["due_ms"])
