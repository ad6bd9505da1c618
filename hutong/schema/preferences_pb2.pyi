from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Audience(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIENCE_CONTACTS: _ClassVar[Audience]
    AUDIENCE_NOBODY: _ClassVar[Audience]
AUDIENCE_CONTACTS: Audience
AUDIENCE_NOBODY: Audience

class Conversation(_message.Message):
    __slots__ = ("log", "pinned_at_ms", "muted_until_ms", "hidden_seq", "unread", "mentions")
    LOG_FIELD_NUMBER: _ClassVar[int]
    PINNED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    MUTED_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_SEQ_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    MENTIONS_FIELD_NUMBER: _ClassVar[int]
    log: str
    pinned_at_ms: int
    muted_until_ms: int
    hidden_seq: int
    unread: bool
    mentions: bool
    def __init__(self, log: _Optional[str] = ..., pinned_at_ms: _Optional[int] = ..., muted_until_ms: _Optional[int] = ..., hidden_seq: _Optional[int] = ..., unread: _Optional[bool] = ..., mentions: _Optional[bool] = ...) -> None: ...

class Draft(_message.Message):
    __slots__ = ("log", "text", "reply_to", "at_ms")
    LOG_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    log: str
    text: str
    reply_to: int
    at_ms: int
    def __init__(self, log: _Optional[str] = ..., text: _Optional[str] = ..., reply_to: _Optional[int] = ..., at_ms: _Optional[int] = ...) -> None: ...

class Quiet(_message.Message):
    __slots__ = ("from_min", "to_min", "zone")
    FROM_MIN_FIELD_NUMBER: _ClassVar[int]
    TO_MIN_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    from_min: int
    to_min: int
    zone: str
    def __init__(self, from_min: _Optional[int] = ..., to_min: _Optional[int] = ..., zone: _Optional[str] = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ("last_seen", "hide_push_content", "quiet", "language", "push_off", "direct_text")
    LAST_SEEN_FIELD_NUMBER: _ClassVar[int]
    HIDE_PUSH_CONTENT_FIELD_NUMBER: _ClassVar[int]
    QUIET_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PUSH_OFF_FIELD_NUMBER: _ClassVar[int]
    DIRECT_TEXT_FIELD_NUMBER: _ClassVar[int]
    last_seen: Audience
    hide_push_content: bool
    quiet: Quiet
    language: str
    push_off: bool
    direct_text: bool
    def __init__(self, last_seen: _Optional[_Union[Audience, str]] = ..., hide_push_content: _Optional[bool] = ..., quiet: _Optional[_Union[Quiet, _Mapping[str, object]]] = ..., language: _Optional[str] = ..., push_off: _Optional[bool] = ..., direct_text: _Optional[bool] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetReply(_message.Message):
    __slots__ = ("account", "conversations", "drafts")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CONVERSATIONS_FIELD_NUMBER: _ClassVar[int]
    DRAFTS_FIELD_NUMBER: _ClassVar[int]
    account: Account
    conversations: _containers.RepeatedCompositeFieldContainer[Conversation]
    drafts: _containers.RepeatedCompositeFieldContainer[Draft]
    def __init__(self, account: _Optional[_Union[Account, _Mapping[str, object]]] = ..., conversations: _Optional[_Iterable[_Union[Conversation, _Mapping[str, object]]]] = ..., drafts: _Optional[_Iterable[_Union[Draft, _Mapping[str, object]]]] = ...) -> None: ...

class SetAccountRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping[str, object]]] = ...) -> None: ...

class SetAccountReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetConversationRequest(_message.Message):
    __slots__ = ("conversation",)
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    conversation: Conversation
    def __init__(self, conversation: _Optional[_Union[Conversation, _Mapping[str, object]]] = ...) -> None: ...

class SetConversationReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetDraftRequest(_message.Message):
    __slots__ = ("draft",)
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    draft: Draft
    def __init__(self, draft: _Optional[_Union[Draft, _Mapping[str, object]]] = ...) -> None: ...

class SetDraftReply(_message.Message):
    __slots__ = ("at_ms",)
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    at_ms: int
    def __init__(self, at_ms: _Optional[int] = ...) -> None: ...

class AccountChanged(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping[str, object]]] = ...) -> None: ...

class ConversationChanged(_message.Message):
    __slots__ = ("conversation",)
    CONVERSATION_FIELD_NUMBER: _ClassVar[int]
    conversation: Conversation
    def __init__(self, conversation: _Optional[_Union[Conversation, _Mapping[str, object]]] = ...) -> None: ...

class DraftChanged(_message.Message):
    __slots__ = ("draft",)
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    draft: Draft
    def __init__(self, draft: _Optional[_Union[Draft, _Mapping[str, object]]] = ...) -> None: ...
