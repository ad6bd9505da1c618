"""Whether people with a screen reader, a keyboard or weak eyes can use what is on the screen, by axe-core."""

from __future__ import annotations

from typing import Any, Literal

from playwright.async_api import Page

from tests.browser.conftest import ROOT, Browser

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
PHONE_MAX_PX = 600
Light = Literal["light", "dark"]
# A language changes words, the light colours: each once.
VARIANTS: tuple[tuple[str, Light], ...] = (("en", "light"), ("zh-CN", "light"), ("zh-CN", "dark"))
# Of a screen that both sizes look at: each once between the two.
_PHONE: tuple[tuple[str, Light], ...] = (("zh-CN", "light"),)
_DESKTOP: tuple[tuple[str, Light], ...] = (("en", "light"), ("zh-CN", "dark"))
# What WCAG asks for at A and AA, what is good manners beside it, and that what one reads is what one may say.
_RULES = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ],
    "rules": {"label-content-name-mismatch": {"enabled": True}, "target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
_SPEAK = """language => {
  Object.defineProperty(navigator, 'languages', {get: () => [language], configurable: true})
  window.dispatchEvent(new Event('languagechange'))
}"""
_RUN = """async rules => (await axe.run(document, rules)).violations.flatMap(({id, impact, nodes}) =>
  nodes.map(({target, html, failureSummary}) =>
    `${impact} ${id}: ${target.join(' ')} ${html.slice(0, 160)} ${failureSummary.split('\\n')[1].trim()}`))"""


async def complaints(page: Page, rules: dict[str, Any] = _RULES) -> list[str]:
    """Return what is wrong with the page as it stands, a line each: impact, rule, element, why."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(_RUN, rules)
    return found


class Inspection:
    """Looks at one screen after the other, in both lights and both languages, and keeps what is wrong."""

    def __init__(self, browser: Browser, variants: tuple[tuple[str, Light], ...] = VARIANTS) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._variants = variants

    @classmethod
    def shared(cls, browser: Browser) -> Inspection:
        """Return one for screens that a phone and a desktop look at: each of them at its part."""
        size = browser.page.viewport_size
        return cls(browser, _PHONE if size is not None and size["width"] < PHONE_MAX_PX else _DESKTOP)

    async def look(self, name: str) -> None:
        """Ask about the screen that is there now, and keep pictures of it."""
        for language, light in self._variants:
            await self._turn(language, light)
            # The light changes colours and nothing else.
            found = await complaints(self._browser.page, _RULES if light == "light" else _COLOURS)
            self.complaints += [f"{name}, {language}, {light}: {each}" for each in found]
            await self._browser.screenshot(f"{name}-{language[:2]}-{light}")
        await self._turn(*VARIANTS[0])

    async def _turn(self, language: str, light: Light) -> None:
        page = self._browser.page
        await page.evaluate(_SPEAK, language)
        # Without motion a colour is there at once, not half way to it.
        await page.emulate_media(color_scheme=light, reduced_motion="reduce")
        await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
