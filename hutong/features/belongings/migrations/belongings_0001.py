"""Copies of one's own data, and messages that are being taken back."""

import sqlalchemy as sa
from alembic import op

revision = "belongings_0001"
down_revision = None
branch_labels = ("belongings",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("files", sa.Boolean, nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_export_at_ms", "export", ["at_ms"])
    op.create_table("taking_back", sa.Column("user", sa.String(16), primary_key=True))
