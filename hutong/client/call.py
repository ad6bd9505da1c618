"""One request of a connection, across its links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hutong.client.methods import Method
from hutong.platform.errors import RpcError
from hutong.schema import options_pb2

# The reply's body, or the error: exactly one of them.
Done = Callable[[bytes | None, RpcError | None], object]


class Call:
    """One request, until it is answered."""

    __slots__ = (
        "attempts",
        "body",
        "deadline",
        "done",
        "encoding",
        "key",
        "method",
        "not_before",
        "order",
        "refusal",
        "retries_unavailable",
        "sends",
        "too_early",
    )

    def __init__(
        self,
        method: Method[Any, Any],
        key: bytes,
        body: bytes,
        encoding: options_pb2.Encoding,
        deadline: float,
        done: Done,
        *,
        retries_unavailable: bool = True,
    ) -> None:
        self.method = method
        self.key = key
        self.body = body  # as it travels
        self.encoding = encoding
        self.deadline = deadline  # math.inf: as long as it takes
        self.done = done
        self.retries_unavailable = retries_unavailable
        self.attempts = 0  # answered with an error that passes
        self.sends = 0
        self.too_early = False  # the server wants it after the handshake
        self.not_before = 0.0
        self.order = 0
        self.refusal: RpcError | None = None  # what the server said last time
