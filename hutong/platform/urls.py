"""Links that the server follows. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

CHARACTERS_MAX = 2_000
HOST_CHARACTERS_MAX = 253
_PORTS = {"http": 80, "https": 443}
# What is left as it is in a path or a query; everything else, letters beyond ASCII too, is quoted.
_SAFE = "/?:@!$&'()*+,;=-._~%[]"


class UrlError(Exception):
    """Nothing that could be fetched."""


@dataclass(frozen=True, slots=True)
class Url:
    """Where a page is. `host`: a name as the DNS has it, in lower case, or an address without brackets."""

    scheme: str
    host: str
    port: int
    target: str  # path and query, as the request says them

    @property
    def authority(self) -> str:
        """Host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        """The whole."""
        return f"{self.scheme}://{self.authority}{self.target}"

    def join(self, link: str) -> Url:
        """Return where a link on this page leads. Raises `UrlError`."""
        try:
            return parse(urljoin(self.text, link.strip()))
        except ValueError as error:
            raise UrlError("no URL") from error


def parse(text: str) -> Url:
    """Read a link. Raises `UrlError` for anything but http and https."""
    if len(text) > CHARACTERS_MAX or any(letter <= " " or letter == "\x7f" for letter in text):
        raise UrlError("no URL")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UrlError("no URL") from error
    if parts.scheme not in _PORTS or parts.username is not None or port == 0:
        raise UrlError("not a page")
    host = _in_dns(parts.hostname or "")
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_SAFE)
    return Url(parts.scheme, host, port or _PORTS[parts.scheme], target)


def _in_dns(host: str) -> str:
    if not 0 < len(host) <= HOST_CHARACTERS_MAX:
        raise UrlError("no host")
    if ":" in host:
        return host
    try:
        encoded = host.rstrip(".").encode("idna").decode().lower()
    except UnicodeError as error:
        raise UrlError("no host") from error
    if not encoded or not all(letter.isalnum() or letter in "-._" for letter in encoded):
        raise UrlError("no host")
    return encoded
