"""Brings the database to this version: Alembic, with a branch of migrations for each feature."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from hutong.platform.database import create_engine

_HERE = Path(__file__).parent / "migrations"


def configuration(folders: Sequence[Path]) -> Config:
    """Return Alembic's configuration over the platform's and the features' migrations."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, [_HERE / "versions", *folders])))
    return config


def migrate(url: str, folders: Sequence[Path]) -> None:
    """Apply what is missing, all in one transaction. Nothing changes when a step fails."""
    engine = create_engine(url, readonly=False)
    try:
        with engine.begin() as connection:
            upgrade(connection, folders)
    finally:
        engine.dispose()


def upgrade(connection: sa.Connection, folders: Sequence[Path]) -> None:
    """Apply what is missing on an open connection."""
    config = configuration(folders)
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
