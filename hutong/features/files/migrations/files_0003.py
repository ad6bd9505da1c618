"""Find what somebody has uploaded."""

from alembic import op

revision = "files_0003"
down_revision = "files_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_blob_grant_log", "blob_grant", ["log"])
