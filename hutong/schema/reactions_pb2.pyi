from hutong.schema import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ReactRequest(_message.Message):
    __slots__ = ("log", "seq", "emoji", "on")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    emoji: str
    on: bool
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ..., emoji: _Optional[str] = ..., on: _Optional[bool] = ...) -> None: ...

class ReactReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Reacted(_message.Message):
    __slots__ = ("seq", "emoji", "on")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    seq: int
    emoji: str
    on: bool
    def __init__(self, seq: _Optional[int] = ..., emoji: _Optional[str] = ..., on: _Optional[bool] = ...) -> None: ...
