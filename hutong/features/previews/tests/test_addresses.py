"""Where the server may be led, and what pages say, without a socket."""

from __future__ import annotations

import time

import pytest

from hutong.features.previews.page import read_head, shown
from hutong.platform.addresses import is_public
from hutong.platform.urls import UrlError, parse

PUBLIC = ["8.8.8.8", "1.1.1.1", "223.5.5.5", "2606:4700::1", "2400:3200::1", "2a00:1450::8"]
PRIVATE = [
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3"),
    *("169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
    *("::ffff:8.8.8.8", "::ffff:127.0.0.1", "::8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1"),
    *("2002:808:808::1", "2001::1", "2001:db8::1", "2001:20::1", "3fff::1", "5f00::1", "2606:4700::1%eth0"),
    *("", "localhost", "8.8.8.8:80", "0x08080808", "134744072"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    """MSG17"""
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_or_special(address: str) -> None:
    """MSG17"""
    assert not is_public(address)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("http://a.example", "http://a.example/"),
        ("HTTPS://A.Example:443/B?c=d#e", "https://a.example/B?c=d"),
        ("https://例え.jp/道?名=前", "https://xn--r8jz45g.jp/%E9%81%93?%E5%90%8D=%E5%89%8D"),
        ("https://a.example./%E9%81%93%20x", "https://a.example/%E9%81%93%20x"),
        ("http://[2606:4700::1]:8080/", "http://[2606:4700::1]:8080/"),
        ("http://a.example/?q=a'b(c)", "http://a.example/?q=a'b(c)"),
    ],
)
def test_links(text: str, read: str) -> None:
    assert parse(text).text == read


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a.example",
            "ftp://a.example",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://",
            "http:///x",
        ),
        *(
            "http://user@a.example",
            "http://user:pass@a.example",
            "http://a.example:0",
            "http://a.example:99999",
        ),
        *("http://a.example:x", "http://[::1", "http://a b", "http://a.example/\r\nHost: b", "http://a\x00b"),
        *(
            "http://" + "a" * 64 + ".example",
            "http://a..example",
            "http://a/" + "x" * 2_000,
            "http://a%0d%0ab",
        ),
        "http://exa<script>mple",
    ],
)
def test_what_is_no_link_to_a_page(text: str) -> None:
    with pytest.raises(UrlError):
        parse(text)


def test_where_redirects_lead() -> None:
    base = parse("https://a.example/b/c?d")
    assert base.join("../e").text == "https://a.example/e"
    assert base.join("//b.example").text == "https://b.example/"
    for link in ("ftp://x", "http://[", "http://u@b.example", "gopher:x"):
        with pytest.raises(UrlError):
            base.join(link)


# ---- pages ----


@pytest.mark.parametrize(
    ("html", "facts"),
    [
        ("<title>A &amp; B</title>", ("A & B", "", "", "")),
        (
            '<TITLE>x</TITLE><META NAME="Description" content=" two\n lines "><meta name=og:title content=Y>',
            ("Y", "two lines", "", ""),
        ),
        ('<meta property="og:title" content=""><title>T</title>', ("T", "", "", "")),
        (
            '<meta property="og:title" content="first"><meta property="og:title" content="second">',
            ("first", "", "", ""),
        ),
        ('<meta property="og:title" content="a\u202eb\x07c">', ("a b c", "", "", "")),
        ('<script>"<meta property=og:title content=no>"</script><title>T</title>', ("T", "", "", "")),
        ("<title>T</title></head><meta property=og:title content=late>", ("T", "", "", "")),
        ("<title>T</title><body><meta property=og:title content=late>", ("T", "", "", "")),
        (
            '<meta property="og:image" content=" /p.png "><meta property="og:site_name" content="S">',
            ("", "", "S", "/p.png"),
        ),
        ("<!-- <title>no</title> --><![if x]><title>T</title>", ("T", "", "", "")),
        (
            "<script>" + "x" * 200_000 + "</script><title>behind a long script</title>",
            ("behind a long script", "", "", ""),
        ),
        ("", ("", "", "", "")),
        ("\x00\x01<<<>>>", ("", "", "", "")),
    ],
)
def test_what_a_page_says(html: str, facts: tuple[str, ...]) -> None:
    assert tuple(read_head(html.encode(), "text/html; charset=utf-8")) == facts


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        ("<title>你好</title>".encode("gbk"), "text/html; charset=GBK", "你好"),
        ('<meta charset="big5"><title>你好</title>'.encode("big5"), "text/html", "你好"),
        ("<title>é</title>".encode("latin-1"), "text/html; charset=iso-8859-1", "é"),
        ("<title>é</title>".encode("latin-1"), "text/html", "\ufffd"),
        (b"<title>x</title>", "text/html; charset=punycode", "x"),
        (b"<title>x</title>", "text/html; charset=zip", "x"),
        (b"<title>x</title>", "text/html; charset=nothing", "x"),
    ],
)
def test_charsets(body: bytes, content_type: str, title: str) -> None:
    assert read_head(body, content_type).title == title


def test_long_words_are_cut() -> None:
    assert shown("x" * 300, 200) == "x" * 199 + "…"
    facts = read_head(
        f'<title>{"a" * 5000}</title><meta name=description content="{"b " * 2000}">'.encode(), ""
    )
    assert (len(facts.title), len(facts.description)) == (200, 400)


_BIG = 1_000_000
_REPEATED = {
    "opened": "<",
    "comments": "<!--",
    "declared": "<!",
    "instructed": "<?",
    "ended": "</",
    "marked": "<![CDATA[",
    "tags": "<a ",
    "slashes": "<a/",
    "quotes": "<a b='",
    "ampersands": "&",
    "numbers": "&#",
    "titles": "<title>&a",
    "scripts": "<script></",
    "metas": "<meta property=og:title content=x>",
}
HOSTILE = {name: piece * (_BIG // len(piece)) for name, piece in _REPEATED.items()} | {
    "attributes": "<a " + "b " * (_BIG // 2),
    "script": "<script>" + "</" * (_BIG // 2),
    "value": '<meta content="' + "&" * _BIG,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_cost_bounded_time(name: str) -> None:
    """MSG19: generous for a machine under load; what is quadratic takes minutes."""
    begun = time.thread_time()
    read_head(HOSTILE[name].encode(), "text/html")
    assert time.thread_time() - begun < 5
