"""Protobuf services to handlers: the table of methods, and who is calling."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from hutong.platform.answers import Question
from hutong.platform.errors import InvalidArgument, PermissionDenied, Unauthenticated
from hutong.platform.pending import Pending
from hutong.platform.writer import Answered, Transaction, Writer
from hutong.schema import options_pb2

if TYPE_CHECKING:
    from hutong.platform.connection import Connection

M = TypeVar("M", bound=Message)

KEY_BYTES = 16

# A handler answers at once, after the commit of one command (cheap), or as a coroutine (a task).
Handler = Callable[["Caller", Any], "Message | Pending[Any] | Awaitable[Message]"]


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table."""

    id: int
    name: str
    request_class: type[Message]
    reply_class: type[Message]
    replay_safe: bool
    priority: options_pb2.Priority
    access: options_pb2.Access
    secret: bool
    handler: Handler

    def check(self, connection: Connection, key: bytes) -> None:
        """Tell by raising an `RpcError` that it may not be called like this."""
        if self.access != options_pb2.ACCESS_PUBLIC:
            if not connection.user:
                raise Unauthenticated("Please sign in first.", reason="signed_out")
            if self.access == options_pb2.ACCESS_ADMIN and not connection.admin:
                raise PermissionDenied("Only administrators may do this.", reason="not_admin")
        if not self.replay_safe and len(key) != KEY_BYTES:
            raise InvalidArgument("The request needs a key of 16 bytes.", reason="no_key")


class Caller:
    """Who makes a request, and which request it is."""

    __slots__ = ("body", "connection", "key", "method")

    def __init__(self, connection: Connection, method: Method, key: bytes, body: bytes) -> None:
        self.connection = connection
        self.method = method
        self.key = key
        self.body = body

    @property
    def user(self) -> str:
        """The signed-in user's id, or '' on a public method."""
        return self.connection.user

    @property
    def device(self) -> str:
        """The signed-in device's id, or ''."""
        return self.connection.device

    @property
    def address(self) -> str:
        """The peer's network address, for rate limits."""
        return self.connection.address

    def write(
        self,
        writer: Writer,
        reply_class: type[M],
        run: Callable[[Transaction], M],
        body: bytes | None = None,
    ) -> Pending[M]:
        """Queue a command whose first reply answers every retry of this request (CONN13).

        A digest of the request's body is kept to tell retries from misuse. It would let whoever gets hold
        of the database try passwords fast, so requests with one give a `body` without it.
        """
        digest = hashlib.sha256(self.body if body is None else body).digest()
        question = Question(self.user, self.key, self.method.id, digest)
        return writer.submit(Answered(run, question, reply_class))


def snake_case(name: str) -> str:
    """Return `list_devices` for `ListDevices`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def methods_of(descriptor: ServiceDescriptor, *services: object) -> Iterator[Method]:
    """Yield a service's methods, each bound to the method of that name on one of `services`.

    A method of the schema without a handler is our own mistake and stops the server from starting.
    """
    for method in descriptor.methods:
        options: Any = method.GetOptions()  # the stubs know no custom options
        rules = options.Extensions[options_pb2.rules]
        assert rules.id, f"{method.full_name} has no id"
        name = snake_case(method.name)
        handlers = [getattr(service, name) for service in services if hasattr(service, name)]
        assert len(handlers) == 1, f"{method.full_name} has {len(handlers)} handlers"
        yield Method(
            id=rules.id,
            name=f"{descriptor.name}.{method.name}",
            request_class=GetMessageClass(method.input_type),
            reply_class=GetMessageClass(method.output_type),
            replay_safe=rules.replay_safe,
            priority=rules.priority,
            access=rules.access,
            secret=rules.secret,
            handler=handlers[0],
        )
