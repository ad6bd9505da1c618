from hutong.schema import identity_pb2 as _identity_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Relation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RELATION_NONE: _ClassVar[Relation]
    RELATION_REQUESTED: _ClassVar[Relation]
    RELATION_ASKED: _ClassVar[Relation]
    RELATION_CONTACT: _ClassVar[Relation]
    RELATION_SELF: _ClassVar[Relation]
RELATION_NONE: Relation
RELATION_REQUESTED: Relation
RELATION_ASKED: Relation
RELATION_CONTACT: Relation
RELATION_SELF: Relation

class Contact(_message.Message):
    __slots__ = ("profile", "relation", "blocked", "greeting", "since_ms")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    GREETING_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    profile: _identity_pb2.Profile
    relation: Relation
    blocked: bool
    greeting: str
    since_ms: int
    def __init__(self, profile: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., relation: _Optional[_Union[Relation, str]] = ..., blocked: _Optional[bool] = ..., greeting: _Optional[str] = ..., since_ms: _Optional[int] = ...) -> None: ...

class FindRequest(_message.Message):
    __slots__ = ("handle",)
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    handle: str
    def __init__(self, handle: _Optional[str] = ...) -> None: ...

class FindReply(_message.Message):
    __slots__ = ("contact",)
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    contact: Contact
    def __init__(self, contact: _Optional[_Union[Contact, _Mapping[str, object]]] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReply(_message.Message):
    __slots__ = ("contacts",)
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    contacts: _containers.RepeatedCompositeFieldContainer[Contact]
    def __init__(self, contacts: _Optional[_Iterable[_Union[Contact, _Mapping[str, object]]]] = ...) -> None: ...

class AskRequest(_message.Message):
    __slots__ = ("user", "greeting")
    USER_FIELD_NUMBER: _ClassVar[int]
    GREETING_FIELD_NUMBER: _ClassVar[int]
    user: str
    greeting: str
    def __init__(self, user: _Optional[str] = ..., greeting: _Optional[str] = ...) -> None: ...

class AskReply(_message.Message):
    __slots__ = ("contact",)
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    contact: Contact
    def __init__(self, contact: _Optional[_Union[Contact, _Mapping[str, object]]] = ...) -> None: ...

class AnswerRequest(_message.Message):
    __slots__ = ("user", "accept")
    USER_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FIELD_NUMBER: _ClassVar[int]
    user: str
    accept: bool
    def __init__(self, user: _Optional[str] = ..., accept: _Optional[bool] = ...) -> None: ...

class AnswerReply(_message.Message):
    __slots__ = ("contact",)
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    contact: Contact
    def __init__(self, contact: _Optional[_Union[Contact, _Mapping[str, object]]] = ...) -> None: ...

class RemoveRequest(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: str
    def __init__(self, user: _Optional[str] = ...) -> None: ...

class RemoveReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BlockRequest(_message.Message):
    __slots__ = ("user", "blocked")
    USER_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    user: str
    blocked: bool
    def __init__(self, user: _Optional[str] = ..., blocked: _Optional[bool] = ...) -> None: ...

class BlockReply(_message.Message):
    __slots__ = ("contact",)
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    contact: Contact
    def __init__(self, contact: _Optional[_Union[Contact, _Mapping[str, object]]] = ...) -> None: ...

class ContactChanged(_message.Message):
    __slots__ = ("contact",)
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    contact: Contact
    def __init__(self, contact: _Optional[_Union[Contact, _Mapping[str, object]]] = ...) -> None: ...
