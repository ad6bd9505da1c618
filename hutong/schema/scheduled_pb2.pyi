from hutong.schema import chat_pb2 as _chat_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Scheduled(_message.Message):
    __slots__ = ("id", "log", "content", "at_ms", "problem")
    ID_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    id: str
    log: str
    content: _chat_pb2.Content
    at_ms: int
    problem: str
    def __init__(self, id: _Optional[str] = ..., log: _Optional[str] = ..., content: _Optional[_Union[_chat_pb2.Content, _Mapping[str, object]]] = ..., at_ms: _Optional[int] = ..., problem: _Optional[str] = ...) -> None: ...

class ScheduleRequest(_message.Message):
    __slots__ = ("log", "content", "at_ms")
    LOG_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    log: str
    content: _chat_pb2.Content
    at_ms: int
    def __init__(self, log: _Optional[str] = ..., content: _Optional[_Union[_chat_pb2.Content, _Mapping[str, object]]] = ..., at_ms: _Optional[int] = ...) -> None: ...

class ScheduleReply(_message.Message):
    __slots__ = ("scheduled",)
    SCHEDULED_FIELD_NUMBER: _ClassVar[int]
    scheduled: Scheduled
    def __init__(self, scheduled: _Optional[_Union[Scheduled, _Mapping[str, object]]] = ...) -> None: ...

class ChangeRequest(_message.Message):
    __slots__ = ("id", "content", "at_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    content: _chat_pb2.Content
    at_ms: int
    def __init__(self, id: _Optional[str] = ..., content: _Optional[_Union[_chat_pb2.Content, _Mapping[str, object]]] = ..., at_ms: _Optional[int] = ...) -> None: ...

class ChangeReply(_message.Message):
    __slots__ = ("scheduled",)
    SCHEDULED_FIELD_NUMBER: _ClassVar[int]
    scheduled: Scheduled
    def __init__(self, scheduled: _Optional[_Union[Scheduled, _Mapping[str, object]]] = ...) -> None: ...

class CancelRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class CancelReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReply(_message.Message):
    __slots__ = ("scheduled",)
    SCHEDULED_FIELD_NUMBER: _ClassVar[int]
    scheduled: _containers.RepeatedCompositeFieldContainer[Scheduled]
    def __init__(self, scheduled: _Optional[_Iterable[_Union[Scheduled, _Mapping[str, object]]]] = ...) -> None: ...

class ScheduledChanged(_message.Message):
    __slots__ = ("scheduled",)
    SCHEDULED_FIELD_NUMBER: _ClassVar[int]
    scheduled: Scheduled
    def __init__(self, scheduled: _Optional[_Union[Scheduled, _Mapping[str, object]]] = ...) -> None: ...
