"""Kinds of events and notices, from the schema: every message with the `hutong.event` option."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from hutong.schema import options_pb2

_kinds: dict[str, int] = {}
_classes: dict[int, type[Message]] = {}
_unread: set[int] = set()


def register(file: Any) -> None:
    """Learn the kinds a schema file (a `FileDescriptor`) declares.

    The same kind for two messages is our own mistake.
    """
    for descriptor in file.message_types_by_name.values():
        options: Any = descriptor.GetOptions()  # the stubs know no custom options
        rules = options.Extensions[options_pb2.event]
        kind = rules.kind
        if kind:
            if rules.unread:
                _unread.add(kind)
            known = _classes.setdefault(kind, GetMessageClass(descriptor))
            assert known.DESCRIPTOR is descriptor, f"kind {kind} is taken by {known.DESCRIPTOR.full_name}"
            _kinds[descriptor.full_name] = kind


def kind_of(message: Message | type[Message]) -> int:
    """Return the kind of an event or notice body."""
    descriptor = message.DESCRIPTOR
    if descriptor.full_name not in _kinds:
        register(descriptor.file)
    return _kinds[descriptor.full_name]


def class_of(kind: int) -> type[Message] | None:
    """Return the body class of a kind, or None for one this version does not know."""
    return _classes.get(kind)


def unread_kinds() -> frozenset[int]:
    """Return the kinds that count as unread when somebody else appended them."""
    return frozenset(_unread)
