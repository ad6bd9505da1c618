"""The receiver's page in a real Chromium: a phone and a desktop, in both languages, light and dark."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from hutong.client.quicksend import QuickSender
from hutong.client.transfers import DeclinedError, TransferError, Way
from hutong.protocols.quicksend import Code, Language
from tests.browser.conftest import (  # noqa: F401  fixtures
    CHROMIUM,
    DESKTOP,
    PHONE,
    ROOT,
    Browser,
    Browsers,
    browsers,
)
from tests.client.live import LiveServer
from tests.quicksend.test_send import quiet, sending

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not os.environ.get("CI") and (CHROMIUM is None or not (ROOT / "web/dist/index.html").exists()),
        reason="needs chromium and the built web client",
    ),
]


@asynccontextmanager
async def offering(server: LiveServer, *paths: Path) -> AsyncIterator[tuple[QuickSender, asyncio.Task[Way]]]:
    async with server.client("a", catch_up=False) as me, sending(me, *paths) as sender:
        run = asyncio.create_task(sender.run(quiet))
        yield sender, run
        run.cancel()
        await asyncio.wait([run])


async def saved(browser: Browser, name: str) -> bytes:
    async with browser.page.expect_download(timeout=30_000) as download:
        await browser.page.get_by_role("button", name=name, exact=True).click()
    return Path(await (await download.value).path()).read_bytes()


async def test_a_link_is_all_it_takes(
    server: LiveServer,
    browsers: Browsers,  # noqa: F811
    tmp_path: Path,
) -> None:
    """QUICK13, QUICK14: names and sizes first; then the file, and which way it came."""
    source = tmp_path / "report.pdf"
    source.write_bytes(os.urandom(3_000_000))
    anna = browsers.new("anna", DESKTOP)
    async with offering(server, source) as (sender, run):
        page = await anna.start(sender.link)
        await expect(page.get_by_text("1 file · 3 MB")).to_be_visible()
        await expect(page.get_by_text("Nobody but the two of you can read the files")).to_be_visible()
        await anna.screenshot("receive-offer")
        await page.get_by_role("button", name="Take it").click()
        await expect(page.get_by_text("Everything is here, and checked")).to_be_visible(timeout=60_000)
        assert await asyncio.wait_for(run, 30) is Way.DIRECT
        await expect(page.get_by_text("Direct", exact=True)).to_be_visible()
        assert await saved(anna, "Save report.pdf") == source.read_bytes()
        await page.get_by_role("button", name="Another code").click()
        await expect(page.get_by_label("Code")).to_be_visible()
    assert anna.errors == []


async def test_several_files_on_a_phone_by_words(
    server: LiveServer,
    browsers: Browsers,  # noqa: F811
    tmp_path: Path,
) -> None:
    """QUICK1, QUICK3, QUICK14: Chinese words, a slip that costs nothing, a folder."""
    folder = tmp_path / "照片"
    folder.mkdir()
    contents = {"一.bin": os.urandom(200_000), "三.bin": os.urandom(500_000), "空.txt": b""}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    lin = browsers.new("lin", PHONE, "zh-CN")
    page = await lin.start(f"{server.url}/#/receive")
    await page.emulate_media(color_scheme="dark")
    async with offering(server, folder) as (sender, run):
        number, first, second, third = sender.code.text(Language.CHINESE).split("-")
        field = page.get_by_label("取件码")
        await field.fill(f"{number}{first}{second}")
        await page.get_by_role("button", name="看看是什么").click()
        await expect(page.get_by_text("取件码由一个数字和三个词组成")).to_be_visible()
        await field.fill(f"{number} {first}{second}{third}")
        await page.get_by_role("button", name="看看是什么").click()
        await expect(page.get_by_text("3 个文件")).to_be_visible()
        await page.get_by_role("button", name="接收").click()
        await expect(page.get_by_text("全部收到并已校验")).to_be_visible(timeout=60_000)
        await asyncio.wait_for(run, 30)
        await lin.screenshot("receive-done")
        for name, data in contents.items():
            assert await saved(lin, f"保存 照片/{name}") == data
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide
    assert lin.errors == []


async def test_what_goes_wrong_is_said(
    server: LiveServer,
    browsers: Browsers,  # noqa: F811
    tmp_path: Path,
) -> None:
    """QUICK5, QUICK6, QUICK7."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    anna = browsers.new("anna", DESKTOP)
    async with offering(server, source) as (sender, run):
        wrong = Code.make(sender.code.number, os.urandom(4))
        page = await anna.start(f"{server.url}/#/receive/{wrong.text()}")
        await expect(page.get_by_role("alert")).to_contain_text("The words do not fit the number")
        with pytest.raises(TransferError, match="wrong words"):
            await run
        await page.get_by_role("button", name="Another code").click()
        await page.get_by_label("Code").fill(sender.code.text())
        await page.get_by_role("button", name="Look what it is").click()
        await expect(page.get_by_role("alert")).to_contain_text("the code is void")
    async with offering(server, source) as (sender, run):
        await page.goto(sender.link)
        await page.get_by_role("button", name="Decline").click()
        with pytest.raises(DeclinedError):
            await run
        await expect(page.get_by_label("Code")).to_be_visible()
    async with offering(server, source) as (sender, run):
        await page.goto(sender.link)
        await expect(page.get_by_role("button", name="Take it")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("called it off")
    assert anna.errors == []
