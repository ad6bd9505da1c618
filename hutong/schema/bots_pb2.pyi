from hutong.schema import identity_pb2 as _identity_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Ending(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENDING_NONE: _ClassVar[Ending]
    ENDING_MAKER_LEFT: _ClassVar[Ending]
    ENDING_REMOVED: _ClassVar[Ending]
ENDING_NONE: Ending
ENDING_MAKER_LEFT: Ending
ENDING_REMOVED: Ending

class Bot(_message.Message):
    __slots__ = ("profile", "created_at_ms")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    profile: _identity_pb2.Profile
    created_at_ms: int
    def __init__(self, profile: _Optional[_Union[_identity_pb2.Profile, _Mapping[str, object]]] = ..., created_at_ms: _Optional[int] = ...) -> None: ...

class Hook(_message.Message):
    __slots__ = ("id", "log", "name", "by", "created_at_ms", "ended_at_ms", "ending")
    ID_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ENDING_FIELD_NUMBER: _ClassVar[int]
    id: str
    log: str
    name: str
    by: str
    created_at_ms: int
    ended_at_ms: int
    ending: Ending
    def __init__(self, id: _Optional[str] = ..., log: _Optional[str] = ..., name: _Optional[str] = ..., by: _Optional[str] = ..., created_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ..., ending: _Optional[_Union[Ending, str]] = ...) -> None: ...

class CreateBotRequest(_message.Message):
    __slots__ = ("handle", "name")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    handle: str
    name: str
    def __init__(self, handle: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class CreateBotReply(_message.Message):
    __slots__ = ("bot", "token")
    BOT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    bot: Bot
    token: str
    def __init__(self, bot: _Optional[_Union[Bot, _Mapping[str, object]]] = ..., token: _Optional[str] = ...) -> None: ...

class RenewTokenRequest(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: str
    def __init__(self, user: _Optional[str] = ...) -> None: ...

class RenewTokenReply(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: str
    def __init__(self, token: _Optional[str] = ...) -> None: ...

class RemoveBotRequest(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: str
    def __init__(self, user: _Optional[str] = ...) -> None: ...

class RemoveBotReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListBotsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListBotsReply(_message.Message):
    __slots__ = ("bots",)
    BOTS_FIELD_NUMBER: _ClassVar[int]
    bots: _containers.RepeatedCompositeFieldContainer[Bot]
    def __init__(self, bots: _Optional[_Iterable[_Union[Bot, _Mapping[str, object]]]] = ...) -> None: ...

class CreateHookRequest(_message.Message):
    __slots__ = ("log", "name")
    LOG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    log: str
    name: str
    def __init__(self, log: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class CreateHookReply(_message.Message):
    __slots__ = ("hook", "url")
    HOOK_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    hook: Hook
    url: str
    def __init__(self, hook: _Optional[_Union[Hook, _Mapping[str, object]]] = ..., url: _Optional[str] = ...) -> None: ...

class RemoveHookRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class RemoveHookReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListHooksRequest(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: str
    def __init__(self, log: _Optional[str] = ...) -> None: ...

class ListHooksReply(_message.Message):
    __slots__ = ("hooks",)
    HOOKS_FIELD_NUMBER: _ClassVar[int]
    hooks: _containers.RepeatedCompositeFieldContainer[Hook]
    def __init__(self, hooks: _Optional[_Iterable[_Union[Hook, _Mapping[str, object]]]] = ...) -> None: ...
