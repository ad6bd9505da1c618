from __future__ import annotations

import asyncio

import pytest

from hutong.platform.pending import Pending


async def test_awaiting_before_and_after() -> None:
    pending: Pending[int] = Pending()
    waiting = asyncio.ensure_future(_await(pending))
    await asyncio.sleep(0)
    pending.settle(7)
    assert await waiting == 7
    assert await pending == 7


async def _await(pending: Pending[int]) -> int:
    return await pending


async def test_errors_are_raised() -> None:
    pending: Pending[int] = Pending()
    pending.settle(None, KeyError("x"))
    with pytest.raises(KeyError):
        await pending
    with pytest.raises(KeyError):
        pending.result()


async def test_a_waiter_that_gave_up_does_no_harm() -> None:
    pending: Pending[int] = Pending()
    waiting = asyncio.ensure_future(_await(pending))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    pending.settle(7)
    assert pending.result() == 7


def test_callbacks_run_in_settle_or_at_once() -> None:
    pending: Pending[int] = Pending()
    got: list[int | None] = []
    pending.then(lambda done: got.append(done.value))
    assert got == []
    pending.settle(1)
    assert got == [1]
    pending.then(lambda done: got.append(done.value))
    assert got == [1, 1]


def test_settled_once_and_one_callback() -> None:
    pending: Pending[int] = Pending()
    pending.then(lambda _: None)
    with pytest.raises(AssertionError):
        pending.then(lambda _: None)
    pending.settle(1)
    with pytest.raises(AssertionError):
        pending.settle(1)
    with pytest.raises(AssertionError):
        Pending[int]().result()


def test_map() -> None:
    pending: Pending[int] = Pending()
    doubled = pending.map(lambda value: value * 2)
    failing: Pending[int] = Pending()
    changed_badly = failing.map(lambda value: value // 0)
    failed: Pending[int] = Pending()
    passed_on = failed.map(lambda value: value)
    pending.settle(2)
    failing.settle(1)
    failed.settle(None, KeyError("x"))
    assert doubled.result() == 4
    with pytest.raises(ZeroDivisionError):
        changed_badly.result()
    with pytest.raises(KeyError):
        passed_on.result()
