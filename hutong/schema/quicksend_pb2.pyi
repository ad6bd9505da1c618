from hutong.schema import options_pb2 as _options_pb2
from hutong.schema import peers_pb2 as _peers_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Ending(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENDING_UNSPECIFIED: _ClassVar[Ending]
    ENDING_DONE: _ClassVar[Ending]
    ENDING_CANCELLED: _ClassVar[Ending]
    ENDING_DECLINED: _ClassVar[Ending]
    ENDING_WRONG_CODE: _ClassVar[Ending]
    ENDING_GONE: _ClassVar[Ending]
    ENDING_EXPIRED: _ClassVar[Ending]

class Way(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAY_UNSPECIFIED: _ClassVar[Way]
    WAY_MANIFEST: _ClassVar[Way]
ENDING_UNSPECIFIED: Ending
ENDING_DONE: Ending
ENDING_CANCELLED: Ending
ENDING_DECLINED: Ending
ENDING_WRONG_CODE: Ending
ENDING_GONE: Ending
ENDING_EXPIRED: Ending
WAY_UNSPECIFIED: Way
WAY_MANIFEST: Way

class OpenRequest(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: bytes
    def __init__(self, token: _Optional[bytes] = ...) -> None: ...

class OpenReply(_message.Message):
    __slots__ = ("channel", "expires_at_ms", "public_url")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_URL_FIELD_NUMBER: _ClassVar[int]
    channel: int
    expires_at_ms: int
    public_url: str
    def __init__(self, channel: _Optional[int] = ..., expires_at_ms: _Optional[int] = ..., public_url: _Optional[str] = ...) -> None: ...

class JoinRequest(_message.Message):
    __slots__ = ("channel", "token")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    channel: int
    token: bytes
    def __init__(self, channel: _Optional[int] = ..., token: _Optional[bytes] = ...) -> None: ...

class JoinReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SayRequest(_message.Message):
    __slots__ = ("channel", "token", "number", "letter")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LETTER_FIELD_NUMBER: _ClassVar[int]
    channel: int
    token: bytes
    number: int
    letter: bytes
    def __init__(self, channel: _Optional[int] = ..., token: _Optional[bytes] = ..., number: _Optional[int] = ..., letter: _Optional[bytes] = ...) -> None: ...

class SayReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HearRequest(_message.Message):
    __slots__ = ("channel", "token", "after")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    channel: int
    token: bytes
    after: int
    def __init__(self, channel: _Optional[int] = ..., token: _Optional[bytes] = ..., after: _Optional[int] = ...) -> None: ...

class HearReply(_message.Message):
    __slots__ = ("letters", "ending")
    LETTERS_FIELD_NUMBER: _ClassVar[int]
    ENDING_FIELD_NUMBER: _ClassVar[int]
    letters: _containers.RepeatedScalarFieldContainer[bytes]
    ending: Ending
    def __init__(self, letters: _Optional[_Iterable[bytes]] = ..., ending: _Optional[_Union[Ending, str]] = ...) -> None: ...

class LeaveRequest(_message.Message):
    __slots__ = ("channel", "token", "ending")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ENDING_FIELD_NUMBER: _ClassVar[int]
    channel: int
    token: bytes
    ending: Ending
    def __init__(self, channel: _Optional[int] = ..., token: _Optional[bytes] = ..., ending: _Optional[_Union[Ending, str]] = ...) -> None: ...

class LeaveReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RelaysRequest(_message.Message):
    __slots__ = ("channel", "token")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    channel: int
    token: bytes
    def __init__(self, channel: _Optional[int] = ..., token: _Optional[bytes] = ...) -> None: ...

class RelaysReply(_message.Message):
    __slots__ = ("servers", "expires_at_ms")
    SERVERS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    servers: _containers.RepeatedCompositeFieldContainer[_peers_pb2.IceServer]
    expires_at_ms: int
    def __init__(self, servers: _Optional[_Iterable[_Union[_peers_pb2.IceServer, _Mapping[str, object]]]] = ..., expires_at_ms: _Optional[int] = ...) -> None: ...

class Stirred(_message.Message):
    __slots__ = ("channel",)
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    channel: int
    def __init__(self, channel: _Optional[int] = ...) -> None: ...

class Letter(_message.Message):
    __slots__ = ("share", "answer", "confirmation", "sealed")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    share: bytes
    answer: Answer
    confirmation: bytes
    sealed: bytes
    def __init__(self, share: _Optional[bytes] = ..., answer: _Optional[_Union[Answer, _Mapping[str, object]]] = ..., confirmation: _Optional[bytes] = ..., sealed: _Optional[bytes] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("share", "confirmation")
    SHARE_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    share: bytes
    confirmation: bytes
    def __init__(self, share: _Optional[bytes] = ..., confirmation: _Optional[bytes] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("offer", "acceptance", "signal", "arrived")
    OFFER_FIELD_NUMBER: _ClassVar[int]
    ACCEPTANCE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    ARRIVED_FIELD_NUMBER: _ClassVar[int]
    offer: Offer
    acceptance: Acceptance
    signal: _peers_pb2.Signal
    arrived: Arrived
    def __init__(self, offer: _Optional[_Union[Offer, _Mapping[str, object]]] = ..., acceptance: _Optional[_Union[Acceptance, _Mapping[str, object]]] = ..., signal: _Optional[_Union[_peers_pb2.Signal, _Mapping[str, object]]] = ..., arrived: _Optional[_Union[Arrived, _Mapping[str, object]]] = ...) -> None: ...

class OfferedFile(_message.Message):
    __slots__ = ("path", "size_bytes")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    path: str
    size_bytes: int
    def __init__(self, path: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Offer(_message.Message):
    __slots__ = ("name", "size_bytes", "files", "listed", "manifest")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    LISTED_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    name: str
    size_bytes: int
    files: int
    listed: _containers.RepeatedCompositeFieldContainer[OfferedFile]
    manifest: bytes
    def __init__(self, name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., files: _Optional[int] = ..., listed: _Optional[_Iterable[_Union[OfferedFile, _Mapping[str, object]]]] = ..., manifest: _Optional[bytes] = ...) -> None: ...

class Acceptance(_message.Message):
    __slots__ = ("way",)
    WAY_FIELD_NUMBER: _ClassVar[int]
    way: Way
    def __init__(self, way: _Optional[_Union[Way, str]] = ...) -> None: ...

class Arrived(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
