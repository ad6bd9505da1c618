"""The migrations make exactly the tables that the code declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hutong.platform.database import create_engine, metadata
from hutong.platform.feature import Feature, discover, migration_folders
from hutong.platform.migrate import configuration, migrate

FEATURES = discover()


def migrated(folder: Path) -> sa.Engine:
    url = f"sqlite:///{folder / 'hutong.db'}"
    migrate(url, migration_folders(FEATURES))
    return create_engine(url, readonly=False)


def differences(engine: sa.Engine, tables: sa.MetaData) -> list[Any]:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables))


def test_the_migrated_schema_is_the_declared_one(tmp_path: Path) -> None:
    engine = migrated(tmp_path)
    assert differences(engine, metadata) == []
    inspector = sa.inspect(engine)
    for name, table in metadata.tables.items():  # what Alembic does not compare
        assert inspector.get_pk_constraint(name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ], name
        with_rowid = table.dialect_options["sqlite"]["with_rowid"]
        created = _statement(engine, name)
        assert ("WITHOUT ROWID" in created) == (not with_rowid), name
    engine.dispose()


def test_a_difference_would_be_seen(tmp_path: Path) -> None:
    engine = migrated(tmp_path)
    other = sa.MetaData()
    for table in metadata.tables.values():
        table.to_metadata(other)
    other.tables["account"].append_column(sa.Column("forgotten", sa.Integer))
    sa.Index("ix_forgotten", other.tables["account"].c.name)
    assert {change[0] for change in differences(engine, other)} == {"add_column", "add_index"}
    engine.dispose()


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    first = migrated(tmp_path)
    with first.connect() as connection:
        before = connection.execute(sa.text("SELECT name, sql FROM sqlite_master ORDER BY name")).fetchall()
    first.dispose()
    again = migrated(tmp_path)
    with again.connect() as connection:
        after = connection.execute(sa.text("SELECT name, sql FROM sqlite_master ORDER BY name")).fetchall()
    again.dispose()
    assert before == after


def test_each_feature_has_one_branch_of_its_own() -> None:
    """So that a feature's folder can be deleted without breaking the others' migrations."""
    scripts = ScriptDirectory.from_config(configuration(migration_folders(FEATURES)))
    heads = {revision: scripts.get_revision(revision) for revision in scripts.get_heads()}
    labels = sorted(label for script in heads.values() for label in script.branch_labels)
    with_tables = [feature.name for feature in FEATURES if migration_folders([feature])]
    assert labels == sorted(["platform", *with_tables])
    for script in scripts.walk_revisions():
        assert script.revision.startswith(f"{next(iter(script.branch_labels))}_"), script.revision
        assert Path(script.path).stem == script.revision


def test_features_without_the_optional_ones_migrate(tmp_path: Path) -> None:
    by_name: dict[str, Feature] = {feature.name: feature for feature in FEATURES}
    few = [by_name["identity"], by_name["contacts"]]
    url = f"sqlite:///{tmp_path / 'few.db'}"
    migrate(url, migration_folders(few))
    migrate(url, migration_folders(FEATURES))  # a feature may come later
    engine = create_engine(url, readonly=False)
    assert differences(engine, metadata) == []
    engine.dispose()


def _statement(engine: sa.Engine, table: str) -> str:
    with engine.connect() as connection:
        query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
        return str(connection.execute(query, {"name": table}).scalar_one())
