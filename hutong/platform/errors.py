"""The one small set of errors an RPC answers with.

```
RpcError                  what the other side is told: code, sentence, reason
├── InvalidArgument       the request itself is wrong, whatever the state
├── NotFound              no such thing, or not for this caller to know about
├── PermissionDenied      the caller may not do this
├── Unauthenticated       sign in first
├── AlreadyExists         taken, or the same key was used for something else
├── ResourceExhausted     a bound was reached; retry_after_ms says when to come again
├── FailedPrecondition    right request, wrong state
├── Unavailable           try again, the same request may work
├── DeadlineExceeded      took longer than the caller would wait
└── Internal              our fault; details are logged, never sent
```
"""

from __future__ import annotations

from hutong.schema import link_pb2


class RpcError(Exception):
    """An answer that is not the reply asked for."""

    code: link_pb2.Code = link_pb2.CODE_INTERNAL

    def __init__(self, message: str, *, reason: str = "", retry_after_ms: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.retry_after_ms = retry_after_ms

    def to_proto(self) -> link_pb2.Error:
        """Return the form that travels."""
        return link_pb2.Error(
            code=self.code,
            message=self.message,
            reason=self.reason,
            retry_after_ms=self.retry_after_ms,
        )


class InvalidArgument(RpcError):
    """The request is not well formed."""

    code = link_pb2.CODE_INVALID_ARGUMENT


class NotFound(RpcError):
    """There is no such thing here."""

    code = link_pb2.CODE_NOT_FOUND


class PermissionDenied(RpcError):
    """You may not do this."""

    code = link_pb2.CODE_PERMISSION_DENIED


class Unauthenticated(RpcError):
    """Please sign in first."""

    code = link_pb2.CODE_UNAUTHENTICATED


class AlreadyExists(RpcError):
    """This is taken."""

    code = link_pb2.CODE_ALREADY_EXISTS


class ResourceExhausted(RpcError):
    """Too much at once; wait a little."""

    code = link_pb2.CODE_RESOURCE_EXHAUSTED


class FailedPrecondition(RpcError):
    """Not possible in this state."""

    code = link_pb2.CODE_FAILED_PRECONDITION


class Unavailable(RpcError):
    """Not possible right now; try again."""

    code = link_pb2.CODE_UNAVAILABLE


class DeadlineExceeded(RpcError):
    """This took too long."""

    code = link_pb2.CODE_DEADLINE_EXCEEDED


class Internal(RpcError):
    """Something went wrong on the server."""

    code = link_pb2.CODE_INTERNAL


BY_CODE: dict[int, type[RpcError]] = {kind.code: kind for kind in RpcError.__subclasses__()}


def from_proto(error: link_pb2.Error) -> RpcError:
    """Return the exception a received error stands for; unknown codes become `Internal`."""
    kind = BY_CODE.get(error.code, Internal)
    return kind(error.message, reason=error.reason, retry_after_ms=error.retry_after_ms)
