"""Sticker packs."""

import sqlalchemy as sa
from alembic import op

revision = "stickers_0001"
down_revision = None
branch_labels = ("stickers",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sticker_pack",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("title", sa.String(32), nullable=False),
        sa.Column("by", sa.String(16), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sticker",
        sa.Column("pack", sa.String(16), sa.ForeignKey("sticker_pack.id"), primary_key=True),
        sa.Column("blob", sa.String(64), primary_key=True),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("emoji", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "kept_pack",
        sa.Column("user", sa.String(16), primary_key=True),
        sa.Column("pack", sa.String(16), sa.ForeignKey("sticker_pack.id"), primary_key=True),
        sa.Column("kept_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_kept_pack_pack", "kept_pack", ["pack"])
