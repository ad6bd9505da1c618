from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORMAT_OGG_OPUS: _ClassVar[Format]
    FORMAT_SILK: _ClassVar[Format]
FORMAT_OGG_OPUS: Format
FORMAT_SILK: Format

class ConvertRequest(_message.Message):
    __slots__ = ("blob", "format")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    blob: str
    format: Format
    def __init__(self, blob: _Optional[str] = ..., format: _Optional[_Union[Format, str]] = ...) -> None: ...

class ConvertReply(_message.Message):
    __slots__ = ("blob", "media_type", "duration_ms", "waveform", "size_bytes")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    WAVEFORM_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    blob: str
    media_type: str
    duration_ms: int
    waveform: bytes
    size_bytes: int
    def __init__(self, blob: _Optional[str] = ..., media_type: _Optional[str] = ..., duration_ms: _Optional[int] = ..., waveform: _Optional[bytes] = ..., size_bytes: _Optional[int] = ...) -> None: ...
