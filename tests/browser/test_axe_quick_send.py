"""Sending with a code, looked at by axe-core from both ends: waiting, offered, on its way, there, refused."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.async_api import expect

from hutong.protocols.quicksend import Code
from tests.browser.axe import Inspection
from tests.browser.conftest import DESKTOP, PHONE, Browser, Browsers, Server
from tests.browser.person import PATIENCE_MS
from tests.browser.test_quick_send import choose, code_of
from tests.browser.test_transfers import ARRIVES_WITHIN_MS, LARGE_BYTES, holiday

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@contextmanager
def held(browser: Browser) -> Iterator[None]:
    """Let a browser stand still, as a phone that has no power to spare; what is on its way stays there."""
    processes = [each for main in browser.processes() for each in (main, *main.children(recursive=True))]
    try:
        _tell(processes, signal.SIGSTOP)
        yield
    finally:
        _tell(processes, signal.SIGCONT)


def _tell(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        # A browser's helpers come and go.
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


async def test_files_are_handed_over(server: Server, browsers: Browsers, tmp_path: Path) -> None:
    holiday(tmp_path)
    (tmp_path / "holiday" / "large.bin").write_bytes(os.urandom(LARGE_BYTES))
    anna, bob = browsers.new("anna", DESKTOP), browsers.new("bob", PHONE)
    page = await anna.start(f"{server.url}/#/send")
    at_anna = Inspection.shared(anna)
    await choose(page, "Choose a folder", tmp_path / "holiday")
    code = await code_of(page)
    await at_anna.look("axe-send-waiting")
    theirs = await bob.start(f"{server.url}/#/receive/{code}")
    at_bob = Inspection.shared(bob)
    take = theirs.get_by_role("button", name="Take it")
    await expect(take).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_text("Somebody has the code")).to_be_visible()
    await at_anna.look("axe-send-offered")
    await at_bob.look("axe-receive-offered")

    await take.click()
    moving = "() => document.querySelector('[role=progressbar]')?.ariaValueNow >= 1"
    await theirs.wait_for_function(moving)
    with held(bob):
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await at_anna.look("axe-send-running")
    with held(anna):
        await expect(theirs.get_by_role("progressbar")).to_be_visible()
        await at_bob.look("axe-receive-running")
    await expect(page.get_by_text("Everything has arrived")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
    await expect(theirs.get_by_role("button", name="Save all")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
    await at_anna.look("axe-send-done")
    await at_bob.look("axe-receive-done")
    complaints = at_anna.complaints + at_bob.complaints
    assert not complaints, "\n".join(complaints)
    assert anna.errors + bob.errors == []


async def test_what_goes_wrong_is_said(server: Server, browsers: Browsers, tmp_path: Path) -> None:
    source = tmp_path / "note.txt"
    source.write_text("hello")
    anna, bob = browsers.new("anna", PHONE), browsers.new("bob", DESKTOP)
    page = await anna.start(f"{server.url}/#/send")
    await choose(page, "Choose files", source)
    code = await code_of(page)
    theirs = await bob.start(f"{server.url}/#/receive")
    at_anna, at_bob = Inspection.shared(anna), Inspection.shared(bob)
    await theirs.get_by_role("textbox", name="Code").fill("4821-napkin-cotton")
    await theirs.get_by_role("button", name="Look what it is").click()
    await expect(theirs.get_by_text("A code has a number and three words")).to_be_visible()
    await at_bob.look("axe-receive-no-code")

    number = int(code.split("-")[0])
    await theirs.goto(f"{server.url}/#/receive/{Code.make(number, os.urandom(4)).text()}")
    await expect(theirs.get_by_role("alert")).to_contain_text("The words do not fit", timeout=PATIENCE_MS)
    await at_bob.look("axe-receive-wrong")
    await expect(page.get_by_role("alert")).to_contain_text("wrong words")
    await at_anna.look("axe-send-guessed")
    await page.get_by_role("button", name="Send something else").click()
    await choose(page, "Choose files", source)
    await theirs.goto(f"{server.url}/#/receive/{await code_of(page)}")
    await theirs.get_by_role("button", name="Decline").click()
    await expect(page.get_by_role("alert")).to_contain_text("did not want it")
    await at_anna.look("axe-send-refused")
    complaints = at_anna.complaints + at_bob.complaints
    assert not complaints, "\n".join(complaints)
    assert anna.errors + bob.errors == []
