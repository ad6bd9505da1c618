from hutong.schema import chat_pb2 as _chat_pb2
from hutong.schema import identity_pb2 as _identity_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Invite(_message.Message):
    __slots__ = ("token", "log", "by", "created_at_ms", "expires_at_ms", "uses_max", "uses")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    USES_MAX_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    token: str
    log: str
    by: str
    created_at_ms: int
    expires_at_ms: int
    uses_max: int
    uses: int
    def __init__(self, token: _Optional[str] = ..., log: _Optional[str] = ..., by: _Optional[str] = ..., created_at_ms: _Optional[int] = ..., expires_at_ms: _Optional[int] = ..., uses_max: _Optional[int] = ..., uses: _Optional[int] = ...) -> None: ...

class JoinRequest(_message.Message):
    __slots__ = ("log", "profile", "greeting", "at_ms")
    LOG_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    GREETING_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    log: str
    profile: _identity_pb2.Profile
    greeting: str
    at_ms: int
    def __init__(self, log: _Optional[str] = ..., profile: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., greeting: _Optional[str] = ..., at_ms: _Optional[int] = ...) -> None: ...

class MakeRequest(_message.Message):
    __slots__ = ("log", "expires_s", "uses_max")
    LOG_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_S_FIELD_NUMBER: _ClassVar[int]
    USES_MAX_FIELD_NUMBER: _ClassVar[int]
    log: str
    expires_s: int
    uses_max: int
    def __init__(self, log: _Optional[str] = ..., expires_s: _Optional[int] = ..., uses_max: _Optional[int] = ...) -> None: ...

class MakeReply(_message.Message):
    __slots__ = ("invite",)
    INVITE_FIELD_NUMBER: _ClassVar[int]
    invite: Invite
    def __init__(self, invite: _Optional[_Union[Invite, _Mapping[str, object]]] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: str
    def __init__(self, log: _Optional[str] = ...) -> None: ...

class ListReply(_message.Message):
    __slots__ = ("invites",)
    INVITES_FIELD_NUMBER: _ClassVar[int]
    invites: _containers.RepeatedCompositeFieldContainer[Invite]
    def __init__(self, invites: _Optional[_Iterable[_Union[Invite, _Mapping[str, object]]]] = ...) -> None: ...

class RevokeRequest(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: str
    def __init__(self, token: _Optional[str] = ...) -> None: ...

class RevokeReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LookRequest(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: str
    def __init__(self, token: _Optional[str] = ...) -> None: ...

class LookReply(_message.Message):
    __slots__ = ("log", "title", "picture", "members", "approval", "asked")
    LOG_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    log: str
    title: str
    picture: str
    members: int
    approval: bool
    asked: bool
    def __init__(self, log: _Optional[str] = ..., title: _Optional[str] = ..., picture: _Optional[str] = ..., members: _Optional[int] = ..., approval: _Optional[bool] = ..., asked: _Optional[bool] = ...) -> None: ...

class JoinByRequest(_message.Message):
    __slots__ = ("token", "greeting")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    GREETING_FIELD_NUMBER: _ClassVar[int]
    token: str
    greeting: str
    def __init__(self, token: _Optional[str] = ..., greeting: _Optional[str] = ...) -> None: ...

class JoinByReply(_message.Message):
    __slots__ = ("conversation", "waiting")
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    conversation: _chat_pb2.Conversation
    waiting: bool
    def __init__(self, conversation: _Optional[_Union[_chat_pb2.Conversation, _Mapping[str, object]]] = ..., waiting: _Optional[bool] = ...) -> None: ...

class RequestsRequest(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: str
    def __init__(self, log: _Optional[str] = ...) -> None: ...

class RequestsReply(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[JoinRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[JoinRequest, _Mapping[str, object]]]] = ...) -> None: ...

class AnswerRequest(_message.Message):
    __slots__ = ("log", "user", "accept")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_FIELD_NUMBER: _ClassVar[int]
    log: str
    user: str
    accept: bool
    def __init__(self, log: _Optional[str] = ..., user: _Optional[str] = ..., accept: _Optional[bool] = ...) -> None: ...

class AnswerReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class JoinAsked(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: JoinRequest
    def __init__(self, request: _Optional[_Union[JoinRequest, _Mapping[str, object]]] = ...) -> None: ...

class JoinAnswered(_message.Message):
    __slots__ = ("log", "user", "accepted")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    log: str
    user: str
    accepted: bool
    def __init__(self, log: _Optional[str] = ..., user: _Optional[str] = ..., accepted: _Optional[bool] = ...) -> None: ...
