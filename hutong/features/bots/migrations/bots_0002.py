"""Webhooks that ended are remembered."""

import sqlalchemy as sa
from alembic import op

revision = "bots_0002"
down_revision = "bots_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "hook", sa.Column("ended_at_ms", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
