"""Subscriptions of browsers, and what was pushed to them."""

import sqlalchemy as sa
from alembic import op

revision = "push_0001"
down_revision = None
branch_labels = ("push",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("device", sa.String(16), primary_key=True),
        sa.Column("user", sa.String(16), nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("p256dh", sa.LargeBinary(65), nullable=False),
        sa.Column("auth", sa.LargeBinary(16), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_push_subscription_user", "push_subscription", ["user"])
    op.create_index("ix_push_subscription_endpoint", "push_subscription", ["endpoint"])
    op.create_table(
        "push_mark",
        sa.Column("device", sa.String(16), primary_key=True),
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
    )
