"""Bots, and accounts that ended."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("bot_of", sa.String(16), nullable=False, server_default=sa.text("''")))
    op.create_index("ix_account_bot_of", "account", ["bot_of"])
    op.add_column("account", sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table("retired_handle", sa.Column("digest", sa.LargeBinary(32), primary_key=True))
