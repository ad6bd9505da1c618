"""What was there before roles is there after them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command

from hutong.features.chat import store
from hutong.platform.database import create_engine
from hutong.platform.feature import discover, migration_folders
from hutong.platform.migrate import configuration, migrate
from hutong.schema.chat_pb2 import ROLE_MEMBER, ROLE_OWNER

OLD = """
INSERT INTO conversation (log, is_group, title, picture, created_at_ms)
    VALUES ('chat:team', TRUE, '家', 'p', 7), ('chat:pair', FALSE, '', '', 8);
INSERT INTO member (log, "user", owner, joined, delivered, read)
    VALUES ('chat:team', 'alice', TRUE, 1, 9, 8), ('chat:team', 'bobby', FALSE, 1, 5, 4),
           ('chat:team', 'carol', FALSE, 6, 6, 5), ('chat:pair', 'alice', FALSE, 1, 0, 0),
           ('chat:pair', 'bobby', FALSE, 1, 2, 2);
INSERT INTO direct (first, second, log) VALUES ('alice', 'bobby', 'chat:pair')
"""


def test_groups_of_before_keep_their_owner_and_everything_else(tmp_path: Path) -> None:
    check_migrated(f"sqlite:///{tmp_path / 'hutong.db'}")


def check_migrated(url: str) -> None:
    """Fill an empty database as it was before roles, migrate it, and look at what is there."""
    folders = migration_folders(discover())
    engine = create_engine(url, readonly=False)
    with engine.begin() as connection:
        config = configuration(folders)
        config.attributes["connection"] = connection
        command.upgrade(config, "chat_0001")
        for statement in OLD.split(";"):
            connection.execute(sa.text(statement))
    migrate(url, folders)
    with engine.begin() as connection:
        found = {
            log: [
                (row.user, row.role, row.joined, row.since, row.delivered, row.read, row.nickname)
                for row in store.members(connection, log)
            ]
            for log in ("chat:team", "chat:pair")
        }
        assert found == {
            "chat:team": [
                ("alice", ROLE_OWNER, 1, 1, 9, 8, ""),
                ("bobby", ROLE_MEMBER, 1, 1, 5, 4, ""),
                ("carol", ROLE_MEMBER, 6, 6, 6, 5, ""),
            ],
            "chat:pair": [
                ("alice", ROLE_MEMBER, 1, 1, 0, 0, ""),
                ("bobby", ROLE_MEMBER, 1, 1, 2, 2, ""),
            ],
        }
        team = store.get_conversation(connection, "chat:team")
        assert team is not None
        assert (team.title, team.picture, team.disappear_s) == ("家", "p", 0)
        assert store.settings_of(team) == (0, False, False, False, "")
        assert store.direct_log(connection, "bobby", "alice") == "chat:pair"
    engine.dispose()
