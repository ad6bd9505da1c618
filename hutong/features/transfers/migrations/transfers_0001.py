"""Transfers, from their offer on."""

import sqlalchemy as sa
from alembic import op

revision = "transfers_0001"
down_revision = None
branch_labels = ("transfers",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer",
        sa.Column("transfer", sa.String(16), primary_key=True),
        sa.Column("log", sa.String(80), nullable=False),
        sa.Column("sender", sa.String(16), nullable=False),
        sa.Column("sender_device", sa.String(16), nullable=False),
        sa.Column("receiver", sa.String(16), nullable=False),
        sa.Column("receiver_device", sa.String(16), nullable=False),
        sa.Column("result", sa.Integer, nullable=False),
    )
    op.create_index("ix_transfer_sender", "transfer", ["sender"])
