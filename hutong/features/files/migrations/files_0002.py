"""How often a blob was given to a log, so that a recall can take it back."""

import sqlalchemy as sa
from alembic import op

revision = "files_0002"
down_revision = "files_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("blob_grant", sa.Column("uses", sa.Integer, nullable=False, server_default="1"))
