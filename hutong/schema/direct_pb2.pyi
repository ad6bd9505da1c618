from hutong.schema import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AttendRequest(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: str
    def __init__(self, log: _Optional[str] = ...) -> None: ...

class AttendReply(_message.Message):
    __slots__ = ("allowed",)
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    allowed: bool
    def __init__(self, allowed: _Optional[bool] = ...) -> None: ...

class Met(_message.Message):
    __slots__ = ("log", "session", "user", "offerer")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    OFFERER_FIELD_NUMBER: _ClassVar[int]
    log: str
    session: str
    user: str
    offerer: bool
    def __init__(self, log: _Optional[str] = ..., session: _Optional[str] = ..., user: _Optional[str] = ..., offerer: _Optional[bool] = ...) -> None: ...

class Parted(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: str
    def __init__(self, session: _Optional[str] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("preview", "settled")
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    preview: Preview
    settled: Settled
    def __init__(self, preview: _Optional[_Union[Preview, _Mapping[str, object]]] = ..., settled: _Optional[_Union[Settled, _Mapping[str, object]]] = ...) -> None: ...

class Preview(_message.Message):
    __slots__ = ("count", "after", "text", "reply_to")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    count: int
    after: int
    text: str
    reply_to: int
    def __init__(self, count: _Optional[int] = ..., after: _Optional[int] = ..., text: _Optional[str] = ..., reply_to: _Optional[int] = ...) -> None: ...

class Settled(_message.Message):
    __slots__ = ("count", "seq")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    count: int
    seq: int
    def __init__(self, count: _Optional[int] = ..., seq: _Optional[int] = ...) -> None: ...
