from hutong.schema import log_pb2 as _log_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Code(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CODE_UNSPECIFIED: _ClassVar[Code]
    CODE_INVALID_ARGUMENT: _ClassVar[Code]
    CODE_NOT_FOUND: _ClassVar[Code]
    CODE_PERMISSION_DENIED: _ClassVar[Code]
    CODE_ALREADY_EXISTS: _ClassVar[Code]
    CODE_RESOURCE_EXHAUSTED: _ClassVar[Code]
    CODE_FAILED_PRECONDITION: _ClassVar[Code]
    CODE_UNAVAILABLE: _ClassVar[Code]
    CODE_INTERNAL: _ClassVar[Code]
    CODE_UNAUTHENTICATED: _ClassVar[Code]
    CODE_DEADLINE_EXCEEDED: _ClassVar[Code]
CODE_UNSPECIFIED: Code
CODE_INVALID_ARGUMENT: Code
CODE_NOT_FOUND: Code
CODE_PERMISSION_DENIED: Code
CODE_ALREADY_EXISTS: Code
CODE_RESOURCE_EXHAUSTED: Code
CODE_FAILED_PRECONDITION: Code
CODE_UNAVAILABLE: Code
CODE_INTERNAL: Code
CODE_UNAUTHENTICATED: Code
CODE_DEADLINE_EXCEEDED: Code

class Packet(_message.Message):
    __slots__ = ("challenge", "requests", "replies", "events", "notices", "ping", "pong", "goodbye")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    REPLIES_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    challenge: Challenge
    requests: _containers.RepeatedCompositeFieldContainer[Request]
    replies: _containers.RepeatedCompositeFieldContainer[Reply]
    events: _containers.RepeatedCompositeFieldContainer[_log_pb2.Event]
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    ping: int
    pong: int
    goodbye: Goodbye
    def __init__(self, challenge: _Optional[_Union[Challenge, _Mapping[str, object]]] = ..., requests: _Optional[_Iterable[_Union[Request, _Mapping[str, object]]]] = ..., replies: _Optional[_Iterable[_Union[Reply, _Mapping[str, object]]]] = ..., events: _Optional[_Iterable[_Union[_log_pb2.Event, _Mapping[str, object]]]] = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping[str, object]]]] = ..., ping: _Optional[int] = ..., pong: _Optional[int] = ..., goodbye: _Optional[_Union[Goodbye, _Mapping[str, object]]] = ...) -> None: ...

class Challenge(_message.Message):
    __slots__ = ("server_name", "server_time_ms", "heartbeat_s", "server_version", "network", "route")
    SERVER_NAME_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_S_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    server_name: str
    server_time_ms: int
    heartbeat_s: int
    server_version: str
    network: bytes
    route: bytes
    def __init__(self, server_name: _Optional[str] = ..., server_time_ms: _Optional[int] = ..., heartbeat_s: _Optional[int] = ..., server_version: _Optional[str] = ..., network: _Optional[bytes] = ..., route: _Optional[bytes] = ...) -> None: ...

class Request(_message.Message):
    __slots__ = ("id", "method", "deadline_ms", "key", "body", "encoding")
    ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    id: int
    method: int
    deadline_ms: int
    key: bytes
    body: bytes
    encoding: _options_pb2.Encoding
    def __init__(self, id: _Optional[int] = ..., method: _Optional[int] = ..., deadline_ms: _Optional[int] = ..., key: _Optional[bytes] = ..., body: _Optional[bytes] = ..., encoding: _Optional[_Union[_options_pb2.Encoding, str]] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("id", "body", "error", "encoding")
    ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    id: int
    body: bytes
    error: Error
    encoding: _options_pb2.Encoding
    def __init__(self, id: _Optional[int] = ..., body: _Optional[bytes] = ..., error: _Optional[_Union[Error, _Mapping[str, object]]] = ..., encoding: _Optional[_Union[_options_pb2.Encoding, str]] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "message", "reason", "retry_after_ms")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    code: Code
    message: str
    reason: str
    retry_after_ms: int
    def __init__(self, code: _Optional[_Union[Code, str]] = ..., message: _Optional[str] = ..., reason: _Optional[str] = ..., retry_after_ms: _Optional[int] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ("kind", "body", "encoding")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    kind: int
    body: bytes
    encoding: _options_pb2.Encoding
    def __init__(self, kind: _Optional[int] = ..., body: _Optional[bytes] = ..., encoding: _Optional[_Union[_options_pb2.Encoding, str]] = ...) -> None: ...

class Goodbye(_message.Message):
    __slots__ = ("reason", "message")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[Goodbye.Reason]
        REASON_SHUTDOWN: _ClassVar[Goodbye.Reason]
        REASON_SLOW_READER: _ClassVar[Goodbye.Reason]
        REASON_PROTOCOL_ERROR: _ClassVar[Goodbye.Reason]
        REASON_REVOKED: _ClassVar[Goodbye.Reason]
        REASON_IDLE: _ClassVar[Goodbye.Reason]
        REASON_RENEWAL: _ClassVar[Goodbye.Reason]
    REASON_UNSPECIFIED: Goodbye.Reason
    REASON_SHUTDOWN: Goodbye.Reason
    REASON_SLOW_READER: Goodbye.Reason
    REASON_PROTOCOL_ERROR: Goodbye.Reason
    REASON_REVOKED: Goodbye.Reason
    REASON_IDLE: Goodbye.Reason
    REASON_RENEWAL: Goodbye.Reason
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: Goodbye.Reason
    message: str
    def __init__(self, reason: _Optional[_Union[Goodbye.Reason, str]] = ..., message: _Optional[str] = ...) -> None: ...
