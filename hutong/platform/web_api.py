"""Plain HTTP for programs that are not clients of ours: webhooks, and whatever else speaks only that.

What comes in here is not sealed: whoever ends the TLS in front of the server reads it. An edge apart has no
way to pass it on unread, so it offers none of this.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hutong.platform import journal
from hutong.platform.errors import InvalidArgument, RpcError
from hutong.schema import link_pb2

BODY_BYTES_MAX = 1024 * 1024

_STATUS = {
    link_pb2.CODE_INVALID_ARGUMENT: 400,
    link_pb2.CODE_UNAUTHENTICATED: 401,
    link_pb2.CODE_PERMISSION_DENIED: 403,
    link_pb2.CODE_NOT_FOUND: 404,
    link_pb2.CODE_ALREADY_EXISTS: 409,
    link_pb2.CODE_FAILED_PRECONDITION: 409,
    link_pb2.CODE_RESOURCE_EXHAUSTED: 429,
    link_pb2.CODE_UNAVAILABLE: 503,
}

log = journal.get(__name__)


@dataclass(frozen=True, slots=True)
class WebRequest:
    """One request. `path` is what stands behind the prefix; `body` is bounded by `BODY_BYTES_MAX`."""

    method: str
    path: str
    media_type: str  # without parameters, in lower case
    body: bytes
    address: str  # the client's, for rate limits


@dataclass(frozen=True, slots=True)
class WebReply:
    """A JSON answer."""

    status: int
    body: dict[str, Any]
    retry_after_s: int = 0

    def encoded(self) -> bytes:
        """Return the body's bytes."""
        return json.dumps(self.body, ensure_ascii=False).encode() + b"\n"


Handler = Callable[[WebRequest], Awaitable[dict[str, Any]]]


class WebApis:
    """Which feature answers below which first part of the path."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def register(self, prefix: str, handler: Handler) -> None:
        """Answer everything at `/<prefix>/...`. The handler returns JSON, or raises an `RpcError`."""
        assert prefix not in self._handlers
        self._handlers[prefix] = handler

    @property
    def prefixes(self) -> frozenset[str]:
        """What is registered."""
        return frozenset(self._handlers)

    async def answer(self, prefix: str, request: WebRequest) -> WebReply:
        """Return the answer; errors have a reason and a sentence, as everywhere."""
        try:
            return WebReply(200, await self._handlers[prefix](request))
        except RpcError as error:
            body = {"error": error.reason, "message": str(error)}
            retry_after_s = -(-error.retry_after_ms // 1000)
            return WebReply(_STATUS.get(error.code, 500), body, retry_after_s)
        except Exception:
            log.exception("web_api_failed", prefix=prefix)
            return WebReply(500, {"error": "internal", "message": "Something went wrong on the server."})


def too_large() -> WebReply:
    """Return the answer to a body beyond the bound."""
    message = f"At most {BODY_BYTES_MAX} bytes, please."
    return WebReply(413, {"error": "too_large", "message": message})


def json_object(body: bytes) -> dict[str, Any]:
    """Return a body that is a JSON object. Raises `InvalidArgument`."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument("This is not JSON.", reason="malformed") from error
    if not isinstance(value, dict):
        raise InvalidArgument("This is not a JSON object.", reason="malformed")
    return value
