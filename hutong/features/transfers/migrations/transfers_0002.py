"""When transfers were offered: who is not answered for a week, has expired."""

import sqlalchemy as sa
from alembic import op

revision = "transfers_0002"
down_revision = "transfers_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those of before count as old: their senders have long given up waiting.
    column = sa.Column("offered_at_ms", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("transfer", column)
    op.create_index("ix_transfer_open", "transfer", ["result", "receiver_device", "offered_at_ms"])
