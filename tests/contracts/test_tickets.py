"""What every adapter of the ticket store does, and when early data is taken."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from hutong.edge.tickets import (
    DatabaseTickets,
    EarlyDataGuard,
    KeptTicket,
    MemoryTickets,
    TicketStore,
    TicketStoreError,
)
from hutong.edge.tickets import guard as guard_module
from hutong.edge.tickets.store import TICKETS_OF_A_DEVICE_MAX
from hutong.platform.clock import ManualClock
from tests.contracts.replays import Outcome, replay
from tests.platform.scene import JumpingClock

NOW_MS = 1_800_000_000_000
TAG = b"t" * 16
Open = Callable[..., Awaitable[TicketStore]]


@pytest.fixture(params=["memory", "sqlite"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_(tickets_max: int = 1000) -> TicketStore:
            url = f"sqlite:///{tmp_path / 'tickets.db'}"
            store: TicketStore = MemoryTickets(tickets_max=tickets_max)
            if request.param == "sqlite":
                store = DatabaseTickets(url, tickets_max=tickets_max)
            stack.push_async_callback(store.close)
            return store

        yield open_


def ticket(number: int = 0, *, tag: bytes = TAG, expires_ms: int = NOW_MS + 1000) -> KeptTicket:
    return KeptTicket(b"the pre-shared key %d" % number, tag, expires_ms)


async def test_a_ticket_is_good_for_one_use(open_store: Open) -> None:
    store = await open_store()
    identity = os.urandom(32)
    await store.keep(identity, ticket())
    assert await store.consume(os.urandom(32), NOW_MS) is None
    assert await store.consume(identity, NOW_MS) == ticket()
    assert await store.consume(identity, NOW_MS) is None


async def test_looking_does_not_use_it_up(open_store: Open) -> None:
    store = await open_store()
    identity = os.urandom(32)
    assert await store.look(identity, NOW_MS) is None
    await store.keep(identity, ticket())
    assert await store.look(identity, NOW_MS) == ticket()
    assert await store.look(identity, NOW_MS + 1000) is None
    assert await store.consume(identity, NOW_MS) == ticket()
    assert await store.look(identity, NOW_MS) is None


async def test_a_ticket_may_be_shown_before_it_is_kept(open_store: Open) -> None:
    store = await open_store()
    identities = [os.urandom(32) for _ in range(5)]
    keeps = [store.keep(identity, ticket(tag=identity[:16])) for identity in identities]
    looks = [store.look(identity, NOW_MS) for identity in identities]
    consumed = [store.consume(identity, NOW_MS) for identity in identities]
    found = await asyncio.gather(*keeps, *looks, *consumed)
    assert all(each is not None for each in found[5:])


async def test_of_many_who_ask_at_once_one_gets_it(open_store: Open) -> None:
    store = await open_store()
    identities = [os.urandom(32) for _ in range(5)]
    for identity in identities:
        await store.keep(identity, ticket())
    asked = [store.consume(identity, NOW_MS) for identity in identities * 40]
    got = [each for each in await asyncio.gather(*asked) if each is not None]
    assert len(got) == 5


async def test_an_expired_ticket_is_none(open_store: Open) -> None:
    store = await open_store()
    for expires_ms in (NOW_MS - 1, NOW_MS):
        identity = os.urandom(32)
        await store.keep(identity, ticket(expires_ms=expires_ms))
        assert await store.consume(identity, NOW_MS) is None


async def test_purging_leaves_what_is_good(open_store: Open) -> None:
    store = await open_store()
    old, good = os.urandom(32), os.urandom(32)
    await store.keep(old, ticket(1, expires_ms=NOW_MS))
    await store.keep(good, ticket(2))
    await store.purge(NOW_MS)
    assert await store.consume(old, NOW_MS - 10) is None
    assert await store.consume(good, NOW_MS) == ticket(2)


async def test_a_device_has_a_few(open_store: Open) -> None:
    store = await open_store()
    identities = [os.urandom(32) for _ in range(TICKETS_OF_A_DEVICE_MAX + 3)]
    other = os.urandom(32)
    await store.keep(other, ticket(tag=b"o" * 16, expires_ms=NOW_MS + 1))
    for number, identity in enumerate(identities):
        await store.keep(identity, ticket(number, expires_ms=NOW_MS + 1000 + number))
    left = [identity for identity in identities if await store.consume(identity, NOW_MS) is not None]
    assert left == identities[3:]
    assert await store.consume(other, NOW_MS) is not None


async def test_all_of_them_are_bounded(open_store: Open) -> None:
    store = await open_store(tickets_max=20)
    identities = [os.urandom(32) for _ in range(50)]
    for number, identity in enumerate(identities):
        await store.keep(identity, ticket(tag=os.urandom(16), expires_ms=NOW_MS + 1000 + number))
    left = [identity for identity in identities if await store.consume(identity, NOW_MS) is not None]
    assert 18 <= len(left) <= 20
    assert left == identities[-len(left) :]


# ---- the database ----


async def test_regions_keep_apart_and_a_restart_keeps_tickets(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tickets.db'}"
    identity = os.urandom(32)
    here, there = DatabaseTickets(url, "north"), DatabaseTickets(url, "south")
    await here.keep(identity, ticket())
    await here.close()
    assert await there.consume(identity, NOW_MS) is None
    await there.close()
    again = DatabaseTickets(url, "north")
    assert await again.consume(identity, NOW_MS) == ticket()
    await again.close()


async def test_the_files_tell_nothing(tmp_path: Path) -> None:
    """A ticket is encrypted under its own identity, and consumed ones are overwritten."""
    store = DatabaseTickets(f"sqlite:///{tmp_path / 'tickets.db'}")
    identity = os.urandom(32)
    await store.keep(identity, ticket())
    with closing(sqlite3.connect(tmp_path / "tickets.db")) as connection:
        (sealed,) = connection.execute("SELECT sealed FROM tls_ticket").fetchone()
    found = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert sealed in found
    assert identity not in found
    assert ticket().secret not in found
    await store.consume(identity, NOW_MS)
    await store.close()
    assert sealed not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def _run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


async def test_a_damaged_ticket_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    store = DatabaseTickets(f"sqlite:///{path}")
    identity = os.urandom(32)
    await store.keep(identity, ticket())
    _run(path, "UPDATE tls_ticket SET tag = zeroblob(16)")
    with pytest.raises(TicketStoreError):
        await store.consume(identity, NOW_MS)
    await store.close()


async def test_a_store_that_broke_says_so(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    store = DatabaseTickets(f"sqlite:///{path}")
    _run(path, "DROP TABLE tls_ticket")
    with pytest.raises(TicketStoreError):
        await store.consume(os.urandom(32), NOW_MS)
    with pytest.raises(TicketStoreError):
        await store.keep(os.urandom(32), ticket())
    await store.close()


def test_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(TicketStoreError):
        DatabaseTickets(f"sqlite:///{tmp_path / 'no' / 'folder' / 'tickets.db'}")


async def test_replayed_by_several_processes_that_are_killed(tmp_path: Path) -> None:
    """Every identity is shown a hundred times, to processes that end in the middle and come back."""
    outcome = await replay(tmp_path, attempts=20_000, tickets=200, processes=2, kills=1)
    assert outcome == Outcome(attempts=outcome.attempts, accepted=outcome.accepted, doubled=0, left=0)
    assert outcome.attempts >= 20_000
    # What was consumed by a process in the moment it was killed has been accepted by nobody.
    assert 100 <= outcome.accepted <= 200


# ---- early data ----


def test_early_data_needs_a_process_that_remembers() -> None:
    clock = ManualClock()
    guard = EarlyDataGuard(clock)
    issued_ms = clock.now_ms()
    clock.advance(2 * guard_module.WINDOW_S - 0.1)
    assert not guard.allows(issued_ms, clock.now_ms() - issued_ms)
    clock.advance(0.2)
    assert guard.allows(issued_ms, clock.now_ms() - issued_ms)


@pytest.mark.parametrize(("late_ms", "allowed"), [(0, True), (9_900, True), (-9_900, True), (10_100, False)])
def test_early_data_needs_the_age_it_claims(late_ms: int, allowed: bool) -> None:
    clock = ManualClock()
    guard = EarlyDataGuard(clock)
    issued_ms = clock.now_ms()
    clock.advance(60)
    assert guard.allows(issued_ms, 60_000 - late_ms) is allowed
    assert guard.allows(issued_ms, 60_000 - late_ms) is allowed


def test_early_data_of_a_ticket_from_the_future() -> None:
    clock = ManualClock()
    guard = EarlyDataGuard(clock)
    clock.advance(60)
    assert not guard.allows(clock.now_ms() + 5_000, 0)


@pytest.mark.parametrize("jump_ms", [-3_600_000, -1_500, 1_500, 3_600_000])
def test_a_clock_that_jumps_is_not_trusted_for_a_while(jump_ms: int) -> None:
    clock = JumpingClock()
    guard = EarlyDataGuard(clock)
    clock.advance(60)
    assert guard.allows(clock.now_ms() - 1000, 1000)
    clock.jump_ms = jump_ms
    assert not guard.allows(clock.now_ms() - 1000, 1000)
    clock.advance(2 * guard_module.WINDOW_S - 1)
    assert not guard.allows(clock.now_ms() - 1000, 1000)
    clock.advance(2)
    assert guard.allows(clock.now_ms() - 1000, 1000)


def test_being_slewed_is_no_jump() -> None:
    clock = JumpingClock()
    guard = EarlyDataGuard(clock)
    clock.advance(60)
    for _ in range(100):
        clock.advance(60)
        clock.jump_ms += 30
        assert guard.allows(clock.now_ms() - 1000, 1000)


def test_a_sick_store_means_no_early_data() -> None:
    clock = ManualClock()
    guard = EarlyDataGuard(clock)
    clock.advance(60)
    guard.store_failed()
    assert (guard.store_is_sick, guard.allows(clock.now_ms() - 1000, 1000)) == (True, False)
    clock.advance(guard_module.SICK_S + 0.1)
    assert (guard.store_is_sick, guard.allows(clock.now_ms() - 1000, 1000)) == (False, True)
