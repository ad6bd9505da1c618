"""Where a server is: `https://host`, `http://host:8300`, `hutong://host:8301#root=<root key>`."""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443, "hutong": 8301}
_FINGERPRINT = re.compile(r"sha256=([0-9a-fA-F]{64})")
_ROOT = re.compile(r"root=([0-9A-Za-z_-]{43})")
_FORMS = "https://host, http://host:port or hutong://host:port#root=..."


class AddressError(ValueError):
    """This is no server address; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed server address.

    `http` and `https` are reached by WebSocket or POST, `hutong` by TLS on TCP. `root` is the server's
    root key (32 bytes), as `hutong serve` prints it: with it no other server is accepted; without, the
    first contact decides. With a `fingerprint` (the SHA-256 of an `https` server's certificate) that
    certificate is accepted and no other; without, the usual certificate authorities decide.
    """

    scheme: str
    host: str
    port: int
    fingerprint: bytes = b""
    root: bytes = b""

    @property
    def encrypted(self) -> bool:
        """Whether TLS is around the sealed layer, which is always there."""
        return self.scheme != "http"

    @property
    def vouched(self) -> bool:
        """Whether something besides the first contact says which server this is."""
        return bool(self.root) or self.scheme == "https"

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
        marks = [f"sha256={self.fingerprint.hex()}"] if self.fingerprint else []
        if self.root:
            marks.append(f"root={root_text(self.root)}")
        return f"{self.scheme}://{self.authority}{'#' * bool(marks)}{'&'.join(marks)}"


def root_text(root: bytes) -> str:
    """Return a root key as it stands in addresses: 43 characters of base64url."""
    return base64.urlsafe_b64encode(root).decode().rstrip("=")


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
    fingerprint, root = _marks(text, parts.fragment)
    if fingerprint and parts.scheme != "https":
        raise AddressError(f"#sha256= belongs to https://; what {parts.scheme}:// goes by is #root=.")
    if port == 0:
        raise AddressError(f"{text!r} is no server address: port 0 cannot be reached.")
    return Address(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], fingerprint, root)


def _marks(text: str, fragment: str) -> tuple[bytes, bytes]:
    """Return the certificate's fingerprint and the root key that stand behind the #, or nothing for each."""
    fingerprint = root = b""
    for mark in fragment.split("&") if fragment else ():
        if (match := _FINGERPRINT.fullmatch(mark)) is not None and not fingerprint:
            fingerprint = bytes.fromhex(match[1])
        elif (match := _ROOT.fullmatch(mark)) is not None and not root:
            root = base64.urlsafe_b64decode(match[1] + "=")
        else:
            raise AddressError(
                f"What stands behind the # in {text!r} is neither root= and 43 characters "
                "nor sha256= and 64 hexadecimal digits."
            )
    return fingerprint, root


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
