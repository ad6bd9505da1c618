"""The server on PostgreSQL: its schema, its migrations, and every kind of event there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hutong.features.chat.tests.test_chat_migrations import check_migrated
from hutong.platform.database import create_engine, metadata
from hutong.platform.errors import InvalidArgument, NotFound
from hutong.platform.events import kind_of
from hutong.platform.feature import migration_folders
from hutong.platform.migrate import migrate
from hutong.schema import chat_pb2 as pb
from hutong.schema import log_pb2
from hutong.testing import TestServer, refused
from tests.client.device import Device
from tests.client.test_every_event import CASES, Scene
from tests.contracts.postgres import missing, postgres
from tests.platform.scene import cheap_passwords
from tests.test_migrations import FEATURES, differences

Fresh = Callable[[], str]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    if missing():
        pytest.skip(missing())
    with postgres() as url:
        yield url


@pytest.fixture(scope="module")
def fresh(server_url: str) -> Fresh:
    """Return what makes an empty database, and returns its URL."""
    numbers = itertools.count(1)

    def make() -> str:
        name = f"empty{next(numbers)}"
        engine = sa.create_engine(server_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return server_url.replace("/postgres?", f"/{name}?")

    return make


def test_the_migrated_schema_is_the_declared_one(fresh: Fresh) -> None:
    url = fresh()
    migrate(url, migration_folders(FEATURES))
    engine = create_engine(url, readonly=False)
    assert differences(engine, metadata) == []
    inspector = sa.inspect(engine)
    for name, table in metadata.tables.items():
        found = inspector.get_pk_constraint(name)["constrained_columns"]
        assert found == [column.name for column in table.primary_key], name
    engine.dispose()


def test_rows_of_before_are_migrated(fresh: Fresh) -> None:
    check_migrated(fresh())


async def test_every_kind_of_event(fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOG15, with everything the features write and read for it"""
    cheap_passwords(monkeypatch)
    async with TestServer.run(tmp_path, database_url=fresh(), rate_limit_factor=1000) as server:
        for number, act in enumerate(dict.fromkeys(CASES.values())):
            handles = (f"{each}{number}" for each in ("owner", "member", "other", "outsider"))
            owner, member, other, outsider = await server.friends(*handles)
            create = pb.CreateGroupRequest(title="Team", users=[member.user, other.user])
            log = (await owner.call("Chat.CreateGroup", create)).conversation.log
            direct = await server.conversation(owner, member)
            devices = [Device(each) for each in (owner, member, other, outsider)]
            for device in devices:
                await device.start()
            await act(Scene(server, server.clock, owner, member, other, outsider, log, direct))
            for device in devices:
                await device.take()
            for device in devices:
                await device.check()
            seen = set[int]().union(*(device.seen for device in devices))
            wanted = {kind_of(kind) for kind, each in CASES.items() if each is act}
            assert wanted - {kind_of(pb.ConversationCreated)} <= seen, act.__name__
            for device in devices:
                device.client.disconnect()


async def test_numbers_that_no_column_holds(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message's number has 32 bits on the wire and 31 in the table."""
    cheap_passwords(monkeypatch)
    async with TestServer.run(tmp_path, database_url=fresh()) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        content = pb.Content(text="hello", reply_to=2**32 - 1)
        with refused(NotFound, "no_such_event"):
            await alice.call("Chat.Send", pb.SendRequest(log=log, content=content))
        mark = pb.MarkRequest(log=log, read=2**32 - 1)
        with refused(InvalidArgument, "beyond_head"):
            await alice.call("Chat.Mark", mark)
        for name in ("Chat.Recall", "Chat.Edit", "Chat.History", "Chat.Readers", "Pins.Pin", "Polls.Vote"):
            request = server.method(name).request_class()
            fields: dict[str, object] = {"log": log, "seq": 2**32 - 1}
            if name == "Chat.Edit":
                fields["content"] = pb.Content(text="other words")
            with refused(NotFound, "no_such_event"):
                await alice.call(name, type(request)(**fields))
        read = log_pb2.ReadRequest(log=log, before=2**32 - 1, limit=10)
        assert len((await alice.call("Log.Read", read)).page.events) == 1
