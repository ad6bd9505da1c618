"""Messages that are sent later."""

import sqlalchemy as sa
from alembic import op

revision = "scheduled_0001"
down_revision = None
branch_labels = ("scheduled",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scheduled",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("user", sa.String(16), nullable=False),
        sa.Column("log", sa.String(80), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("problem", sa.String(40), nullable=False),
    )
    op.create_index("ix_scheduled_user", "scheduled", ["user"])
    op.create_index("ix_scheduled_due", "scheduled", ["problem", "at_ms"])
