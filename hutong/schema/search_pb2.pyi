from hutong.schema import identity_pb2 as _identity_pb2
from hutong.schema import log_pb2 as _log_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KIND_ANY: _ClassVar[Kind]
    KIND_TEXT: _ClassVar[Kind]
    KIND_PICTURE: _ClassVar[Kind]
    KIND_FILE: _ClassVar[Kind]
    KIND_LINK: _ClassVar[Kind]
    KIND_VOICE: _ClassVar[Kind]
    KIND_VIDEO: _ClassVar[Kind]
    KIND_POLL: _ClassVar[Kind]
KIND_ANY: Kind
KIND_TEXT: Kind
KIND_PICTURE: Kind
KIND_FILE: Kind
KIND_LINK: Kind
KIND_VOICE: Kind
KIND_VIDEO: Kind
KIND_POLL: Kind

class MessagesRequest(_message.Message):
    __slots__ = ("text", "log", "author", "kind", "from_ms", "to_ms", "cursor", "limit")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FROM_MS_FIELD_NUMBER: _ClassVar[int]
    TO_MS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    text: str
    log: str
    author: str
    kind: Kind
    from_ms: int
    to_ms: int
    cursor: bytes
    limit: int
    def __init__(self, text: _Optional[str] = ..., log: _Optional[str] = ..., author: _Optional[str] = ..., kind: _Optional[_Union[Kind, str]] = ..., from_ms: _Optional[int] = ..., to_ms: _Optional[int] = ..., cursor: _Optional[bytes] = ..., limit: _Optional[int] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("start", "length")
    START_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    start: int
    length: int
    def __init__(self, start: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class Hit(_message.Message):
    __slots__ = ("event", "seq", "excerpt", "spans")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    EXCERPT_FIELD_NUMBER: _ClassVar[int]
    SPANS_FIELD_NUMBER: _ClassVar[int]
    event: _log_pb2.Event
    seq: int
    excerpt: str
    spans: _containers.RepeatedCompositeFieldContainer[Span]
    def __init__(self, event: _Optional[_Union[_log_pb2.Event, _Mapping[str, object]]] = ..., seq: _Optional[int] = ..., excerpt: _Optional[str] = ..., spans: _Optional[_Iterable[_Union[Span, _Mapping[str, object]]]] = ...) -> None: ...

class MessagesReply(_message.Message):
    __slots__ = ("hits", "cursor", "behind")
    HITS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    BEHIND_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[Hit]
    cursor: bytes
    behind: bool
    def __init__(self, hits: _Optional[_Iterable[_Union[Hit, _Mapping[str, object]]]] = ..., cursor: _Optional[bytes] = ..., behind: _Optional[bool] = ...) -> None: ...

class PeopleRequest(_message.Message):
    __slots__ = ("text", "limit")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    text: str
    limit: int
    def __init__(self, text: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class FoundPerson(_message.Message):
    __slots__ = ("profile", "contact", "nickname")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    profile: _identity_pb2.Profile
    contact: bool
    nickname: str
    def __init__(self, profile: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., contact: _Optional[bool] = ..., nickname: _Optional[str] = ...) -> None: ...

class PeopleReply(_message.Message):
    __slots__ = ("people",)
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    people: _containers.RepeatedCompositeFieldContainer[FoundPerson]
    def __init__(self, people: _Optional[_Iterable[_Union[FoundPerson, _Mapping[str, object]]]] = ...) -> None: ...
