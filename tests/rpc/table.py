"""Every method there is, from the schema of every feature: a new one is tested the day it is born."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from hutong.platform.feature import discover
from hutong.schema import log_pb2, options_pb2

DEPTH_MAX = 4
_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: [2**31 - 1, -(2**31)],
    FieldDescriptor.CPPTYPE_INT64: [2**63 - 1, -(2**63)],
    FieldDescriptor.CPPTYPE_UINT32: [2**32 - 1],
    FieldDescriptor.CPPTYPE_UINT64: [2**64 - 1, 2**63],
    FieldDescriptor.CPPTYPE_ENUM: [2**31 - 1, -1],
}
_OVERSIZE = 100_000
_MANY = 20_000


@dataclass(frozen=True)
class Entry:
    """What the schema says about a method."""

    name: str
    request_class: type[Message]
    replay_safe: bool
    access: options_pb2.Access


def methods() -> dict[str, Entry]:
    """Return the methods of all features and of the log, by name."""
    found: dict[str, Entry] = {}
    for file in (*(feature.schema for feature in discover()), log_pb2.DESCRIPTOR):
        for service in file.services_by_name.values():
            for method in service.methods:
                options: Any = method.GetOptions()
                rules = options.Extensions[options_pb2.rules]
                name = f"{service.name}.{method.name}"
                request_class = GetMessageClass(method.input_type)
                found[name] = Entry(name, request_class, rules.replay_safe, rules.access)
    return found


Values = dict[str, Any]


def filled(kind: type[Message], values: Values) -> Message:
    """Return a message with something in every field: from `values` by the field's name, or made up.

    What is None there is left out.
    """
    message = kind()
    _fill(message, values, DEPTH_MAX)
    return message


def _fill(message: Any, values: Values, depth: int) -> None:
    message.SetInParent()
    taken: set[str] = set()
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if oneof is not None and oneof.name in taken:
            continue
        if oneof is not None:
            taken.add(oneof.name)
        if values.get(field.name, "") is None:
            continue
        if field.message_type is not None:
            if depth:
                place = getattr(message, field.name)
                _fill(place.add() if field.is_repeated else place, values, depth - 1)
            continue
        value = values.get(field.name)
        made_up = _made_up(field)
        if type(value) is not type(made_up):  # not known, or of a field that is called the same elsewhere
            value = made_up
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)


def _made_up(field: FieldDescriptor) -> Any:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return b"x" * 32 if field.type == FieldDescriptor.TYPE_BYTES else "xyz"
        case FieldDescriptor.CPPTYPE_BOOL:
            return True
        case _:
            return 1


def mutations(message: Message) -> Iterator[tuple[str, Message]]:
    """Yield copies of a message, each with one field too large, too many, out of range, or missing."""
    for path, field in _leaves(message, (), DEPTH_MAX):
        label = ".".join(path)
        if field.is_repeated:
            value = _made_up(field)
            yield f"many {label}", _with(message, path, [value] * _MANY)
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            empty: Any = b"" if field.type == FieldDescriptor.TYPE_BYTES else ""
            large: list[Any] = [b"\x00" * _OVERSIZE] if isinstance(empty, bytes) else ["x" * _OVERSIZE]
            if not isinstance(empty, bytes):
                large += ["\x00", "\u202e" * 50, "'; DROP TABLE account; --", "../../etc/passwd", "界" * 300]
            for value in [empty, *large]:
                yield f"{label} = {value[:20]!r}", _with(message, path, value)
        for number in _NUMBERS.get(field.cpp_type, []):
            yield f"{label} = {number}", _with(message, path, number)


def replaced(message: Message, values: Values) -> Iterator[tuple[str, Message]]:
    """Yield copies of a message, each with one of its fields set to the value of that name."""
    for path, field in _leaves(message, (), DEPTH_MAX):
        for value in values.get(field.name, ()):
            yield f"{'.'.join(path)} = {value[:20]!r}", _with(message, path, value)


def _leaves(message: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    for field in message.DESCRIPTOR.fields:
        here = (*path, field.name)
        if field.message_type is None:
            yield here, field
        elif depth:
            yield from _leaves(GetMessageClass(field.message_type)(), here, depth - 1)


def _with(message: Message, path: tuple[str, ...], value: Any) -> Message:
    copy = type(message)()
    copy.CopyFrom(message)
    place: Any = copy
    for name in path[:-1]:
        place = getattr(place, name)
        if hasattr(place, "add"):
            place = place[0] if place else place.add()
    name = path[-1]
    field = place.DESCRIPTOR.fields_by_name[name]
    if field.is_repeated:
        del getattr(place, name)[:]
        getattr(place, name).extend(value if isinstance(value, list) else [value])
    else:
        setattr(place, name, value)
    return copy
