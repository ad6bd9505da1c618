"""Files and folders from browser to browser: one row, whole, resumed after a reload on either side."""

from __future__ import annotations

import asyncio
import io
import os
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import expect

from hutong.client.transfers import Way
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import Person, comes_true
from tests.browser.test_walk import two_friends
from tests.client.test_browser_peer import browser_and_python

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ARRIVES_WITHIN_MS = 90_000
# Large enough to be caught in the middle, and more than is taken without asking.
LARGE_BYTES = 48_000_000
# The server may not have noticed yet that a page is gone, and says that it is there.
AWAY_S = 1.0
# A folder of the page's own file system, in place of the one a person would choose.
PLACE = """() => {
    window.showDirectoryPicker = async () =>
        (await navigator.storage.getDirectory()).getDirectoryHandle('place', { create: true })
}"""
LISTED = """async () => {
    const found = {}
    const walk = async (folder, path) => {
        for await (const [name, handle] of folder.entries()) {
            if (handle.kind === 'directory') {
                found[`${path}${name}/`] = -1
                await walk(handle, `${path}${name}/`)
            } else found[path + name] = (await handle.getFile()).size
        }
    }
    await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle('place'), '')
    return found
}"""
KEPT = """async () => {
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle('transfers', { create: true })
    const names = []
    for await (const name of folder.keys()) names.push(name)
    return names
}"""


def holiday(folder: Path) -> dict[str, bytes]:
    """Make a folder with everything in it."""
    files = {
        "holiday/one.bin": os.urandom(600_000),
        "holiday/照片/two.bin": os.urandom(300_000),
        "holiday/照片/empty.txt": b"",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return files


async def send_folder(person: Person, folder: Path) -> None:
    # Playwright answers the dialog of <input type=file> only.
    await person.page.evaluate("delete window.showDirectoryPicker")
    await person.page.get_by_role("button", name="Attach").click()
    async with person.page.expect_file_chooser() as chooser:
        await person.page.get_by_text("Send a folder directly").click()
    await (await chooser.value).set_files(folder)


async def is_moving(person: Person) -> None:
    """Wait until some of it has arrived; all takes seconds."""
    await person.until(
        "() => [...document.querySelectorAll('[role=progressbar]')].some(bar => bar.ariaValueNow >= 3)"
    )


async def listed(person: Person) -> dict[str, int]:
    """Return what is in the place; nothing while a file comes or goes under the listing."""
    try:
        return dict(await person.page.evaluate(LISTED))
    except PlaywrightError:
        return {}


async def test_a_folder_is_one_row_and_arrives_as_one(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """XFER2, XFER3: as an archive where the browser knows no folders, else below a name that is free."""
    anna, bob = await two_friends(server, browsers, PHONE)
    files = holiday(tmp_path)
    await send_folder(anna, tmp_path / "holiday")
    row = bob.message("holiday")
    await expect(row.get_by_text("Received and checked")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
    await expect(row.get_by_text("Direct", exact=True)).to_be_visible()
    await expect(anna.message("holiday").get_by_text("Handed over")).to_be_visible()
    await expect(bob.messages.filter(has_text="holiday")).to_have_count(1)
    await row.get_by_text("3 files").click()
    await expect(row.get_by_text("照片/two.bin", exact=True)).to_be_visible()
    await bob.browser.screenshot("folder")

    await bob.page.evaluate("delete window.showDirectoryPicker")
    archive = await bob.saved(lambda: row.get_by_role("button", name="Save all").click())
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        assert {each: read.read(each) for each in read.namelist()} == files
    one = await bob.saved(lambda: row.get_by_role("button", name="Save holiday/one.bin").click())
    assert one == files["holiday/one.bin"]

    await bob.page.evaluate(PLACE)
    expected: dict[str, int] = {}
    for place in ("holiday", "holiday (1)"):
        await row.get_by_role("button", name="Save all").click()
        expected |= {f"{place}/": -1, f"{place}/照片/": -1}
        expected |= {place + name.removeprefix("holiday"): len(data) for name, data in files.items()}
        # Sizes show when a file is whole: until then it is beside its place.
        async with asyncio.timeout(60):
            while await listed(bob) != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    assert await bob.page.evaluate(LISTED) == expected
    assert anna.browser.errors + bob.browser.errors == []


async def test_the_receiver_reloads_in_the_middle(server: Server, browsers: Browsers, tmp_path: Path) -> None:
    """XFER8, XFER13: it goes on with what is on the disk."""
    anna, bob = await two_friends(server, browsers, DESKTOP)
    source = tmp_path / "large.bin"
    source.write_bytes(os.urandom(LARGE_BYTES))
    await anna.send_directly(source)
    row = bob.message("large.bin")
    await row.get_by_role("button", name="Take it").click()
    await is_moving(bob)
    await bob.browser.screenshot("receiving")
    await bob.page.reload()
    await expect(row.get_by_text("Received and checked")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
    assert await bob.saved(lambda: row.get_by_role("button", name="Save").click()) == source.read_bytes()
    assert anna.browser.errors + bob.browser.errors == []


async def test_the_sender_reloads_in_the_middle_and_chooses_the_file_again(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """XFER8: what has arrived is not sent again; another file is refused."""
    anna, bob = await two_friends(server, browsers, DESKTOP)
    source, other = tmp_path / "large.bin", tmp_path / "other.bin"
    source.write_bytes(os.urandom(LARGE_BYTES))
    other.write_bytes(b"other")
    await anna.send_directly(source)
    row, mine = bob.message("large.bin"), anna.message("large.bin")
    await row.get_by_role("button", name="Take it").click()
    await is_moving(bob)
    await anna.page.reload()
    for file in (other, source):
        async with anna.page.expect_file_chooser() as chooser:
            await mine.get_by_role("button", name="Choose the files").click()
        await (await chooser.value).set_files(file)
        if file is other:
            await expect(mine.get_by_text("That is something else")).to_be_visible()
    await expect(row.get_by_text("Received and checked")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
    assert await bob.saved(lambda: row.get_by_role("button", name="Save").click()) == source.read_bytes()
    assert anna.browser.errors + bob.browser.errors == []


async def test_cancelled_in_the_middle_nothing_stays(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """XFER15."""
    anna, bob = await two_friends(server, browsers, DESKTOP)
    source = tmp_path / "large.bin"
    source.write_bytes(os.urandom(LARGE_BYTES))
    await anna.send_directly(source)
    row = bob.message("large.bin")
    await row.get_by_role("button", name="Take it").click()
    await is_moving(bob)
    await anna.message("large.bin").get_by_role("button", name="Cancel").click()
    for each in (row, anna.message("large.bin")):
        await expect(each.get_by_text("Cancelled")).to_be_visible()
    await comes_true(bob.page, f"async () => (await ({KEPT})()).length === 0")
    assert anna.browser.errors + bob.browser.errors == []


def unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        return {each: read.read(each) for each in read.namelist()}


async def test_a_folder_from_a_program(server: Server, browsers: Browsers, tmp_path: Path) -> None:
    """XFER0, XFER2: offered with `files`, taken by a page, saved as one."""
    async with browser_and_python(server, browsers, tmp_path) as (anna, me):
        files = holiday(tmp_path)
        delivered = await me.transfers.send(await me.open("anna"), tmp_path / "holiday")
        assert delivered.way is Way.DIRECT
        row = anna.message("holiday")
        await expect(row.get_by_text("Received and checked")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
        await anna.page.evaluate("delete window.showDirectoryPicker")
        assert unpacked(await anna.saved(lambda: row.get_by_role("button", name="Save all").click())) == files
        assert anna.browser.errors == []


async def test_a_folder_that_was_stored_is_an_archive(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    """XFER19: its name says so, and everything is in it."""
    async with browser_and_python(server, browsers, tmp_path) as (anna, me):
        files = holiday(tmp_path)
        there = anna.page.url
        await anna.page.goto("about:blank")
        delivered = await me.transfers.send(
            await me.open("anna"), tmp_path / "holiday", accept_within_s=AWAY_S
        )
        assert delivered.way is Way.STORED
        await anna.page.goto(there)
        row = anna.message("holiday")
        async with anna.page.expect_download(timeout=ARRIVES_WITHIN_MS) as download:
            await row.get_by_role("button", name="Save", exact=True).click()
        saved = await download.value
        assert saved.suggested_filename == "holiday.zip"
        assert unpacked(Path(await saved.path()).read_bytes()) == files
        assert anna.browser.errors == []
