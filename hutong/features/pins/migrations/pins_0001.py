"""Pins."""

import sqlalchemy as sa
from alembic import op

revision = "pins_0001"
down_revision = None
branch_labels = ("pins",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pin",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("pinned", sa.Integer, nullable=False),
    )
