from hutong.schema import identity_pb2 as _identity_pb2
from hutong.schema import log_pb2 as _log_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Picture(_message.Message):
    __slots__ = ("blob", "thumbnail", "width", "height", "name", "size_bytes", "media_type")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    blob: str
    thumbnail: str
    width: int
    height: int
    name: str
    size_bytes: int
    media_type: str
    def __init__(self, blob: _Optional[str] = ..., thumbnail: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("blob", "name", "size_bytes", "media_type")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    blob: str
    name: str
    size_bytes: int
    media_type: str
    def __init__(self, blob: _Optional[str] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ...) -> None: ...

class Content(_message.Message):
    __slots__ = ("text", "picture", "file")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    text: str
    picture: Picture
    file: File
    def __init__(self, text: _Optional[str] = ..., picture: _Optional[_Union[Picture, _Mapping[str, object]]] = ..., file: _Optional[_Union[File, _Mapping[str, object]]] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("profile", "owner", "delivered", "read")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    profile: _identity_pb2.Profile
    owner: bool
    delivered: int
    read: int
    def __init__(self, profile: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., owner: _Optional[bool] = ..., delivered: _Optional[int] = ..., read: _Optional[int] = ...) -> None: ...

class Conversation(_message.Message):
    __slots__ = ("log", "group", "title", "picture", "members", "head", "joined", "unread", "recent")
    LOG_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    RECENT_FIELD_NUMBER: _ClassVar[int]
    log: str
    group: bool
    title: str
    picture: str
    members: _containers.RepeatedCompositeFieldContainer[Member]
    head: int
    joined: int
    unread: int
    recent: _containers.RepeatedCompositeFieldContainer[_log_pb2.Event]
    def __init__(self, log: _Optional[str] = ..., group: _Optional[bool] = ..., title: _Optional[str] = ..., picture: _Optional[str] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping[str, object]]]] = ..., head: _Optional[int] = ..., joined: _Optional[int] = ..., unread: _Optional[int] = ..., recent: _Optional[_Iterable[_Union[_log_pb2.Event, _Mapping[str, object]]]] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("recent",)
    RECENT_FIELD_NUMBER: _ClassVar[int]
    recent: int
    def __init__(self, recent: _Optional[int] = ...) -> None: ...

class ListReply(_message.Message):
    __slots__ = ("conversations",)
    CONVERSATIONS_FIELD_NUMBER: _ClassVar[int]
    conversations: _containers.RepeatedCompositeFieldContainer[Conversation]
    def __init__(self, conversations: _Optional[_Iterable[_Union[Conversation, _Mapping[str, object]]]] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("log", "recent")
    LOG_FIELD_NUMBER: _ClassVar[int]
    RECENT_FIELD_NUMBER: _ClassVar[int]
    log: str
    recent: int
    def __init__(self, log: _Optional[str] = ..., recent: _Optional[int] = ...) -> None: ...

class GetReply(_message.Message):
    __slots__ = ("conversation",)
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    conversation: Conversation
    def __init__(self, conversation: _Optional[_Union[Conversation, _Mapping[str, object]]] = ...) -> None: ...

class OpenRequest(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: str
    def __init__(self, user: _Optional[str] = ...) -> None: ...

class OpenReply(_message.Message):
    __slots__ = ("conversation",)
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    conversation: Conversation
    def __init__(self, conversation: _Optional[_Union[Conversation, _Mapping[str, object]]] = ...) -> None: ...

class CreateGroupRequest(_message.Message):
    __slots__ = ("title", "users")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    title: str
    users: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, title: _Optional[str] = ..., users: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateGroupReply(_message.Message):
    __slots__ = ("conversation",)
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    conversation: Conversation
    def __init__(self, conversation: _Optional[_Union[Conversation, _Mapping[str, object]]] = ...) -> None: ...

class AddMembersRequest(_message.Message):
    __slots__ = ("log", "users")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    log: str
    users: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, log: _Optional[str] = ..., users: _Optional[_Iterable[str]] = ...) -> None: ...

class AddMembersReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LeaveRequest(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: str
    def __init__(self, log: _Optional[str] = ...) -> None: ...

class LeaveReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RenameRequest(_message.Message):
    __slots__ = ("log", "title")
    LOG_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    log: str
    title: str
    def __init__(self, log: _Optional[str] = ..., title: _Optional[str] = ...) -> None: ...

class RenameReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SendRequest(_message.Message):
    __slots__ = ("log", "content")
    LOG_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    log: str
    content: Content
    def __init__(self, log: _Optional[str] = ..., content: _Optional[_Union[Content, _Mapping[str, object]]] = ...) -> None: ...

class SendReply(_message.Message):
    __slots__ = ("seq", "at_ms")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    seq: int
    at_ms: int
    def __init__(self, seq: _Optional[int] = ..., at_ms: _Optional[int] = ...) -> None: ...

class RecallRequest(_message.Message):
    __slots__ = ("log", "seq")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ...) -> None: ...

class RecallReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MarkRequest(_message.Message):
    __slots__ = ("log", "delivered", "read")
    LOG_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    log: str
    delivered: int
    read: int
    def __init__(self, log: _Optional[str] = ..., delivered: _Optional[int] = ..., read: _Optional[int] = ...) -> None: ...

class MarkReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TypeRequest(_message.Message):
    __slots__ = ("log", "typing")
    LOG_FIELD_NUMBER: _ClassVar[int]
    TYPING_FIELD_NUMBER: _ClassVar[int]
    log: str
    typing: bool
    def __init__(self, log: _Optional[str] = ..., typing: _Optional[bool] = ...) -> None: ...

class TypeReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MessageSent(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: Content
    def __init__(self, content: _Optional[_Union[Content, _Mapping[str, object]]] = ...) -> None: ...

class MessageRecalled(_message.Message):
    __slots__ = ("seq",)
    SEQ_FIELD_NUMBER: _ClassVar[int]
    seq: int
    def __init__(self, seq: _Optional[int] = ...) -> None: ...

class ConversationCreated(_message.Message):
    __slots__ = ("group", "title", "members")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    group: bool
    title: str
    members: _containers.RepeatedCompositeFieldContainer[_identity_pb2.Profile]
    def __init__(self, group: _Optional[bool] = ..., title: _Optional[str] = ..., members: _Optional[_Iterable[_Union[_identity_pb2.Profile, _Mapping[str, object]]]] = ...) -> None: ...

class MembersAdded(_message.Message):
    __slots__ = ("members",)
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    members: _containers.RepeatedCompositeFieldContainer[_identity_pb2.Profile]
    def __init__(self, members: _Optional[_Iterable[_Union[_identity_pb2.Profile, _Mapping[str, object]]]] = ...) -> None: ...

class MemberLeft(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: str
    def __init__(self, user: _Optional[str] = ...) -> None: ...

class ConversationRenamed(_message.Message):
    __slots__ = ("title",)
    TITLE_FIELD_NUMBER: _ClassVar[int]
    title: str
    def __init__(self, title: _Optional[str] = ...) -> None: ...

class ConversationJoined(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: str
    def __init__(self, log: _Optional[str] = ...) -> None: ...

class ConversationGone(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: str
    def __init__(self, log: _Optional[str] = ...) -> None: ...

class MarkMoved(_message.Message):
    __slots__ = ("log", "user", "delivered", "read")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    log: str
    user: str
    delivered: int
    read: int
    def __init__(self, log: _Optional[str] = ..., user: _Optional[str] = ..., delivered: _Optional[int] = ..., read: _Optional[int] = ...) -> None: ...

class Typing(_message.Message):
    __slots__ = ("log", "user", "typing")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    TYPING_FIELD_NUMBER: _ClassVar[int]
    log: str
    user: str
    typing: bool
    def __init__(self, log: _Optional[str] = ..., user: _Optional[str] = ..., typing: _Optional[bool] = ...) -> None: ...
