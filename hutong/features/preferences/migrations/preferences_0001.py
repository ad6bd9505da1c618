"""Preferences and drafts."""

import sqlalchemy as sa
from alembic import op

revision = "preferences_0001"
down_revision = None
branch_labels = ("preferences",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_preference",
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    for name in ("conversation_preference", "draft"):
        op.create_table(
            name,
            sa.Column("user", sa.String(16), primary_key=True),
            sa.Column("log", sa.String(80), primary_key=True),
            sa.Column("body", sa.LargeBinary, nullable=False),
        )
