"""When people were here last."""

import sqlalchemy as sa
from alembic import op

revision = "presence_0001"
down_revision = None
branch_labels = ("presence",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_seen",
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
