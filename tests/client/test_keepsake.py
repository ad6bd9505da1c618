"""What a client remembers of its server: in memory, and in its folder."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hutong.client import HomeError
from hutong.client.home import Home
from hutong.client.keepsake import Keepsake
from hutong.client.memory import NETWORKS_MAX, TICKETS_MAX, Memory
from hutong.protocols.heartbeat import Learnt

NOW_MS = 1_790_000_000_000
HERE = "chat.example.org:8301"


def _kept(folder: Path) -> Keepsake:
    memory = Keepsake()
    memory.open(Home(folder))
    return memory


def _new(folder: Path, at_ms: int = NOW_MS, count: int = TICKETS_MAX) -> None:
    memory = _kept(folder)
    for number in range(count):
        memory.keep_ticket(HERE, b"ticket %d" % number)
    for path in (folder / "tickets").iterdir():
        os.utime(path, ns=(at_ms * 1_000_000, at_ms * 1_000_000))


def test_everything_is_there_for_the_next_process(tmp_path: Path) -> None:
    memory = _kept(tmp_path)
    learnt = Learnt(interval_s=330, successes=2, stable_since_s=1_790_000_000)
    memory.keep_identity(b"r" * 32, b"manifest")
    memory.keep_route(b"t" * 16)
    memory.learn(b"net-home", learnt)
    again = _kept(tmp_path)
    assert (again.root, again.manifest, again.route) == (b"r" * 32, b"manifest", b"t" * 16)
    assert again.learnt(b"net-home") == learnt
    assert again.learnt(b"net-away") == Learnt()
    for name in ("server.json", "link.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_an_old_process_does_not_bring_an_old_manifest_back(tmp_path: Path) -> None:
    """SEAL18: the highest epoch seen counts, whoever of us saw it."""
    old, new = _kept(tmp_path), _kept(tmp_path)
    new.keep_identity(b"r" * 32, b"newer manifest")
    old.keep_route(b"t" * 16)
    assert (_kept(tmp_path).manifest, _kept(tmp_path).route) == (b"newer manifest", b"t" * 16)


def test_a_folder_that_takes_nothing_more_ends_no_link(tmp_path: Path) -> None:
    memory = _kept(tmp_path / "home")
    shutil.rmtree(tmp_path / "home")
    memory.keep_identity(b"r" * 32, b"manifest")
    memory.keep_route(b"t" * 16)
    memory.keep_ticket(HERE, b"ticket")
    assert memory.take_ticket(HERE, NOW_MS) == b""
    assert (memory.root, memory.route) == (b"r" * 32, b"t" * 16)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("server", "{"),
        ("server", "[]"),
        ("server", '{"root": 1}'),
        ("server", '{"manifest": "zz"}'),
        ("link", "{"),
        ("link", '{"route": 1}'),
        ("link", '{"networks": []}'),
        ("link", '{"networks": {"00": {"wrong": 1}}}'),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / f"{name}.json").write_text(text)
    with pytest.raises(HomeError, match=f"{name}.json"):
        _kept(tmp_path)


def test_link52_a_ticket_is_gone_before_it_is_used(tmp_path: Path) -> None:
    _new(tmp_path)
    taken = [_kept(tmp_path).take_ticket(HERE, NOW_MS) for _ in range(TICKETS_MAX + 1)]
    assert sorted(taken) == [b"", *(b"ticket %d" % number for number in range(TICKETS_MAX))]
    assert list((tmp_path / "tickets").iterdir()) == []


def test_link52_tickets_are_for_their_address_only(tmp_path: Path) -> None:
    for memory in (Memory(), _kept(tmp_path)):
        memory.keep_ticket(HERE, b"ticket")
        assert memory.take_ticket("chat.example.org:8302", NOW_MS) == b""
        assert memory.take_ticket(HERE, _now_ms(tmp_path)) == b"ticket"
        assert memory.take_ticket(HERE, _now_ms(tmp_path)) == b""


def _now_ms(folder: Path) -> int:
    return Home(folder).folder.stat().st_mtime_ns // 1_000_000


def test_link52_tickets_are_few_young_small_and_nobody_elses(tmp_path: Path) -> None:
    _new(tmp_path, count=TICKETS_MAX + 3)
    tickets = list((tmp_path / "tickets").iterdir())
    assert len(tickets) == TICKETS_MAX
    assert {stat.S_IMODE(path.stat().st_mode) for path in tickets} == {0o600}
    assert stat.S_IMODE((tmp_path / "tickets").stat().st_mode) == 0o700
    day_ms = 24 * 3_600_000
    assert _kept(tmp_path).take_ticket(HERE, NOW_MS + day_ms + 1) == b""
    assert list((tmp_path / "tickets").iterdir()) == []
    (tmp_path / "tickets" / ".taken.1.a.b").write_bytes(b"left by a process that was killed")
    memory = _kept(tmp_path)
    assert list((tmp_path / "tickets").iterdir()) == []
    memory.keep_ticket(HERE, b"x" * 5000)
    memory.keep_ticket(HERE, b"y")
    memory.forget_tickets()
    assert list((tmp_path / "tickets").iterdir()) == []


def test_the_memory_is_bounded() -> None:
    memory = Memory()
    for number in range(NETWORKS_MAX + 5):
        memory.learn(b"net %d" % number, replace(Learnt(), interval_s=300))
    assert memory.learnt(b"net 4") == Learnt()
    assert memory.learnt(b"net 5").interval_s == 300
    for number in range(TICKETS_MAX + 5):
        memory.keep_ticket(HERE, b"%d" % number)
    taken = [memory.take_ticket(HERE, NOW_MS) for _ in range(TICKETS_MAX + 1)]
    assert taken == [*(b"%d" % number for number in range(TICKETS_MAX + 4, 4, -1)), b""]


_TAKE_ALL = """
import sys
from pathlib import Path
from hutong.client.home import Home
from hutong.client.keepsake import Keepsake

memory = Keepsake()
memory.open(Home(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
while ticket := memory.take_ticket(sys.argv[2], int(sys.argv[3])):
    print(ticket.decode())
"""


def test_link52_of_several_processes_one_gets_a_ticket(tmp_path: Path) -> None:
    """Several hundred tickets, four processes that want all of them."""
    folder = tmp_path / "tickets"
    memory = _kept(tmp_path)
    memory.keep_ticket(HERE, b"first")
    (first,) = folder.iterdir()
    prefix = first.name.partition(".")[0]
    wanted = {"first"}
    for number in range(300):
        (folder / f"{prefix}.{number:032x}").write_bytes(b"%d" % number)
        wanted.add(str(number))
    now_ms = first.stat().st_mtime_ns // 1_000_000
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", _TAKE_ALL, str(tmp_path), HERE, str(now_ms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for taker in takers:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "ready\n"
    taken: list[str] = []
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("\n")
        taker.stdin.flush()
    for taker in takers:
        output, _ = taker.communicate(timeout=60)
        assert taker.returncode == 0
        taken += output.split()
    assert len(taken) == len(set(taken))
    assert set(taken) == wanted
