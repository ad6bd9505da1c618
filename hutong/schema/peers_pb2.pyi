from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Path(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PATH_UNKNOWN: _ClassVar[Path]
    PATH_DIRECT: _ClassVar[Path]
    PATH_RELAYED: _ClassVar[Path]
    PATH_STORED: _ClassVar[Path]

class PunchKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PUNCH_KIND_UNSPECIFIED: _ClassVar[PunchKind]
    PUNCH_KIND_HOST: _ClassVar[PunchKind]
    PUNCH_KIND_REFLEXIVE: _ClassVar[PunchKind]
    PUNCH_KIND_MAPPED: _ClassVar[PunchKind]
    PUNCH_KIND_PREDICTED: _ClassVar[PunchKind]
PATH_UNKNOWN: Path
PATH_DIRECT: Path
PATH_RELAYED: Path
PATH_STORED: Path
PUNCH_KIND_UNSPECIFIED: PunchKind
PUNCH_KIND_HOST: PunchKind
PUNCH_KIND_REFLEXIVE: PunchKind
PUNCH_KIND_MAPPED: PunchKind
PUNCH_KIND_PREDICTED: PunchKind

class IceServer(_message.Message):
    __slots__ = ("urls", "username", "credential")
    URLS_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    urls: _containers.RepeatedScalarFieldContainer[str]
    username: str
    credential: str
    def __init__(self, urls: _Optional[_Iterable[str]] = ..., username: _Optional[str] = ..., credential: _Optional[str] = ...) -> None: ...

class GetIceServersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetIceServersReply(_message.Message):
    __slots__ = ("servers", "expires_at_ms")
    SERVERS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    servers: _containers.RepeatedCompositeFieldContainer[IceServer]
    expires_at_ms: int
    def __init__(self, servers: _Optional[_Iterable[_Union[IceServer, _Mapping[str, object]]]] = ..., expires_at_ms: _Optional[int] = ...) -> None: ...

class Description(_message.Message):
    __slots__ = ("type", "sdp")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SDP_FIELD_NUMBER: _ClassVar[int]
    type: str
    sdp: str
    def __init__(self, type: _Optional[str] = ..., sdp: _Optional[str] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("candidate", "sdp_mid", "sdp_m_line_index")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    SDP_MID_FIELD_NUMBER: _ClassVar[int]
    SDP_M_LINE_INDEX_FIELD_NUMBER: _ClassVar[int]
    candidate: str
    sdp_mid: str
    sdp_m_line_index: int
    def __init__(self, candidate: _Optional[str] = ..., sdp_mid: _Optional[str] = ..., sdp_m_line_index: _Optional[int] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("description", "candidate", "restart", "punch", "connection", "towards")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    RESTART_FIELD_NUMBER: _ClassVar[int]
    PUNCH_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    TOWARDS_FIELD_NUMBER: _ClassVar[int]
    description: Description
    candidate: Candidate
    restart: bool
    punch: Punch
    connection: str
    towards: str
    def __init__(self, description: _Optional[_Union[Description, _Mapping[str, object]]] = ..., candidate: _Optional[_Union[Candidate, _Mapping[str, object]]] = ..., restart: _Optional[bool] = ..., punch: _Optional[_Union[Punch, _Mapping[str, object]]] = ..., connection: _Optional[str] = ..., towards: _Optional[str] = ...) -> None: ...

class Punch(_message.Message):
    __slots__ = ("public_key", "towards", "candidates", "symmetric", "udp_blocked")
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    TOWARDS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    SYMMETRIC_FIELD_NUMBER: _ClassVar[int]
    UDP_BLOCKED_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    towards: bytes
    candidates: _containers.RepeatedCompositeFieldContainer[PunchCandidate]
    symmetric: bool
    udp_blocked: bool
    def __init__(self, public_key: _Optional[bytes] = ..., towards: _Optional[bytes] = ..., candidates: _Optional[_Iterable[_Union[PunchCandidate, _Mapping[str, object]]]] = ..., symmetric: _Optional[bool] = ..., udp_blocked: _Optional[bool] = ...) -> None: ...

class PunchCandidate(_message.Message):
    __slots__ = ("kind", "host", "port", "tcp")
    KIND_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    TCP_FIELD_NUMBER: _ClassVar[int]
    kind: PunchKind
    host: bytes
    port: int
    tcp: bool
    def __init__(self, kind: _Optional[_Union[PunchKind, str]] = ..., host: _Optional[bytes] = ..., port: _Optional[int] = ..., tcp: _Optional[bool] = ...) -> None: ...

class SayRequest(_message.Message):
    __slots__ = ("session", "signal")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    session: str
    signal: Signal
    def __init__(self, session: _Optional[str] = ..., signal: _Optional[_Union[Signal, _Mapping[str, object]]] = ...) -> None: ...

class SayReply(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...

class FetchRequest(_message.Message):
    __slots__ = ("session", "after")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    session: str
    after: int
    def __init__(self, session: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...

class FetchReply(_message.Message):
    __slots__ = ("said",)
    SAID_FIELD_NUMBER: _ClassVar[int]
    said: _containers.RepeatedCompositeFieldContainer[Said]
    def __init__(self, said: _Optional[_Iterable[_Union[Said, _Mapping[str, object]]]] = ...) -> None: ...

class Said(_message.Message):
    __slots__ = ("session", "number", "signal")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    session: str
    number: int
    signal: Signal
    def __init__(self, session: _Optional[str] = ..., number: _Optional[int] = ..., signal: _Optional[_Union[Signal, _Mapping[str, object]]] = ...) -> None: ...
