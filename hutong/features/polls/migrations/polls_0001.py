"""Votes, and polls that were closed."""

import sqlalchemy as sa
from alembic import op

revision = "polls_0001"
down_revision = None
branch_labels = ("polls",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vote",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("option", sa.Integer, primary_key=True),
    )
    op.create_table(
        "closed_poll",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
    )
