from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Event(_message.Message):
    __slots__ = ("log", "seq", "kind", "author", "at_ms", "key", "body", "encoding")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    kind: int
    author: str
    at_ms: int
    key: bytes
    body: bytes
    encoding: _options_pb2.Encoding
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ..., kind: _Optional[int] = ..., author: _Optional[str] = ..., at_ms: _Optional[int] = ..., key: _Optional[bytes] = ..., body: _Optional[bytes] = ..., encoding: _Optional[_Union[_options_pb2.Encoding, str]] = ...) -> None: ...

class Cursor(_message.Message):
    __slots__ = ("log", "after")
    LOG_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    log: str
    after: int
    def __init__(self, log: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...

class FollowRequest(_message.Message):
    __slots__ = ("cursors", "limit")
    CURSORS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    cursors: _containers.RepeatedCompositeFieldContainer[Cursor]
    limit: int
    def __init__(self, cursors: _Optional[_Iterable[_Union[Cursor, _Mapping[str, object]]]] = ..., limit: _Optional[int] = ...) -> None: ...

class Page(_message.Message):
    __slots__ = ("log", "events", "head", "denied")
    LOG_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    DENIED_FIELD_NUMBER: _ClassVar[int]
    log: str
    events: _containers.RepeatedCompositeFieldContainer[Event]
    head: int
    denied: bool
    def __init__(self, log: _Optional[str] = ..., events: _Optional[_Iterable[_Union[Event, _Mapping[str, object]]]] = ..., head: _Optional[int] = ..., denied: _Optional[bool] = ...) -> None: ...

class FollowReply(_message.Message):
    __slots__ = ("pages",)
    PAGES_FIELD_NUMBER: _ClassVar[int]
    pages: _containers.RepeatedCompositeFieldContainer[Page]
    def __init__(self, pages: _Optional[_Iterable[_Union[Page, _Mapping[str, object]]]] = ...) -> None: ...

class UnfollowRequest(_message.Message):
    __slots__ = ("logs",)
    LOGS_FIELD_NUMBER: _ClassVar[int]
    logs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, logs: _Optional[_Iterable[str]] = ...) -> None: ...

class UnfollowReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadRequest(_message.Message):
    __slots__ = ("log", "before", "after", "limit")
    LOG_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    log: str
    before: int
    after: int
    limit: int
    def __init__(self, log: _Optional[str] = ..., before: _Optional[int] = ..., after: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ReadReply(_message.Message):
    __slots__ = ("page",)
    PAGE_FIELD_NUMBER: _ClassVar[int]
    page: Page
    def __init__(self, page: _Optional[_Union[Page, _Mapping[str, object]]] = ...) -> None: ...
