"""Searching a million messages, Chinese and English, through the whole server.

The first run fills a database under `.make/` and lets the server build its index; later runs find both there.
`p95_ms` is over all kinds of queries, each asked by somebody who may read a third of what there is. The peer
is SQLite's LIKE over the same messages, with the permissions given to it.

With `--postgresql URL` the same in an empty PostgreSQL database, or in one that an earlier run has filled.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from bench import _search_postgres
from bench._report import report
from bench._search_corpus import Corpus, Said
from hutong.features.search.service import SearchService
from hutong.features.search.sqlite_index import VERSION
from hutong.platform.clock import SystemClock
from hutong.platform.events import kind_of
from hutong.schema import chat_pb2, search_pb2
from hutong.testing import Client, TestServer

MESSAGES = 1_000_000
SEED = 7
PLACES = 900
MINE_EVERY = 3
PEOPLE = 50
NOW_MS = 1_790_000_000_000
REPETITIONS = 40
PEER_REPETITIONS = 3
_CACHE = Path(".make/bench-search")
_ROWS_AT_ONCE = 10_000
_SENT = kind_of(chat_pb2.MessageSent)
_CREATED = kind_of(chat_pb2.ConversationCreated)


async def begin(folder: Path, database_url: str = "") -> list[str]:
    """Sign somebody up who is in a third of the conversations; return all of these."""
    factor = 100_000
    async with TestServer.run(
        folder, clock=SystemClock(), rate_limit_factor=factor, database_url=database_url
    ) as server:
        (me,) = await server.people("reader")
        logs = [f"chat:b{place:010}" for place in range(PLACES)]
        for place in range(0, PLACES, MINE_EVERY):
            request = chat_pb2.CreateGroupRequest(title=f"Group {place}")
            logs[place] = (await me.call("Chat.CreateGroup", request)).conversation.log
    return logs


async def fill(folder: Path, messages: int) -> None:
    """Let people talk in all conversations."""
    logs = await begin(folder)
    with closing(sqlite3.connect(folder / "hutong.db")) as database, database:
        heads = dict(database.execute("SELECT log, max(seq) FROM log_event GROUP BY log"))
        said = corpus().messages(messages)
        while rows := list(rows_of(islice(said, _ROWS_AT_ONCE), logs, heads)):
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO log_event VALUES ({marks})", rows)
    with closing(sqlite3.connect(folder / "plain.db")) as plain, plain:
        plain.execute("CREATE TABLE message (at_ms INTEGER, log TEXT, author TEXT, text TEXT)")
        for message in corpus().messages(messages):
            row = (message.at_ms, logs[message.place], person(message.author), message.text)
            plain.execute("INSERT INTO message VALUES (?, ?, ?, ?)", row)
        plain.execute("CREATE INDEX message_at ON message (at_ms)")


def corpus() -> Corpus:
    """Return the messages' source, from the beginning."""
    return Corpus(SEED, PEOPLE, PLACES, NOW_MS)


def person(number: int) -> str:
    """Return the id of somebody who talks."""
    return f"p{number:011}"


def rows_of(said: Iterator[Said], logs: list[str], heads: dict[str, int]) -> Iterator[tuple[object, ...]]:
    """Yield rows of `log_event`; `heads` goes on."""
    for message in said:
        log = logs[message.place]
        heads[log] = heads.get(log, 0) + 1
        content = chat_pb2.Content(text=message.text)
        body = chat_pb2.MessageSent(content=content).SerializeToString()
        yield log, heads[log], _SENT, person(message.author), message.at_ms, None, body


def queries(my_log: str) -> dict[str, search_pb2.MessagesRequest]:
    """Return what is looked for, by what is hard about it."""
    rare = corpus().rare
    request = search_pb2.MessagesRequest
    month_ms = 30 * 24 * 3600 * 1000
    return {
        "frequent_word": request(text="the"),
        "frequent_chinese": request(text="我们"),
        "one_character": request(text="的"),
        "rare_character": request(text=rare.chinese[-1]),
        "rare_word": request(text=f"{rare.english} "),
        "rare_chinese": request(text=rare.chinese),
        "nowhere": request(text="wherenobodyeverwas "),
        "two_words": request(text="office tomorrow "),
        "two_frequent_words": request(text="the you "),
        "rare_and_frequent": request(text=f"{rare.english} the"),
        "two_chinese": request(text="开会 北京"),
        "phrase": request(text='"to the"'),
        "long_chinese": request(text="明天开会"),
        "prefix_one": request(text="t"),
        "prefix_two": request(text="to"),
        "prefix_three": request(text="mor"),
        "one_conversation": request(text="meeting ", log=my_log),
        "rare_in_one_conversation": request(text=rare.english, log=my_log),
        "by_person": request(text="school ", author=person(7)),
        "rare_by_person": request(text=rare.chinese, author=person(7)),
        "in_a_month": request(text="天气", from_ms=NOW_MS - 20 * month_ms, to_ms=NOW_MS - 19 * month_ms),
        "only_a_person": request(author=person(7)),
        "only_a_kind": request(kind=search_pb2.KIND_FILE),
    }


async def build(folder: Path) -> dict[str, float]:
    """Let the server build its index, if it has none; return how fast that was, this time or then."""
    figures = folder / f"built-{VERSION}.json"
    if not figures.exists():
        for path in folder.glob("search.db*"):  # of a run that was broken off, or of another version
            path.unlink()
    async with TestServer.run(folder, clock=SystemClock()) as server:
        began = time.perf_counter()
        await caught_up(server)
        seconds = time.perf_counter() - began
    if not figures.exists():
        with closing(sqlite3.connect(folder / "search.db")) as index:
            (count,) = index.execute("SELECT count(*) FROM entry").fetchone()
        size = (folder / "search.db").stat().st_size
        built = {
            "build_s": seconds,
            "build_per_s": count / seconds,
            "index_mb": size / 1e6,
            "index_bytes_per_message": size / count,
        }
        figures.write_text(json.dumps(built))
    found: dict[str, float] = json.loads(figures.read_text())
    return found


async def caught_up(server: TestServer) -> None:
    """Wait until the index has everything."""
    (service,) = (each for each in server.core.background if isinstance(each, SearchService))
    while service.indexer.behind:  # noqa: ASYNC110  what people see, too
        await asyncio.sleep(0.05)


async def ask(folder: Path, in_log: str, database_url: str = "") -> tuple[dict[str, float], dict[str, int]]:
    """Return the 95th percentile of each kind of query in milliseconds, and how many hits each had."""
    p95: dict[str, float] = {}
    hits: dict[str, int] = {}
    times: list[float] = []
    factor = 100_000
    async with TestServer.run(
        folder, clock=SystemClock(), rate_limit_factor=factor, database_url=database_url
    ) as server:
        me = await Client(server).log_in("reader")
        await caught_up(server)
        for name, request in queries(in_log).items():
            these = []
            for _ in range(REPETITIONS):
                began = time.perf_counter()
                reply = await me.call("Search.Messages", request)
                these.append((time.perf_counter() - began) * 1000)
            hits[name] = len(reply.hits)
            p95[f"{name}_p95_ms"] = _p95(these)
            times += these
    return {"p95_ms": _p95(times), "p50_ms": statistics.median(times)} | p95, hits


def my_log(folder: Path) -> str:
    """Return the conversation with most messages of those that the asking person is in."""
    with closing(sqlite3.connect(folder / "hutong.db")) as database:
        query = (
            "SELECT log, max(seq) AS head FROM log_event "
            "WHERE log IN (SELECT log FROM log_event WHERE kind = ?) GROUP BY log ORDER BY head DESC LIMIT 1"
        )
        return str(database.execute(query, (_CREATED,)).fetchone()[0])


def peer(folder: Path) -> dict[str, float]:
    """Return how long LIKE takes, in milliseconds."""
    with closing(sqlite3.connect(folder / "hutong.db")) as database:
        created = database.execute("SELECT log FROM log_event WHERE kind = ?", (_CREATED,))
        mine = [log for (log,) in created]
    times: list[float] = []
    with closing(sqlite3.connect(folder / "plain.db")) as plain:
        plain.execute("CREATE TEMP TABLE mine (log TEXT PRIMARY KEY)")
        plain.executemany("INSERT OR IGNORE INTO mine VALUES (?)", ((log,) for log in mine))
        for request in queries(my_log(folder)).values():
            conditions, values = ["log IN (SELECT log FROM mine)"], []
            for condition, value in (
                *(("text LIKE ?", f"%{word}%") for word in request.text.replace('"', "").split()),
                ("log = ?", request.log),
                ("author = ?", request.author),
                ("at_ms >= ?", request.from_ms),
                ("at_ms < ?", request.to_ms),
            ):
                if value:
                    conditions.append(condition)
                    values.append(value)
            if request.kind:
                continue
            statement = f"SELECT * FROM message WHERE {' AND '.join(conditions)} ORDER BY at_ms DESC LIMIT 20"
            for _ in range(PEER_REPETITIONS):
                began = time.perf_counter()
                plain.execute(statement, values).fetchall()
                times.append((time.perf_counter() - began) * 1000)
    return {"sqlite_like_p95_ms": _p95(times), "sqlite_like_p50_ms": statistics.median(times)}


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def check(hits: dict[str, int], messages: int) -> None:
    """Fail when nothing is found, or what is not there."""
    rare = ("rare_word", "rare_chinese") if messages >= MESSAGES else ()
    for name in ("frequent_word", "phrase", "two_words", *rare):
        assert hits[name], f"nothing was found for {name}"
    assert not hits["nowhere"]


async def run_on_postgresql(url: str, messages: int) -> None:
    """Do the same in a database at SQLAlchemy's `url`. The run that builds the index tells how fast."""
    metrics: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        if not _search_postgres.is_filled(url):
            logs = await begin(Path(folder), database_url=url)
            heads = _search_postgres.heads(url)
            _search_postgres.insert(url, rows_of(corpus().messages(messages), logs, heads))
            began = time.perf_counter()
            async with TestServer.run(Path(folder), clock=SystemClock(), database_url=url) as server:
                await caught_up(server)
            metrics["build_s"] = time.perf_counter() - began
            metrics["build_per_s"] = messages / metrics["build_s"]
        metrics["index_mb"] = _search_postgres.index_bytes(url) / 1e6
        asked, hits = await ask(Path(folder), _search_postgres.largest_log(url, _CREATED), database_url=url)
    check(hits, messages)
    report("search_postgresql", asked | metrics, {}, {})


async def run(messages: int, *, fresh: bool) -> None:
    """Fill and build once, ask often."""
    folder = _CACHE.resolve() / f"{messages}-{SEED}"
    filled = folder / "filled"
    if fresh or not filled.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        await fill(folder, messages)
        filled.touch()
    metrics = await build(folder)
    asked, hits = await ask(folder, my_log(folder))
    peers = peer(folder)
    check(hits, messages)
    ratios = {"like_p95_to_p95": peers["sqlite_like_p95_ms"] / asked["p95_ms"]}
    report("search", asked | metrics, peers, ratios)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only output there is")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--fresh", action="store_true", help="fill and build anew")
    parser.add_argument("--postgresql", metavar="URL", help="of a database, as database_url has it")
    arguments = parser.parse_args()
    if arguments.postgresql:
        asyncio.run(run_on_postgresql(arguments.postgresql, arguments.messages))
    else:
        asyncio.run(run(arguments.messages, fresh=arguments.fresh))
