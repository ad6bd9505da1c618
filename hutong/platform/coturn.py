"""A coturn that relays instead of the built-in server: its address and the secret both know."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from hutong.platform.settings import SettingsError

_PORT_DEFAULT = 3478
_EXAMPLE = "coturn://SECRET@turn.example.org:3478?tls=5349"


@dataclass(frozen=True, slots=True)
class Coturn:
    """Where it listens; `tls_port` is 0 when it does not for TLS."""

    host: str
    port: int
    tls_port: int
    secret: bytes = field(repr=False)


def parse_coturn(text: str) -> Coturn | None:
    """Read the setting `relay_coturn`; None when it is empty. Raises `SettingsError`, without the secret."""
    if not text:
        return None
    wrong = SettingsError(f"relay_coturn is written {_EXAMPLE}.")
    try:
        url = urlsplit(text)
        query = dict(parse_qsl(url.query, strict_parsing=bool(url.query)))
        tls_port = int(query.pop("tls", "0"))
        port = _PORT_DEFAULT if url.port is None else url.port
    except ValueError:
        raise wrong from None
    if url.scheme != "coturn" or not url.hostname or not url.username or url.password is not None:
        raise wrong
    if query or url.path or url.fragment or not 0 <= tls_port <= 65_535 or not port:
        raise wrong
    return Coturn(url.hostname, port, tls_port, unquote(url.username).encode())
