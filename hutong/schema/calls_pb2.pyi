from hutong.schema import options_pb2 as _options_pb2
from hutong.schema import peers_pb2 as _peers_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATE_UNSPECIFIED: _ClassVar[State]
    STATE_RINGING: _ClassVar[State]
    STATE_ACTIVE: _ClassVar[State]
    STATE_ENDED: _ClassVar[State]

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_COMPLETED: _ClassVar[Outcome]
    OUTCOME_DECLINED: _ClassVar[Outcome]
    OUTCOME_BUSY: _ClassVar[Outcome]
    OUTCOME_NO_ANSWER: _ClassVar[Outcome]
    OUTCOME_CANCELLED: _ClassVar[Outcome]
    OUTCOME_LOST: _ClassVar[Outcome]
STATE_UNSPECIFIED: State
STATE_RINGING: State
STATE_ACTIVE: State
STATE_ENDED: State
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_COMPLETED: Outcome
OUTCOME_DECLINED: Outcome
OUTCOME_BUSY: Outcome
OUTCOME_NO_ANSWER: Outcome
OUTCOME_CANCELLED: Outcome
OUTCOME_LOST: Outcome

class Call(_message.Message):
    __slots__ = ("call", "log", "caller", "callee", "caller_device", "callee_device", "video", "state", "outcome", "started_at_ms", "answered_at_ms", "ended_at_ms")
    CALL_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CALLEE_FIELD_NUMBER: _ClassVar[int]
    CALLER_DEVICE_FIELD_NUMBER: _ClassVar[int]
    CALLEE_DEVICE_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    call: str
    log: str
    caller: str
    callee: str
    caller_device: str
    callee_device: str
    video: bool
    state: State
    outcome: Outcome
    started_at_ms: int
    answered_at_ms: int
    ended_at_ms: int
    def __init__(self, call: _Optional[str] = ..., log: _Optional[str] = ..., caller: _Optional[str] = ..., callee: _Optional[str] = ..., caller_device: _Optional[str] = ..., callee_device: _Optional[str] = ..., video: _Optional[bool] = ..., state: _Optional[_Union[State, str]] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., started_at_ms: _Optional[int] = ..., answered_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ...) -> None: ...

class StartRequest(_message.Message):
    __slots__ = ("log", "video")
    LOG_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    log: str
    video: bool
    def __init__(self, log: _Optional[str] = ..., video: _Optional[bool] = ...) -> None: ...

class StartReply(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: Call
    def __init__(self, call: _Optional[_Union[Call, _Mapping[str, object]]] = ...) -> None: ...

class AcceptRequest(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: str
    def __init__(self, call: _Optional[str] = ...) -> None: ...

class AcceptReply(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: Call
    def __init__(self, call: _Optional[_Union[Call, _Mapping[str, object]]] = ...) -> None: ...

class DeclineRequest(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: str
    def __init__(self, call: _Optional[str] = ...) -> None: ...

class DeclineReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HangUpRequest(_message.Message):
    __slots__ = ("call", "path")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    call: str
    path: _peers_pb2.Path
    def __init__(self, call: _Optional[str] = ..., path: _Optional[_Union[_peers_pb2.Path, str]] = ...) -> None: ...

class HangUpReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CurrentRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CurrentReply(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: Call
    def __init__(self, call: _Optional[_Union[Call, _Mapping[str, object]]] = ...) -> None: ...

class RejoinRequest(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: str
    def __init__(self, call: _Optional[str] = ...) -> None: ...

class RejoinReply(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: Call
    def __init__(self, call: _Optional[_Union[Call, _Mapping[str, object]]] = ...) -> None: ...

class CallChanged(_message.Message):
    __slots__ = ("call",)
    CALL_FIELD_NUMBER: _ClassVar[int]
    call: Call
    def __init__(self, call: _Optional[_Union[Call, _Mapping[str, object]]] = ...) -> None: ...

class CallRecorded(_message.Message):
    __slots__ = ("call", "caller", "video", "outcome", "duration_s", "path")
    CALL_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    call: str
    caller: str
    video: bool
    outcome: Outcome
    duration_s: int
    path: _peers_pb2.Path
    def __init__(self, call: _Optional[str] = ..., caller: _Optional[str] = ..., video: _Optional[bool] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., duration_s: _Optional[int] = ..., path: _Optional[_Union[_peers_pb2.Path, str]] = ...) -> None: ...
