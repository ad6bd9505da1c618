"""Where a server is: `https://host`, `http://host:8300`, `hutong://host:8301#sha256=<fingerprint>`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443, "hutong": 8301}
_FINGERPRINT = re.compile(r"sha256=([0-9a-fA-F]{64})")
_FORMS = "https://host, http://host:port or hutong://host:port#sha256=..."


class AddressError(ValueError):
    """This is no server address; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed server address.

    `http` and `https` are reached by WebSocket, `hutong` by TLS on TCP. With a `fingerprint` (the SHA-256
    of the server's certificate) that certificate is accepted and no other; without, the usual
    certificate authorities decide.
    """

    scheme: str
    host: str
    port: int
    fingerprint: bytes = b""

    @property
    def encrypted(self) -> bool:
        """Whether the connection is."""
        return self.scheme != "http"

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        return _is_loopback(self.host)

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def folder_name(self) -> str:
        """A name for this server's folder: the same for every way to write the address."""
        return f"{self.scheme}_{self.host.replace(':', '-')}_{self.port}"

    def __str__(self) -> str:
        mark = f"#sha256={self.fingerprint.hex()}" if self.fingerprint else ""
        return f"{self.scheme}://{self.authority}{mark}"


def parse_address(text: str) -> Address:
    """Return the address a person wrote. Raises `AddressError`.

    Without a scheme it is `http` on this machine and `https` anywhere else.
    """
    written = text.strip()
    if "://" not in written:
        host = urlsplit(f"//{written}").hostname or ""
        written = f"{'http' if _is_loopback(host) else 'https'}://{written}"
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"{text!r} is no server address: {error}.") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise AddressError(f"{text!r} is no server address; it looks like {_FORMS}.")
    if parts.username is not None or parts.query or parts.path not in {"", "/"}:
        raise AddressError(f"{text!r} has more in it than a server address: {_FORMS}.")
    fingerprint = _fingerprint(text, parts.fragment)
    if fingerprint and parts.scheme == "http":
        raise AddressError("An http:// address has no certificate; use https:// or hutong://.")
    if port == 0:
        raise AddressError(f"{text!r} is no server address: port 0 cannot be reached.")
    return Address(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], fingerprint)


def _fingerprint(text: str, fragment: str) -> bytes:
    if not fragment:
        return b""
    match = _FINGERPRINT.fullmatch(fragment)
    if match is None:
        raise AddressError(f"The fingerprint in {text!r} is not sha256= and 64 hexadecimal digits.")
    return bytes.fromhex(match[1])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
