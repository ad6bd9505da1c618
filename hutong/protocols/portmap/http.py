"""The little HTTP that UPnP needs: requests, and the reading of one answer within bounds.

Source: UPnP Device Architecture 1.1 sections 2.12 and 3.2. Redirects are refused: what a router's page
points to is not the router.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httptools

from hutong.protocols.portmap.errors import MalformedError

# Descriptions of real routers have 3 to 40 KiB.
BODY_BYTES_MAX = 256 * 1024
_HEAD_BYTES_MAX = 8 * 1024
_HEADERS_MAX = 64
_URL_CHARACTERS_MAX = 1024


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer; 500 comes with a SOAP fault, so every status is one."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Url:
    """Where on the router: `host` is its address, never a name."""

    host: str
    port: int
    path: str

    def join(self, text: str) -> Url:
        """Return where a link of this page leads. Raises `MalformedError` when away from this host."""
        try:
            joined = urljoin(f"http://{self.authority}{self.path}", text)
        except ValueError as error:
            raise MalformedError("no URL") from error
        return parse_url(joined, self.host)

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them."""
        return f"{self.host}:{self.port}"


def parse_url(text: str, gateway: str) -> Url:
    """Read an address on the router. Raises `MalformedError` for any other."""
    if len(text) > _URL_CHARACTERS_MAX or any(not "!" <= letter <= "~" for letter in text):
        raise MalformedError("no URL")
    try:
        parts = urlsplit(text)
        host = ipaddress.ip_address(parts.hostname or "")
        port = 80 if parts.port is None else parts.port
    except ValueError as error:
        raise MalformedError("no URL with an address") from error
    if parts.scheme != "http" or parts.username is not None or not port:
        raise MalformedError("no URL of a router")
    if host != ipaddress.ip_address(gateway):
        raise MalformedError("a URL away from the router")
    path = parts.path or "/"
    return Url(gateway, port, f"{path}?{parts.query}" if parts.query else path)


def encode_get(url: Url) -> bytes:
    """Ask for a page."""
    return f"GET {url.path} HTTP/1.1\r\nHost: {url.authority}\r\nConnection: close\r\n\r\n".encode()


def encode_post(url: Url, action: str, body: bytes) -> bytes:
    """Call a SOAP action."""
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.authority}\r\n"
        f'Content-Type: text/xml; charset="utf-8"\r\nSOAPAction: "{action}"\r\n'
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


class HttpReader:
    """Takes an answer in pieces. Anything but one whole answer raises `MalformedError`."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._head_bytes = 0
        self._headers = 0
        self._in_body = False
        self._body = bytearray()
        self._whole = False
        self._wrong = ""

    def feed(self, data: bytes) -> HttpAnswer | None:
        """Return the answer once it is whole."""
        if not self._in_body:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise MalformedError(self._wrong or "no HTTP answer") from error
        if not self._in_body and self._head_bytes > _HEAD_BYTES_MAX:
            raise MalformedError("the head of the answer has no end")
        return self._answer() if self._whole else None

    def end(self) -> HttpAnswer:
        """Return the answer of a router that ends it by closing the connection."""
        if not self._in_body:
            raise MalformedError("the router hung up")
        return self._answer()

    def _answer(self) -> HttpAnswer:
        status = self._parser.get_status_code()
        if 300 <= status < 400:
            raise MalformedError("the router points elsewhere")
        return HttpAnswer(status, bytes(self._body))

    # ---- parser ----

    def on_header(self, _name: bytes, _value: bytes) -> None:
        """Count them; none is needed."""
        self._headers += 1
        if self._headers > _HEADERS_MAX:
            self._refuse("too many headers")

    def on_headers_complete(self) -> None:
        """From here on it is the body that has a bound."""
        self._in_body = True

    def on_body(self, body: bytes) -> None:
        """Keep it."""
        if len(self._body) + len(body) > BODY_BYTES_MAX:
            self._refuse("the answer is too long")
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self._whole = True

    def _refuse(self, why: str) -> None:
        self._wrong = why
        raise ValueError(why)  # httptools makes it an error of its own
