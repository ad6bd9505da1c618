"""What every index of the search does: SQLite's and PostgreSQL's."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from hutong.features.chat.tests.saying import edit, recall, say
from hutong.features.search import sqlite_index
from hutong.features.search.index import Batch, Entry, Index, IndexDamagedError, Wanted
from hutong.features.search.postgres_index import PostgresIndex
from hutong.features.search.segment import fold, phrases, placed, tokens
from hutong.features.search.sqlite_index import SqliteIndex
from hutong.features.search.tests.searching import found
from hutong.schema import search_pb2 as pb
from hutong.testing import TestServer
from tests.contracts.postgres import missing, postgres

NOW_MS = 1_800_000_000_000
Open = Callable[[], Index]


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    if missing():
        pytest.skip(missing())
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[Index] = []
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        fresh = PostgresIndex(url)
        fresh.clear()
        fresh.close()

    def open_() -> Index:
        index: Index = (
            SqliteIndex(tmp_path / "search.db") if request.param == "sqlite" else PostgresIndex(url)
        )
        opened.append(index)
        return index

    yield open_
    for index in opened:
        index.close()


@pytest.fixture
def index(open_index: Open) -> Index:
    return open_index()


def entry(
    seq: int, text: str, *, log: str = "chat:a", author: str = "ann", at_ms: int = NOW_MS, wording: int = 0
) -> Entry:
    return Entry(log, seq, wording or seq, author, at_ms, frozenset({pb.KIND_TEXT}), text)


def put(index: Index, *entries: Entry) -> None:
    index.apply(Batch(entries, [], {each.log: each.seq for each in entries}))


def find(index: Index, text: str, limit: int = 100, **wanted: object) -> list[int]:
    found = index.find(Wanted(phrases(text), **wanted), limit)  # type: ignore[arg-type]
    assert [each.place for each in found] == sorted((each.place for each in found), reverse=True)
    return [each.seq for each in found]


TEXTS = [
    "The quick brown fox",
    "quicksand is not quick",
    "我是中国人,住在北京。",
    "北京大学的学生",
    "tea in 北京 tomorrow",
    "中国",
    "È già Straße CAFÉ",
    "v1.2.3 anna@example.org",
    "カバン ガラス",
    "it's a \\ back'slash",
]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("quick", [1, 0]),
        ("quick ", [1, 0]),
        ("quicks", [1]),
        ("quicks ", []),
        ("brown quick", [0]),
        ('"quick brown"', [0]),
        ('"brown quick"', []),
        ("“quick brown”", [0]),
        ("中国", [5, 2]),
        ("国人", [2]),
        ("人", [2]),
        ("京", [4, 3, 2]),
        ("大学的学生", [3]),
        ("大学生", []),
        ("北京 tea", [4]),
        ("in北京tom", [4]),
        ("in北京tom ", []),
        ("cafe strasse", [6]),
        ("anna@example.org", [7]),
        ("2.3", [7]),
        ("v1.2", [7]),
        ("1.2", []),
        ("2.1", []),
        ("カ", [8]),
        ("ガ", [8]),
        ("ガバン", []),
        ("ｶﾞﾗｽ", [8]),
        ("it's", [9]),
        ("\\", list(range(9, -1, -1))),
    ],
)
def test_what_is_found(index: Index, query: str, places: list[int]) -> None:
    put(index, *(entry(seq, text, at_ms=NOW_MS + seq) for seq, text in enumerate(TEXTS)))
    assert find(index, query) == places


def test_filters(index: Index) -> None:
    file = entry(4, "rain.pdf", author="cat", at_ms=NOW_MS + 3)._replace(
        kinds=frozenset({pb.KIND_FILE, pb.KIND_LINK})
    )
    put(
        index,
        entry(1, "rain"),
        entry(2, "rain", author="bob", at_ms=NOW_MS + 1),
        entry(3, "rain", log="chat:b", at_ms=NOW_MS + 2),
        file,
    )
    assert find(index, "rain") == [4, 3, 2, 1]
    assert find(index, "rain", logs=["chat:a"]) == [4, 2, 1]
    assert find(index, "rain", logs=["chat:b", "chat:c"]) == [3]
    assert find(index, "rain", logs=["chat:c"]) == []
    assert find(index, "rain", author="bob") == find(index, "", author="bob") == [2]
    assert find(index, "rain", kind=pb.KIND_FILE) == find(index, "", kind=pb.KIND_LINK) == [4]
    assert find(index, "rain", from_ms=NOW_MS + 1, to_ms=NOW_MS + 3) == [3, 2]
    assert find(index, "", from_ms=NOW_MS + 3) == [4]
    assert find(index, "rain", limit=2) == [4, 3]
    (last,) = index.find(Wanted(phrases("rain"), before=0), 2)[1:]
    assert find(index, "rain", before=last.place) == [2, 1]
    many = [f"chat:{number}" for number in range(1_500)]
    assert find(index, "rain", logs=[*many, "chat:b"]) == [3]


def test_a_message_is_there_once(index: Index) -> None:
    put(index, entry(1, "red apple"), entry(2, "red pear"))
    put(index, entry(1, "green apple", wording=3))
    assert find(index, "red") == find(index, "re") == find(index, "pea") == [2]
    assert find(index, "gr") == find(index, "gre") == find(index, "app") == [1]
    assert [(each.seq, each.wording) for each in index.find(Wanted(phrases("apple")), 10)] == [(1, 3)]
    assert find(index, "", logs=["chat:a"]) == [2, 1]
    index.apply(Batch([entry(3, "red"), entry(3, "blue", wording=5)], [("chat:a", 1)], {"chat:a": 9}))
    assert (find(index, "apple"), find(index, "red"), find(index, "blue")) == ([], [2], [3])
    assert (find(index, "ap"), find(index, "gre"), find(index, "blu")) == ([], [], [3])
    index.apply(Batch([entry(4, "late")], [("chat:a", 4), ("chat:none", 7)], {}))
    assert find(index, "late") == []
    assert index.reached(["chat:a", "chat:b"]) == {"chat:a": 9, "chat:b": 0}


def test_thousands_in_one_millisecond(index: Index) -> None:
    put(index, *(entry(seq, "same") for seq in range(1, 2_501)))
    assert sorted(find(index, "same", limit=5_000)) == list(range(1, 2_501))
    put(index, entry(3_000, "same", at_ms=NOW_MS + 1))
    assert len(find(index, "same", limit=5_000)) == 2_501


def test_a_log_is_forgotten(index: Index) -> None:
    put(index, entry(1, "one"), entry(2, "one", log="chat:b"))
    index.forget("chat:a")
    assert find(index, "one") == [2]
    assert index.reached(["chat:a", "chat:b"]) == {"chat:a": 0, "chat:b": 2}


def test_it_is_there_after_opening_again(open_index: Open) -> None:
    first = open_index()
    put(first, entry(1, "kept"))
    first.close()
    again = open_index()
    assert find(again, "kept") == [1]
    again.clear()
    assert (find(again, "kept"), again.reached(["chat:a"])) == ([], {"chat:a": 0})


def test_a_batch_is_taken_in_whole_or_not_at_all(index: Index) -> None:
    put(index, entry(1, "before"))
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever the driver says
        index.apply(Batch([entry(2, "half"), entry(3, None)], [("chat:a", 1)], {"chat:a": 3}))  # type: ignore[arg-type]
    assert (find(index, "before"), find(index, "half")) == ([1], [])
    assert index.reached(["chat:a"]) == {"chat:a": 1}


def test_a_long_text(index: Index) -> None:
    put(index, entry(1, "好的" * 30_000), entry(2, "word " * 30_000 + "end"), entry(3, "x" * 100_000))
    assert find(index, "好的好") == [1]
    assert find(index, "word") == [2]
    assert find(index, "x" * 90) == [3]


@pytest.mark.parametrize("text", ["", *TEXTS, "好" * 20_000, "a 好的b " * 6_000, "é" + "x" * 99])
def test_tokens_are_the_placed_ones(text: str) -> None:
    assert tokens(text) == [token.text for token in placed(fold(text))]


def test_the_same_as_looking_at_every_text(index: Index) -> None:
    """Both agree with a plain search over the tokens, for seeded texts and queries."""
    chance = random.Random(5)
    words = ["tea", "team", "te", "北京", "京北", "北", "天", "a", "的"]
    texts = ["".join(chance.choices([*words, " "], k=chance.randint(1, 12))) for _ in range(300)]
    put(index, *(entry(seq, text, at_ms=NOW_MS + seq) for seq, text in enumerate(texts)))
    for _ in range(150):
        query = "".join(chance.choices([*words, " ", '"'], k=chance.randint(1, 4)))
        if phrases(query):
            expected = [
                seq for seq, text in enumerate(texts) if all(_stands(text, each) for each in phrases(query))
            ]
            assert find(index, query, limit=500) == expected[::-1], query


@pytest.mark.parametrize("walked", [1, 7, 1_000])
def test_the_same_in_many_conversations(index: Index, monkeypatch: pytest.MonkeyPatch, walked: int) -> None:
    """Whether the newest are walked through, or the conversations' lists merged: the same pages."""
    monkeypatch.setattr(sqlite_index, "_WALKED", walked)
    chance = random.Random(walked)
    said = [
        entry(
            seq,
            " ".join(chance.choices(["tea", "milk", "北京"], weights=[6, 3, 1], k=3)),
            log=f"chat:{min(chance.randrange(40), chance.randrange(40))}",
            author=chance.choice(["ann", "bob"]),
            at_ms=NOW_MS + seq // 3,
        )
        for seq in range(1, 401)
    ]
    put(index, *said)
    order = [found.seq for found in index.find(Wanted(phrases("")), 400)]
    assert sorted(order) == list(range(1, 401))
    for _ in range(60):
        logs = {f"chat:{number}" for number in chance.sample(range(45), chance.randint(1, 40))}
        word, author = chance.choice(["tea", "milk", "北京", ""]), chance.choice(["", "bob"])
        from_ms, limit = NOW_MS + chance.choice([0, 60, 130]), chance.choice([1, 3, 20])
        by_seq = {each.seq: each for each in said}
        expected = [
            seq
            for seq in order
            if (each := by_seq[seq]).log in logs
            and word in each.text
            and author in {"", each.author}
            and each.at_ms >= from_ms
        ]
        wanted = Wanted(phrases(word), logs=logs, author=author, from_ms=from_ms)
        got: list[int] = []
        while page := index.find(wanted, limit):
            got += [each.seq for each in page]
            wanted = wanted._replace(before=page[-1].place)
        assert got == expected, wanted


def _stands(text: str, phrase: object) -> bool:
    tokens = [token.text for token in placed(fold(text))]
    *before, last = phrase.tokens  # type: ignore[attr-defined]
    for place in range(len(tokens) - len(before)):
        end = tokens[place + len(before)]
        ends = end.startswith(last) if phrase.prefix else end == last  # type: ignore[attr-defined]
        if tokens[place : place + len(before)] == before and ends:
            return True
    return False


# ---- lost and damaged ----


@pytest.mark.parametrize("damage", [b"", b"this is no database " * 500])
def test_a_damaged_file_is_replaced(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "search.db"
    first = SqliteIndex(path)
    put(first, entry(1, "lost"))
    first.close()
    path.write_bytes(damage)
    again = SqliteIndex(path)
    assert (find(again, "lost"), again.reached(["chat:a"])) == ([], {"chat:a": 0})
    put(again, entry(1, "found"))
    assert find(again, "found") == [1]
    again.close()


def test_another_version_is_built_again(tmp_path: Path) -> None:
    path = tmp_path / "search.db"
    first = SqliteIndex(path)
    put(first, entry(1, "old"))
    first.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 3")
    again = SqliteIndex(path)
    assert again.reached(["chat:a"]) == {"chat:a": 0}
    again.close()


def test_damage_that_is_met_later_is_told(tmp_path: Path) -> None:
    path = tmp_path / "search.db"
    index = SqliteIndex(path)
    put(index, *(entry(seq, f"word{seq} and more") for seq in range(2_000)))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM found_data WHERE id > 10")
    with pytest.raises(IndexDamagedError):
        find(index, "word7")
    index.clear()
    put(index, entry(1, "whole"))
    assert find(index, "whole") == [1]
    index.close()


def test_no_room_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        SqliteIndex(tmp_path / "no" / "search.db")


def test_a_table_that_is_gone_in_postgresql(postgres_url: str) -> None:
    index = PostgresIndex(postgres_url)
    index.clear()
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE hutong_search.entry"))
    with pytest.raises(IndexDamagedError):
        find(index, "x")
    index.clear()
    put(index, entry(1, "x"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE hutong_search.version SET version = 'old'"))
    engine.dispose()
    index.close()
    again = PostgresIndex(postgres_url)
    assert find(again, "x") == []
    again.close()


async def test_the_server_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    async with TestServer.run(tmp_path, database_url=postgres_url) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        first = await say(alice, log, "明天去北京 hello")
        second = await say(alice, log, "北京烤鸭")
        assert await found(bobby, "北京") == [second, first]
        await edit(alice, log, first, "明天去上海 hello")
        await recall(alice, log, second)
        assert await found(bobby, "北京") == []
        assert await found(bobby, "上海") == await found(bobby, "hel") == [first]
    assert not (tmp_path / "search.db").exists()
