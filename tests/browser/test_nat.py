"""The page about the connection says how likely direct paths are: Chromium, the real STUN server, NATs."""

from __future__ import annotations

import os
import re
import socket
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESKTOP, Browsers, Server
from tests.browser.nat import HERE, OUTSIDE, Nat
from tests.browser.person import PATIENCE_MS, Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SECOND = "127.0.0.2"
# What is asked goes through the NAT of the test, once there is one.
THROUGH = """
window.asked = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) {
    window.asked.push(configuration.iceServers.flatMap(({ urls }) => urls))
    super(window.through ? { iceServers: [{ urls: window.through }] } : configuration)
  }
}
"""


async def says(page: Page, words: str) -> None:
    row = page.get_by_role("group", name="Direct connections")
    await expect(row).to_have_accessible_description(re.compile(words), timeout=PATIENCE_MS)


async def again(page: Page, places: list[str], words: str) -> None:
    await page.evaluate("(places) => { window.through = places }", places)
    await page.get_by_role("button", name="Check again").click()
    await says(page, words)


def silent_place() -> socket.socket:
    """Bind a port that never answers."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind((HERE, 0))
    return bound


def free_port() -> int:
    """Return a port that both hosts have free; below those the system gives away by itself."""
    for port in range(20_000 + os.getpid() % 10_000, 32_768):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        ):
            try:
                one.bind((HERE, port))
                other.bind((SECOND, port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is free")


@pytest.fixture(autouse=True)
def _second_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the server of this test one (STUN9)."""
    monkeypatch.setenv("HUTONG_RELAY_DISCOVERY", f"{SECOND}:{free_port()}")


async def test_how_likely_direct_paths_are(server: Server, browsers: Browsers) -> None:
    lin = Person(browsers.new("lin", DESKTOP), server, "lin", "Lin")
    await lin.open()
    page = lin.page
    await page.add_init_script(THROUGH)
    await page.reload()
    await lin.sign_up()
    assert await page.evaluate("window.asked") == []

    # Nobody stands between this machine and itself.
    await lin.go("me/connection")
    await says(page, "^Very likely. No router")
    asked: Any = await page.evaluate("window.asked")
    assert len(asked) == 1
    first, second = asked[0]
    assert first.startswith(f"stun:{HERE}:")
    assert second.startswith(f"stun:{SECOND}:")
    stun_port = int(first.rpartition(":")[2])

    seen = page.get_by_role("group", name="Seen from outside as")
    cone = Nat(stun_port, symmetric=False)
    async with cone.open():
        await again(page, cone.urls, "^Likely. Everybody sees this device at the same place")
        await expect(seen).to_have_accessible_description(re.compile(rf"^{re.escape(OUTSIDE)}:\d+$"))
        with silent_place() as silent:
            half = [cone.urls[0], f"stun:{HERE}:{silent.getsockname()[1]}"]
            await again(page, half, "^Not known. Your network shows this device at another address")
    symmetric = Nat(stun_port, symmetric=True)
    async with symmetric.open():
        await again(
            page, symmetric.urls, "^With some networks. Your network shows this device at another place"
        )
    await lin.browser.screenshot("nat")

    with silent_place() as one, silent_place() as other:
        silent_places = [f"stun:{HERE}:{each.getsockname()[1]}" for each in (one, other)]
        await again(page, silent_places, "^No: everything is relayed")
    await expect(seen).to_have_count(0)
    assert lin.browser.errors == []
