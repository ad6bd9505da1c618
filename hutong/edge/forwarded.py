"""Whose connection it is when a proxy on this machine stands in front (uvicorn does the same for HTTP)."""

from __future__ import annotations

from collections.abc import Iterable

HEADER = "X-Forwarded-For"
# A proxy elsewhere is not believed: whoever can reach the port could say the same.
_PROXY = "127.0.0.1"


def client_of(peer: str, headers: Iterable[str]) -> str:
    """Return the address a connection counts for; `headers` are the values of `HEADER`.

    A proxy adds whom it heard to the end: what stands before that is only what this one claimed.
    """
    if peer != _PROXY:
        return peer
    named = [each.strip() for value in headers for each in value.split(",")]
    return next((each for each in reversed(named) if each and each != _PROXY), peer)
