"""Links into groups, and who waits to be let in."""

import sqlalchemy as sa
from alembic import op

revision = "invites_0001"
down_revision = None
branch_labels = ("invites",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invite",
        sa.Column("token", sa.String(16), primary_key=True),
        sa.Column("log", sa.String(80), nullable=False),
        sa.Column("by", sa.String(16), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("uses_max", sa.Integer, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
    )
    op.create_index("ix_invite_log", "invite", ["log"])
    op.create_index("ix_invite_expires_at_ms", "invite", ["expires_at_ms"])
    op.create_table(
        "join_request",
        sa.Column("log", sa.String(80), primary_key=True),
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("greeting", sa.String(140), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_join_request_user", "join_request", ["user"])
