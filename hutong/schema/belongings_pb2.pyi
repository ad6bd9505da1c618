from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Space(_message.Message):
    __slots__ = ("log", "size_bytes", "files")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    log: str
    size_bytes: int
    files: int
    def __init__(self, log: _Optional[str] = ..., size_bytes: _Optional[int] = ..., files: _Optional[int] = ...) -> None: ...

class Stored(_message.Message):
    __slots__ = ("log", "seq", "blob", "name", "media_type", "size_bytes", "at_ms")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    blob: str
    name: str
    media_type: str
    size_bytes: int
    at_ms: int
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ..., blob: _Optional[str] = ..., name: _Optional[str] = ..., media_type: _Optional[str] = ..., size_bytes: _Optional[int] = ..., at_ms: _Optional[int] = ...) -> None: ...

class SpaceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SpaceReply(_message.Message):
    __slots__ = ("size_bytes", "conversations", "largest")
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONVERSATIONS_FIELD_NUMBER: _ClassVar[int]
    LARGEST_FIELD_NUMBER: _ClassVar[int]
    size_bytes: int
    conversations: _containers.RepeatedCompositeFieldContainer[Space]
    largest: _containers.RepeatedCompositeFieldContainer[Stored]
    def __init__(self, size_bytes: _Optional[int] = ..., conversations: _Optional[_Iterable[_Union[Space, _Mapping[str, object]]]] = ..., largest: _Optional[_Iterable[_Union[Stored, _Mapping[str, object]]]] = ...) -> None: ...

class ExportRequest(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: bool
    def __init__(self, files: _Optional[bool] = ...) -> None: ...

class ExportReply(_message.Message):
    __slots__ = ("export",)
    EXPORT_FIELD_NUMBER: _ClassVar[int]
    export: Export
    def __init__(self, export: _Optional[_Union[Export, _Mapping[str, object]]] = ...) -> None: ...

class ExportStateRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportStateReply(_message.Message):
    __slots__ = ("export",)
    EXPORT_FIELD_NUMBER: _ClassVar[int]
    export: Export
    def __init__(self, export: _Optional[_Union[Export, _Mapping[str, object]]] = ...) -> None: ...

class Export(_message.Message):
    __slots__ = ("state", "percent", "blob", "size_bytes", "at_ms")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_WORKING: _ClassVar[Export.State]
        STATE_READY: _ClassVar[Export.State]
        STATE_FAILED: _ClassVar[Export.State]
    STATE_WORKING: Export.State
    STATE_READY: Export.State
    STATE_FAILED: Export.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    state: Export.State
    percent: int
    blob: str
    size_bytes: int
    at_ms: int
    def __init__(self, state: _Optional[_Union[Export.State, str]] = ..., percent: _Optional[int] = ..., blob: _Optional[str] = ..., size_bytes: _Optional[int] = ..., at_ms: _Optional[int] = ...) -> None: ...

class DeleteAccountRequest(_message.Message):
    __slots__ = ("password", "messages")
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    password: str
    messages: bool
    def __init__(self, password: _Optional[str] = ..., messages: _Optional[bool] = ...) -> None: ...

class DeleteAccountReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
