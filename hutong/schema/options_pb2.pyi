from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Access(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCESS_USER: _ClassVar[Access]
    ACCESS_PUBLIC: _ClassVar[Access]
    ACCESS_ADMIN: _ClassVar[Access]

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_MESSAGE: _ClassVar[Priority]
    PRIORITY_CONTROL: _ClassVar[Priority]
    PRIORITY_BULK: _ClassVar[Priority]

class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCODING_PLAIN: _ClassVar[Encoding]
    ENCODING_COMPRESSED: _ClassVar[Encoding]
ACCESS_USER: Access
ACCESS_PUBLIC: Access
ACCESS_ADMIN: Access
PRIORITY_MESSAGE: Priority
PRIORITY_CONTROL: Priority
PRIORITY_BULK: Priority
ENCODING_PLAIN: Encoding
ENCODING_COMPRESSED: Encoding
RULES_FIELD_NUMBER: int
rules: _descriptor.FieldDescriptor
EVENT_FIELD_NUMBER: int
event: _descriptor.FieldDescriptor

class MethodRules(_message.Message):
    __slots__ = ("id", "replay_safe", "priority", "access", "secret")
    ID_FIELD_NUMBER: _ClassVar[int]
    REPLAY_SAFE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    id: int
    replay_safe: bool
    priority: Priority
    access: Access
    secret: bool
    def __init__(self, id: _Optional[int] = ..., replay_safe: _Optional[bool] = ..., priority: _Optional[_Union[Priority, str]] = ..., access: _Optional[_Union[Access, str]] = ..., secret: _Optional[bool] = ...) -> None: ...

class EventRules(_message.Message):
    __slots__ = ("kind", "unread")
    KIND_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    kind: int
    unread: bool
    def __init__(self, kind: _Optional[int] = ..., unread: _Optional[bool] = ...) -> None: ...
