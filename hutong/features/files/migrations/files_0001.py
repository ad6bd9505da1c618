"""Blobs, whom they were given to, uploads."""

import sqlalchemy as sa
from alembic import op

revision = "files_0001"
down_revision = None
branch_labels = ("files",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("blob", sa.String(64), primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("thumbnail", sa.String(64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "blob_grant",
        sa.Column("blob", sa.String(64), sa.ForeignKey("blob.blob"), primary_key=True),
        sa.Column("log", sa.String(80), primary_key=True),
    )
    op.create_table(
        "upload",
        sa.Column("upload", sa.String(16), primary_key=True),
        sa.Column("user", sa.String(16), nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("begun_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_upload_user", "upload", ["user"])
    op.create_index("ix_upload_begun_at_ms", "upload", ["begun_at_ms"])
