from __future__ import annotations

import asyncio

import pytest

from hutong.features.files.turns import Turns


async def test_one_after_the_other_in_order_of_arrival() -> None:
    turns, seen, gate = Turns(), list[str](), asyncio.Event()

    async def work(name: str) -> str:
        seen.append(f"{name} begins")
        await gate.wait()
        seen.append(f"{name} ends")
        return name

    tasks = [asyncio.create_task(turns.take("key", lambda name=name: work(name))) for name in "abc"]  # type: ignore[misc]
    other = asyncio.create_task(turns.take("other", lambda: work("x")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert seen == ["a begins", "x begins"]
    gate.set()
    assert await asyncio.gather(*tasks, other) == ["a", "b", "c", "x"]
    assert [each for each in seen if each[0] != "x"] == [
        "a begins",
        "a ends",
        "b begins",
        "b ends",
        "c begins",
        "c ends",
    ]
    await turns.finish()
    assert not turns._last


async def test_work_ends_though_its_caller_gave_up() -> None:
    turns, seen, gate = Turns(), list[str](), asyncio.Event()

    async def slow() -> None:
        await gate.wait()
        seen.append("slow")

    async def quick() -> None:
        seen.append("quick")

    task = asyncio.create_task(turns.take("key", slow))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    second = asyncio.create_task(turns.take("key", quick))
    await asyncio.sleep(0)
    assert seen == []
    gate.set()
    await second
    assert seen == ["slow", "quick"]


async def test_a_failure_is_its_callers_own() -> None:
    turns = Turns()

    async def fail() -> None:
        raise ValueError

    async def work() -> int:
        return 5

    results = await asyncio.gather(turns.take("key", fail), turns.take("key", work), return_exceptions=True)
    assert isinstance(results[0], ValueError)
    assert results[1] == 5
