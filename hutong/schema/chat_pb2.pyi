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

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_MEMBER: _ClassVar[Role]
    ROLE_OWNER: _ClassVar[Role]
    ROLE_ADMIN: _ClassVar[Role]

class Inviting(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INVITING_MEMBERS: _ClassVar[Inviting]
    INVITING_ADMINS: _ClassVar[Inviting]
ROLE_MEMBER: Role
ROLE_OWNER: Role
ROLE_ADMIN: Role
INVITING_MEMBERS: Inviting
INVITING_ADMINS: Inviting

class Picture(_message.Message):
    __slots__ = ("blob", "thumbnail", "width", "height", "name", "size_bytes", "media_type", "original", "original_bytes")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    blob: str
    thumbnail: str
    width: int
    height: int
    name: str
    size_bytes: int
    media_type: str
    original: str
    original_bytes: int
    def __init__(self, blob: _Optional[str] = ..., thumbnail: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., original: _Optional[str] = ..., original_bytes: _Optional[int] = ...) -> None: ...

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

class Voice(_message.Message):
    __slots__ = ("blob", "media_type", "duration_ms", "waveform", "size_bytes", "transcribed")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    WAVEFORM_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIBED_FIELD_NUMBER: _ClassVar[int]
    blob: str
    media_type: str
    duration_ms: int
    waveform: bytes
    size_bytes: int
    transcribed: str
    def __init__(self, blob: _Optional[str] = ..., media_type: _Optional[str] = ..., duration_ms: _Optional[int] = ..., waveform: _Optional[bytes] = ..., size_bytes: _Optional[int] = ..., transcribed: _Optional[str] = ...) -> None: ...

class Video(_message.Message):
    __slots__ = ("blob", "poster", "width", "height", "duration_ms", "name", "size_bytes", "media_type")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    POSTER_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    blob: str
    poster: str
    width: int
    height: int
    duration_ms: int
    name: str
    size_bytes: int
    media_type: str
    def __init__(self, blob: _Optional[str] = ..., poster: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., duration_ms: _Optional[int] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ...) -> None: ...

class Location(_message.Message):
    __slots__ = ("latitude_e7", "longitude_e7", "name", "address")
    LATITUDE_E7_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_E7_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    latitude_e7: int
    longitude_e7: int
    name: str
    address: str
    def __init__(self, latitude_e7: _Optional[int] = ..., longitude_e7: _Optional[int] = ..., name: _Optional[str] = ..., address: _Optional[str] = ...) -> None: ...

class Card(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: _identity_pb2.Profile
    def __init__(self, profile: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ...) -> None: ...

class Sticker(_message.Message):
    __slots__ = ("blob", "width", "height", "emoji", "pack")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    PACK_FIELD_NUMBER: _ClassVar[int]
    blob: str
    width: int
    height: int
    emoji: str
    pack: str
    def __init__(self, blob: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., emoji: _Optional[str] = ..., pack: _Optional[str] = ...) -> None: ...

class Poll(_message.Message):
    __slots__ = ("question", "options", "multiple", "closes_ms")
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MULTIPLE_FIELD_NUMBER: _ClassVar[int]
    CLOSES_MS_FIELD_NUMBER: _ClassVar[int]
    question: str
    options: _containers.RepeatedScalarFieldContainer[str]
    multiple: bool
    closes_ms: int
    def __init__(self, question: _Optional[str] = ..., options: _Optional[_Iterable[str]] = ..., multiple: _Optional[bool] = ..., closes_ms: _Optional[int] = ...) -> None: ...

class Bundle(_message.Message):
    __slots__ = ("title", "messages")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    title: str
    messages: _containers.RepeatedCompositeFieldContainer[Bundled]
    def __init__(self, title: _Optional[str] = ..., messages: _Optional[_Iterable[_Union[Bundled, _Mapping[str, object]]]] = ...) -> None: ...

class Bundled(_message.Message):
    __slots__ = ("author", "at_ms", "content")
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    author: _identity_pb2.Profile
    at_ms: int
    content: Content
    def __init__(self, author: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., at_ms: _Optional[int] = ..., content: _Optional[_Union[Content, _Mapping[str, object]]] = ...) -> None: ...

class Mention(_message.Message):
    __slots__ = ("user", "start", "length")
    USER_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    user: str
    start: int
    length: int
    def __init__(self, user: _Optional[str] = ..., start: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class Preview(_message.Message):
    __slots__ = ("url", "title", "description", "site", "picture", "width", "height", "proof")
    URL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    url: str
    title: str
    description: str
    site: str
    picture: str
    width: int
    height: int
    proof: bytes
    def __init__(self, url: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., site: _Optional[str] = ..., picture: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., proof: _Optional[bytes] = ...) -> None: ...

class Content(_message.Message):
    __slots__ = ("text", "picture", "file", "voice", "video", "location", "card", "sticker", "poll", "bundle", "reply_to", "mentions", "preview", "forwarded_from")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    CARD_FIELD_NUMBER: _ClassVar[int]
    STICKER_FIELD_NUMBER: _ClassVar[int]
    POLL_FIELD_NUMBER: _ClassVar[int]
    BUNDLE_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    MENTIONS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    FORWARDED_FROM_FIELD_NUMBER: _ClassVar[int]
    text: str
    picture: Picture
    file: File
    voice: Voice
    video: Video
    location: Location
    card: Card
    sticker: Sticker
    poll: Poll
    bundle: Bundle
    reply_to: int
    mentions: _containers.RepeatedCompositeFieldContainer[Mention]
    preview: Preview
    forwarded_from: _identity_pb2.Profile
    def __init__(self, text: _Optional[str] = ..., picture: _Optional[_Union[Picture, _Mapping[str, object]]] = ..., file: _Optional[_Union[File, _Mapping[str, object]]] = ..., voice: _Optional[_Union[Voice, _Mapping[str, object]]] = ..., video: _Optional[_Union[Video, _Mapping[str, object]]] = ..., location: _Optional[_Union[Location, _Mapping[str, object]]] = ..., card: _Optional[_Union[Card, _Mapping[str, object]]] = ..., sticker: _Optional[_Union[Sticker, _Mapping[str, object]]] = ..., poll: _Optional[_Union[Poll, _Mapping[str, object]]] = ..., bundle: _Optional[_Union[Bundle, _Mapping[str, object]]] = ..., reply_to: _Optional[int] = ..., mentions: _Optional[_Iterable[_Union[Mention, _Mapping[str, object]]]] = ..., preview: _Optional[_Union[Preview, _Mapping[str, object]]] = ..., forwarded_from: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("profile", "role", "delivered", "read", "nickname", "muted_until_ms")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    MUTED_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    profile: _identity_pb2.Profile
    role: Role
    delivered: int
    read: int
    nickname: str
    muted_until_ms: int
    def __init__(self, profile: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., role: _Optional[_Union[Role, str]] = ..., delivered: _Optional[int] = ..., read: _Optional[int] = ..., nickname: _Optional[str] = ..., muted_until_ms: _Optional[int] = ...) -> None: ...

class GroupSettings(_message.Message):
    __slots__ = ("inviting", "approval", "history", "admins_write", "announcement")
    INVITING_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    ADMINS_WRITE_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCEMENT_FIELD_NUMBER: _ClassVar[int]
    inviting: Inviting
    approval: bool
    history: bool
    admins_write: bool
    announcement: str
    def __init__(self, inviting: _Optional[_Union[Inviting, str]] = ..., approval: _Optional[bool] = ..., history: _Optional[bool] = ..., admins_write: _Optional[bool] = ..., announcement: _Optional[str] = ...) -> None: ...

class Conversation(_message.Message):
    __slots__ = ("log", "group", "title", "picture", "members", "head", "joined", "unread", "recent", "settings", "disappear_s", "mentioned", "first_mention", "member_count", "saved")
    LOG_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    RECENT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    DISAPPEAR_S_FIELD_NUMBER: _ClassVar[int]
    MENTIONED_FIELD_NUMBER: _ClassVar[int]
    FIRST_MENTION_FIELD_NUMBER: _ClassVar[int]
    MEMBER_COUNT_FIELD_NUMBER: _ClassVar[int]
    SAVED_FIELD_NUMBER: _ClassVar[int]
    log: str
    group: bool
    title: str
    picture: str
    members: _containers.RepeatedCompositeFieldContainer[Member]
    head: int
    joined: int
    unread: int
    recent: _containers.RepeatedCompositeFieldContainer[_log_pb2.Event]
    settings: GroupSettings
    disappear_s: int
    mentioned: int
    first_mention: int
    member_count: int
    saved: bool
    def __init__(self, log: _Optional[str] = ..., group: _Optional[bool] = ..., title: _Optional[str] = ..., picture: _Optional[str] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping[str, object]]]] = ..., head: _Optional[int] = ..., joined: _Optional[int] = ..., unread: _Optional[int] = ..., recent: _Optional[_Iterable[_Union[_log_pb2.Event, _Mapping[str, object]]]] = ..., settings: _Optional[_Union[GroupSettings, _Mapping[str, object]]] = ..., disappear_s: _Optional[int] = ..., mentioned: _Optional[int] = ..., first_mention: _Optional[int] = ..., member_count: _Optional[int] = ..., saved: _Optional[bool] = ...) -> None: ...

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

class SetPictureRequest(_message.Message):
    __slots__ = ("log", "blob")
    LOG_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    log: str
    blob: str
    def __init__(self, log: _Optional[str] = ..., blob: _Optional[str] = ...) -> None: ...

class SetPictureReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ChangeGroupRequest(_message.Message):
    __slots__ = ("log", "settings")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    log: str
    settings: GroupSettings
    def __init__(self, log: _Optional[str] = ..., settings: _Optional[_Union[GroupSettings, _Mapping[str, object]]] = ...) -> None: ...

class ChangeGroupReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetDisappearingRequest(_message.Message):
    __slots__ = ("log", "seconds")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    log: str
    seconds: int
    def __init__(self, log: _Optional[str] = ..., seconds: _Optional[int] = ...) -> None: ...

class SetDisappearingReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RemoveMembersRequest(_message.Message):
    __slots__ = ("log", "users")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USERS_FIELD_NUMBER: _ClassVar[int]
    log: str
    users: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, log: _Optional[str] = ..., users: _Optional[_Iterable[str]] = ...) -> None: ...

class RemoveMembersReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetRoleRequest(_message.Message):
    __slots__ = ("log", "user", "role")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    log: str
    user: str
    role: Role
    def __init__(self, log: _Optional[str] = ..., user: _Optional[str] = ..., role: _Optional[_Union[Role, str]] = ...) -> None: ...

class SetRoleReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MuteMemberRequest(_message.Message):
    __slots__ = ("log", "user", "until_ms")
    LOG_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    log: str
    user: str
    until_ms: int
    def __init__(self, log: _Optional[str] = ..., user: _Optional[str] = ..., until_ms: _Optional[int] = ...) -> None: ...

class MuteMemberReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetNicknameRequest(_message.Message):
    __slots__ = ("log", "nickname")
    LOG_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    log: str
    nickname: str
    def __init__(self, log: _Optional[str] = ..., nickname: _Optional[str] = ...) -> None: ...

class SetNicknameReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MembersRequest(_message.Message):
    __slots__ = ("log", "after", "limit")
    LOG_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    log: str
    after: str
    limit: int
    def __init__(self, log: _Optional[str] = ..., after: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class MembersReply(_message.Message):
    __slots__ = ("members", "total")
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    members: _containers.RepeatedCompositeFieldContainer[Member]
    total: int
    def __init__(self, members: _Optional[_Iterable[_Union[Member, _Mapping[str, object]]]] = ..., total: _Optional[int] = ...) -> None: ...

class ReadersRequest(_message.Message):
    __slots__ = ("log", "seq")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ...) -> None: ...

class ReadersReply(_message.Message):
    __slots__ = ("users", "total")
    USERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedScalarFieldContainer[str]
    total: int
    def __init__(self, users: _Optional[_Iterable[str]] = ..., total: _Optional[int] = ...) -> None: ...

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

class EditRequest(_message.Message):
    __slots__ = ("log", "seq", "content")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    content: Content
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ..., content: _Optional[_Union[Content, _Mapping[str, object]]] = ...) -> None: ...

class EditReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HistoryRequest(_message.Message):
    __slots__ = ("log", "seq")
    LOG_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    log: str
    seq: int
    def __init__(self, log: _Optional[str] = ..., seq: _Optional[int] = ...) -> None: ...

class HistoryReply(_message.Message):
    __slots__ = ("wordings",)
    WORDINGS_FIELD_NUMBER: _ClassVar[int]
    wordings: _containers.RepeatedCompositeFieldContainer[Wording]
    def __init__(self, wordings: _Optional[_Iterable[_Union[Wording, _Mapping[str, object]]]] = ...) -> None: ...

class Wording(_message.Message):
    __slots__ = ("content", "at_ms")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    content: Content
    at_ms: int
    def __init__(self, content: _Optional[_Union[Content, _Mapping[str, object]]] = ..., at_ms: _Optional[int] = ...) -> None: ...

class StandingRequest(_message.Message):
    __slots__ = ("log", "first", "last")
    LOG_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    log: str
    first: int
    last: int
    def __init__(self, log: _Optional[str] = ..., first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class StandingReply(_message.Message):
    __slots__ = ("events", "last")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_log_pb2.Event]
    last: int
    def __init__(self, events: _Optional[_Iterable[_Union[_log_pb2.Event, _Mapping[str, object]]]] = ..., last: _Optional[int] = ...) -> None: ...

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
    __slots__ = ("content", "disappears_ms")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    DISAPPEARS_MS_FIELD_NUMBER: _ClassVar[int]
    content: Content
    disappears_ms: int
    def __init__(self, content: _Optional[_Union[Content, _Mapping[str, object]]] = ..., disappears_ms: _Optional[int] = ...) -> None: ...

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

class MessageEdited(_message.Message):
    __slots__ = ("seq", "content")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    seq: int
    content: Content
    def __init__(self, seq: _Optional[int] = ..., content: _Optional[_Union[Content, _Mapping[str, object]]] = ...) -> None: ...

class MessagesDisappeared(_message.Message):
    __slots__ = ("seqs",)
    SEQS_FIELD_NUMBER: _ClassVar[int]
    seqs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, seqs: _Optional[_Iterable[int]] = ...) -> None: ...

class MemberRemoved(_message.Message):
    __slots__ = ("users",)
    USERS_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, users: _Optional[_Iterable[str]] = ...) -> None: ...

class RoleChanged(_message.Message):
    __slots__ = ("user", "role")
    USER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    user: str
    role: Role
    def __init__(self, user: _Optional[str] = ..., role: _Optional[_Union[Role, str]] = ...) -> None: ...

class MemberMuted(_message.Message):
    __slots__ = ("user", "until_ms")
    USER_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    user: str
    until_ms: int
    def __init__(self, user: _Optional[str] = ..., until_ms: _Optional[int] = ...) -> None: ...

class NicknameChanged(_message.Message):
    __slots__ = ("user", "nickname")
    USER_FIELD_NUMBER: _ClassVar[int]
    NICKNAME_FIELD_NUMBER: _ClassVar[int]
    user: str
    nickname: str
    def __init__(self, user: _Optional[str] = ..., nickname: _Optional[str] = ...) -> None: ...

class GroupChanged(_message.Message):
    __slots__ = ("settings",)
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    settings: GroupSettings
    def __init__(self, settings: _Optional[_Union[GroupSettings, _Mapping[str, object]]] = ...) -> None: ...

class PictureChanged(_message.Message):
    __slots__ = ("blob", "none")
    BLOB_FIELD_NUMBER: _ClassVar[int]
    NONE_FIELD_NUMBER: _ClassVar[int]
    blob: str
    none: bool
    def __init__(self, blob: _Optional[str] = ..., none: _Optional[bool] = ...) -> None: ...

class DisappearingChanged(_message.Message):
    __slots__ = ("seconds", "never")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    NEVER_FIELD_NUMBER: _ClassVar[int]
    seconds: int
    never: bool
    def __init__(self, seconds: _Optional[int] = ..., never: _Optional[bool] = ...) -> None: ...

class MemberJoined(_message.Message):
    __slots__ = ("member", "by")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    member: _identity_pb2.Profile
    by: str
    def __init__(self, member: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., by: _Optional[str] = ...) -> None: ...

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
