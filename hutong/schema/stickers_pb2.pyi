from hutong.schema import chat_pb2 as _chat_pb2
from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Pack(_message.Message):
    __slots__ = ("id", "title", "by", "stickers", "changed_at_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    STICKERS_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    title: str
    by: str
    stickers: _containers.RepeatedCompositeFieldContainer[_chat_pb2.Sticker]
    changed_at_ms: int
    def __init__(self, id: _Optional[str] = ..., title: _Optional[str] = ..., by: _Optional[str] = ..., stickers: _Optional[_Iterable[_Union[_chat_pb2.Sticker, _Mapping[str, object]]]] = ..., changed_at_ms: _Optional[int] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListReply(_message.Message):
    __slots__ = ("packs",)
    PACKS_FIELD_NUMBER: _ClassVar[int]
    packs: _containers.RepeatedCompositeFieldContainer[Pack]
    def __init__(self, packs: _Optional[_Iterable[_Union[Pack, _Mapping[str, object]]]] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("pack",)
    PACK_FIELD_NUMBER: _ClassVar[int]
    pack: str
    def __init__(self, pack: _Optional[str] = ...) -> None: ...

class GetReply(_message.Message):
    __slots__ = ("pack",)
    PACK_FIELD_NUMBER: _ClassVar[int]
    pack: Pack
    def __init__(self, pack: _Optional[_Union[Pack, _Mapping[str, object]]] = ...) -> None: ...

class CreateRequest(_message.Message):
    __slots__ = ("title",)
    TITLE_FIELD_NUMBER: _ClassVar[int]
    title: str
    def __init__(self, title: _Optional[str] = ...) -> None: ...

class CreateReply(_message.Message):
    __slots__ = ("pack",)
    PACK_FIELD_NUMBER: _ClassVar[int]
    pack: Pack
    def __init__(self, pack: _Optional[_Union[Pack, _Mapping[str, object]]] = ...) -> None: ...

class AddRequest(_message.Message):
    __slots__ = ("pack", "blob", "emoji")
    PACK_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    EMOJI_FIELD_NUMBER: _ClassVar[int]
    pack: str
    blob: str
    emoji: str
    def __init__(self, pack: _Optional[str] = ..., blob: _Optional[str] = ..., emoji: _Optional[str] = ...) -> None: ...

class AddReply(_message.Message):
    __slots__ = ("sticker",)
    STICKER_FIELD_NUMBER: _ClassVar[int]
    sticker: _chat_pb2.Sticker
    def __init__(self, sticker: _Optional[_Union[_chat_pb2.Sticker, _Mapping[str, object]]] = ...) -> None: ...

class RemoveRequest(_message.Message):
    __slots__ = ("pack", "blob")
    PACK_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    pack: str
    blob: str
    def __init__(self, pack: _Optional[str] = ..., blob: _Optional[str] = ...) -> None: ...

class RemoveReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class KeepRequest(_message.Message):
    __slots__ = ("pack", "on")
    PACK_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    pack: str
    on: bool
    def __init__(self, pack: _Optional[str] = ..., on: _Optional[bool] = ...) -> None: ...

class KeepReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PacksChanged(_message.Message):
    __slots__ = ("pack",)
    PACK_FIELD_NUMBER: _ClassVar[int]
    pack: str
    def __init__(self, pack: _Optional[str] = ...) -> None: ...
