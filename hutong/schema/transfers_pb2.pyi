from hutong.schema import options_pb2 as _options_pb2
from hutong.schema import peers_pb2 as _peers_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESULT_UNSPECIFIED: _ClassVar[Result]
    RESULT_DELIVERED: _ClassVar[Result]
    RESULT_STORED: _ClassVar[Result]
    RESULT_DECLINED: _ClassVar[Result]
    RESULT_CANCELLED: _ClassVar[Result]
    RESULT_EXPIRED: _ClassVar[Result]

class TreeHash(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TREE_HASH_SHA256: _ClassVar[TreeHash]
    TREE_HASH_BLAKE3: _ClassVar[TreeHash]

class StopReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STOP_REASON_UNSPECIFIED: _ClassVar[StopReason]
    STOP_CANCELLED: _ClassVar[StopReason]
    STOP_NO_SPACE: _ClassVar[StopReason]
    STOP_SOURCE_CHANGED: _ClassVar[StopReason]
    STOP_DIFFERENT: _ClassVar[StopReason]
    STOP_BROKEN_RULES: _ClassVar[StopReason]
    STOP_UNWRITABLE: _ClassVar[StopReason]
    STOP_VERSION: _ClassVar[StopReason]
RESULT_UNSPECIFIED: Result
RESULT_DELIVERED: Result
RESULT_STORED: Result
RESULT_DECLINED: Result
RESULT_CANCELLED: Result
RESULT_EXPIRED: Result
TREE_HASH_SHA256: TreeHash
TREE_HASH_BLAKE3: TreeHash
STOP_REASON_UNSPECIFIED: StopReason
STOP_CANCELLED: StopReason
STOP_NO_SPACE: StopReason
STOP_SOURCE_CHANGED: StopReason
STOP_DIFFERENT: StopReason
STOP_BROKEN_RULES: StopReason
STOP_UNWRITABLE: StopReason
STOP_VERSION: StopReason

class OfferRequest(_message.Message):
    __slots__ = ("log", "name", "size_bytes", "media_type", "files")
    LOG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    log: str
    name: str
    size_bytes: int
    media_type: str
    files: int
    def __init__(self, log: _Optional[str] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., files: _Optional[int] = ...) -> None: ...

class OfferReply(_message.Message):
    __slots__ = ("transfer", "seq", "receiver_online")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_ONLINE_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    seq: int
    receiver_online: bool
    def __init__(self, transfer: _Optional[str] = ..., seq: _Optional[int] = ..., receiver_online: _Optional[bool] = ...) -> None: ...

class AcceptRequest(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    def __init__(self, transfer: _Optional[str] = ...) -> None: ...

class AcceptReply(_message.Message):
    __slots__ = ("sender_device",)
    SENDER_DEVICE_FIELD_NUMBER: _ClassVar[int]
    sender_device: str
    def __init__(self, sender_device: _Optional[str] = ...) -> None: ...

class DeclineRequest(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    def __init__(self, transfer: _Optional[str] = ...) -> None: ...

class DeclineReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CancelRequest(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    def __init__(self, transfer: _Optional[str] = ...) -> None: ...

class CancelReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FinishRequest(_message.Message):
    __slots__ = ("transfer", "path", "sha256")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    path: _peers_pb2.Path
    sha256: bytes
    def __init__(self, transfer: _Optional[str] = ..., path: _Optional[_Union[_peers_pb2.Path, str]] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class FinishReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StoreRequest(_message.Message):
    __slots__ = ("transfer", "blob")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    blob: str
    def __init__(self, transfer: _Optional[str] = ..., blob: _Optional[str] = ...) -> None: ...

class StoreReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TransferOffered(_message.Message):
    __slots__ = ("transfer", "name", "size_bytes", "media_type", "sender_device", "files")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SENDER_DEVICE_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    name: str
    size_bytes: int
    media_type: str
    sender_device: str
    files: int
    def __init__(self, transfer: _Optional[str] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., sender_device: _Optional[str] = ..., files: _Optional[int] = ...) -> None: ...

class TransferEnded(_message.Message):
    __slots__ = ("transfer", "result", "path", "blob", "sha256")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    result: Result
    path: _peers_pb2.Path
    blob: str
    sha256: bytes
    def __init__(self, transfer: _Optional[str] = ..., result: _Optional[_Union[Result, str]] = ..., path: _Optional[_Union[_peers_pb2.Path, str]] = ..., blob: _Optional[str] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class TransferAccepted(_message.Message):
    __slots__ = ("transfer", "sender_device", "receiver_device")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    SENDER_DEVICE_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_DEVICE_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    sender_device: str
    receiver_device: str
    def __init__(self, transfer: _Optional[str] = ..., sender_device: _Optional[str] = ..., receiver_device: _Optional[str] = ...) -> None: ...

class ChannelMessage(_message.Message):
    __slots__ = ("hello", "have", "credit_bytes", "compare", "placed", "arrived_bytes", "manifest", "piece", "ask", "root", "leaves", "stop", "door")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    HAVE_FIELD_NUMBER: _ClassVar[int]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    COMPARE_FIELD_NUMBER: _ClassVar[int]
    PLACED_FIELD_NUMBER: _ClassVar[int]
    ARRIVED_BYTES_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    ASK_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    DOOR_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    have: Have
    credit_bytes: int
    compare: bool
    placed: bool
    arrived_bytes: int
    manifest: ManifestPart
    piece: Piece
    ask: bool
    root: bytes
    leaves: Leaves
    stop: Stop
    door: Door
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping[str, object]]] = ..., have: _Optional[_Union[Have, _Mapping[str, object]]] = ..., credit_bytes: _Optional[int] = ..., compare: _Optional[bool] = ..., placed: _Optional[bool] = ..., arrived_bytes: _Optional[int] = ..., manifest: _Optional[_Union[ManifestPart, _Mapping[str, object]]] = ..., piece: _Optional[_Union[Piece, _Mapping[str, object]]] = ..., ask: _Optional[bool] = ..., root: _Optional[bytes] = ..., leaves: _Optional[_Union[Leaves, _Mapping[str, object]]] = ..., stop: _Optional[_Union[Stop, _Mapping[str, object]]] = ..., door: _Optional[_Union[Door, _Mapping[str, object]]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("version", "manifest", "blake3", "arrivals")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    BLAKE3_FIELD_NUMBER: _ClassVar[int]
    ARRIVALS_FIELD_NUMBER: _ClassVar[int]
    version: int
    manifest: bytes
    blake3: bool
    arrivals: bool
    def __init__(self, version: _Optional[int] = ..., manifest: _Optional[bytes] = ..., blake3: _Optional[bool] = ..., arrivals: _Optional[bool] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("path", "size_bytes", "folder", "executable")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    path: str
    size_bytes: int
    folder: bool
    executable: bool
    def __init__(self, path: _Optional[str] = ..., size_bytes: _Optional[int] = ..., folder: _Optional[bool] = ..., executable: _Optional[bool] = ...) -> None: ...

class ManifestPart(_message.Message):
    __slots__ = ("number", "last", "known", "chunk_bytes", "entries", "hash", "arrivals")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    KNOWN_FIELD_NUMBER: _ClassVar[int]
    CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    ARRIVALS_FIELD_NUMBER: _ClassVar[int]
    number: int
    last: bool
    known: bool
    chunk_bytes: int
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    hash: TreeHash
    arrivals: bool
    def __init__(self, number: _Optional[int] = ..., last: _Optional[bool] = ..., known: _Optional[bool] = ..., chunk_bytes: _Optional[int] = ..., entries: _Optional[_Iterable[_Union[Entry, _Mapping[str, object]]]] = ..., hash: _Optional[_Union[TreeHash, str]] = ..., arrivals: _Optional[bool] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("first", "count")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    first: int
    count: int
    def __init__(self, first: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class Have(_message.Message):
    __slots__ = ("runs", "whole", "begun")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    BEGUN_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[Run]
    whole: bool
    begun: _containers.RepeatedCompositeFieldContainer[Begun]
    def __init__(self, runs: _Optional[_Iterable[_Union[Run, _Mapping[str, object]]]] = ..., whole: _Optional[bool] = ..., begun: _Optional[_Iterable[_Union[Begun, _Mapping[str, object]]]] = ...) -> None: ...

class Begun(_message.Message):
    __slots__ = ("chunk", "size_bytes")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    chunk: int
    size_bytes: int
    def __init__(self, chunk: _Optional[int] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Piece(_message.Message):
    __slots__ = ("chunk", "offset", "data", "leaf")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    chunk: int
    offset: int
    data: bytes
    leaf: bytes
    def __init__(self, chunk: _Optional[int] = ..., offset: _Optional[int] = ..., data: _Optional[bytes] = ..., leaf: _Optional[bytes] = ...) -> None: ...

class Leaves(_message.Message):
    __slots__ = ("first", "leaves")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    first: int
    leaves: bytes
    def __init__(self, first: _Optional[int] = ..., leaves: _Optional[bytes] = ...) -> None: ...

class Stop(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: StopReason
    def __init__(self, reason: _Optional[_Union[StopReason, str]] = ...) -> None: ...

class Door(_message.Message):
    __slots__ = ("addresses", "key")
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    key: bytes
    def __init__(self, addresses: _Optional[_Iterable[str]] = ..., key: _Optional[bytes] = ...) -> None: ...
