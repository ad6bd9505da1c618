"""Reactions."""

import sqlalchemy as sa
from alembic import op

revision = "reactions_0001"
down_revision = None
branch_labels = ("reactions",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reaction",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("emoji", sa.String(32), primary_key=True),
    )
