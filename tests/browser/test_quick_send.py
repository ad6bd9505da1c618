"""The browser as a sender by code: to a browser and to `hutong receive`, with and without an account."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from hutong.protocols.quicksend import Code
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import Person
from tests.browser.test_transfers import ARRIVES_WITHIN_MS, holiday

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def choose(page: Page, button: str, path: Path) -> None:
    await page.evaluate("delete window.showDirectoryPicker")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name=button, exact=True).click()
    await (await chooser.value).set_files(path)


async def code_of(page: Page) -> str:
    code = page.get_by_test_id("quick-code")
    await expect(code).to_be_visible()
    return await code.inner_text()


async def test_to_another_browser_without_an_account(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """QUICK1, QUICK13, QUICK14: from the welcome page, on a phone, in Chinese; a link is all it takes."""
    source = tmp_path / "report.pdf"
    source.write_bytes(os.urandom(3_000_000))
    lin, bob = browsers.new("lin", PHONE, "zh-CN"), browsers.new("bob", DESKTOP)
    page = await lin.start(server.url)
    await page.get_by_role("button", name="凭取件码发送").click()
    await lin.screenshot("quick-choose")
    await choose(page, "选择文件", source)
    assert "-" in await code_of(page)
    await expect(page.get_by_role("img", name="链接的二维码")).to_be_visible()
    await lin.screenshot("quick-code")
    link = await page.get_by_role("link").get_attribute("href")
    assert link is not None
    theirs = await bob.start(link)
    await expect(theirs.get_by_text("1 file · 3 MB")).to_be_visible()
    await expect(page.get_by_text("对方已输入取件码")).to_be_visible()
    await theirs.get_by_role("button", name="Take it").click()
    await expect(page.get_by_text("已全部送达")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
    await expect(theirs.get_by_text("Everything is here, and checked")).to_be_visible()
    await expect(theirs.get_by_text("Direct", exact=True)).to_be_visible()
    await expect(page.get_by_text("直连", exact=True)).to_be_visible()
    await page.emulate_media(color_scheme="dark")
    await lin.screenshot("quick-sent")
    async with theirs.expect_download() as download:
        await theirs.get_by_role("button", name="Save report.pdf").click()
    assert Path(await (await download.value).path()).read_bytes() == source.read_bytes()
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert lin.errors + bob.errors == []


async def test_a_folder_to_the_command_line_with_an_account(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """QUICK12, QUICK14: `hutong receive CODE` has the same files."""
    files = holiday(tmp_path / "from")
    anna = Person(browsers.new("anna", DESKTOP), server, "anna", "Anna Lin")
    await anna.open()
    await anna.sign_up()
    await anna.page.get_by_role("button", name="New").click()
    await anna.page.get_by_role("menuitem", name="Send with a code").click()
    await choose(anna.page, "Choose a folder", tmp_path / "from" / "holiday")
    code = await code_of(anna.page)
    await anna.browser.screenshot("quick-code")
    into = tmp_path / "into"
    into.mkdir()
    command = [str(Path(sys.executable).with_name("hutong")), "receive", code, "--into", str(into), "--yes"]
    environment = {**os.environ, "HUTONG_SERVER": server.url, "HUTONG_HOME": str(tmp_path / "home")}
    receiving = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(receiving.communicate(), 90)
    assert receiving.returncode == 0, output.decode()
    await expect(anna.page.get_by_text("Everything has arrived")).to_be_visible()
    await expect(anna.page.get_by_text("Direct", exact=True)).to_be_visible()
    assert {name: (into / name).read_bytes() for name in files} == files
    await anna.page.get_by_role("button", name="Send something else").click()
    await expect(anna.page.get_by_role("button", name="Choose files")).to_be_visible()
    assert anna.browser.errors == []


async def test_what_goes_wrong_is_said_to_the_sender(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """QUICK6, QUICK13: wrong words, and somebody who does not want it."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    anna, bob = browsers.new("anna", DESKTOP), browsers.new("bob", DESKTOP)
    page = await anna.start(f"{server.url}/#/send")
    await choose(page, "Choose files", source)
    code = await code_of(page)
    theirs = await bob.start(f"{server.url}/#/receive/{code}")
    await theirs.get_by_role("button", name="Decline").click()
    await expect(page.get_by_role("alert")).to_contain_text("did not want it")
    await page.get_by_role("button", name="Send something else").click()
    await choose(page, "Choose files", source)
    number = int((await code_of(page)).split("-")[0])
    wrong = Code.make(number, os.urandom(4))
    await theirs.goto(f"{server.url}/#/receive/{wrong.text()}")
    await expect(theirs.get_by_role("alert")).to_contain_text("The words do not fit the number")
    await expect(page.get_by_role("alert")).to_contain_text("wrong words")
    assert anna.errors + bob.errors == []
