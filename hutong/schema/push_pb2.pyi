from hutong.schema import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class KeyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class KeyReply(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    def __init__(self, key: _Optional[bytes] = ...) -> None: ...

class SubscribeRequest(_message.Message):
    __slots__ = ("endpoint", "p256dh", "auth")
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    P256DH_FIELD_NUMBER: _ClassVar[int]
    AUTH_FIELD_NUMBER: _ClassVar[int]
    endpoint: str
    p256dh: bytes
    auth: bytes
    def __init__(self, endpoint: _Optional[str] = ..., p256dh: _Optional[bytes] = ..., auth: _Optional[bytes] = ...) -> None: ...

class SubscribeReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UnsubscribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UnsubscribeReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TestRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TestReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Nudge(_message.Message):
    __slots__ = ("log", "seq", "title", "body", "badge")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    BADGE_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    title: str
    body: str
    badge: int
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ..., title: _Optional[str] = ..., body: _Optional[str] = ..., badge: _Optional[int] = ...) -> None: ...
