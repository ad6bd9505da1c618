"""What the head of a web page says about it. Hostile pages cost bounded time. No I/O."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from typing import NamedTuple

from hutong.platform.text import is_line

TITLE_CHARACTERS_MAX = 200
DESCRIPTION_CHARACTERS_MAX = 400
SITE_CHARACTERS_MAX = 100
# Fed in pieces; a tag longer than the second ends the reading, for the parser looks at it again and again.
_PIECE_CHARACTERS = 16 * 1024
_TAG_CHARACTERS_MAX = 64 * 1024
_STEPS_MAX = 20_000
_VALUE_CHARACTERS_MAX = 4_000

_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{1,40})")
# Those pages are written in. Others that Python knows are slow (punycode) or no texts at all (zip).
_CHARSETS = re.compile(
    r"utf-8|utf-16(-[bl]e)?|ascii|iso8859-\d+|cp\d+|gb2312|gbk|gb18030|big5(hkscs)?|shift_jis|euc_(jp|kr)|koi8-[ru]"
)
_PROPERTIES = {
    "title": ("og:title", "twitter:title"),
    "description": ("og:description", "twitter:description", "description"),
    "site": ("og:site_name", "application-name"),
    "picture": ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"),
}
_WANTED = frozenset(name for names in _PROPERTIES.values() for name in names)


class Facts(NamedTuple):
    """What a page says of itself, each '' when it says nothing."""

    title: str
    description: str
    site: str
    picture: str  # a link


class _EndError(Exception):
    """The head is over."""


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, str] = {}
        self.title = ""
        self._in_title = False
        self._steps = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._step()
        if tag == "body":
            raise _EndError
        if tag == "title" and not self.title:
            self._in_title = True
        if tag == "meta":
            given = {name: value or "" for name, value in attrs}
            name = (given.get("property") or given.get("name") or "").strip().lower()
            if name in _WANTED:
                self.values.setdefault(name, given.get("content", "")[:_VALUE_CHARACTERS_MAX])

    def handle_endtag(self, tag: str) -> None:
        self._step()
        self._in_title = False
        if tag == "head":
            raise _EndError

    def handle_data(self, data: str) -> None:
        self._step()
        if self._in_title and len(self.title) < _VALUE_CHARACTERS_MAX:
            self.title += data[:_VALUE_CHARACTERS_MAX]

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _STEPS_MAX:
            raise _EndError


def read_head(body: bytes, content_type: str) -> Facts:
    """Return what a page says of itself, however broken it is."""
    html = body.decode(_charset(body, content_type), errors="replace")
    head = _Head()
    try:
        for start in range(0, len(html), _PIECE_CHARACTERS):
            head.feed(html[start : start + _PIECE_CHARACTERS])
            # Scripts stand there as a whole until their end is found, and may be long.
            if len(head.rawdata) > _TAG_CHARACTERS_MAX and head.cdata_elem is None:
                break
    except (_EndError, AssertionError):  # the parser asserts where a declaration is no declaration
        pass
    found = {
        fact: next((head.values[name] for name in names if head.values.get(name, "").strip()), "")
        for fact, names in _PROPERTIES.items()
    }
    return Facts(
        shown(found["title"] or head.title, TITLE_CHARACTERS_MAX),
        shown(found["description"], DESCRIPTION_CHARACTERS_MAX),
        shown(found["site"], SITE_CHARACTERS_MAX),
        found["picture"].strip(),
    )


def shown(text: str, maximum: int) -> str:
    """Return one line of a stranger's text, without what cannot be shown, cut at `maximum` characters."""
    line = " ".join("".join(letter if is_line(letter) else " " for letter in text).split())
    return line if len(line) <= maximum else line[: maximum - 1].rstrip() + "…"


def _charset(body: bytes, content_type: str) -> str:
    for place in (content_type.encode("ascii", "replace"), body[:2048]):
        named = _CHARSET.search(place)
        if named:
            try:
                name = codecs.lookup(named[1].decode()).name
            except LookupError:
                continue
            if _CHARSETS.fullmatch(name):
                return name
    return "utf-8"
