from hutong.schema import options_pb2 as _options_pb2
from hutong.schema import peers_pb2 as _peers_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Result(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESULT_UNSPECIFIED: _ClassVar[Result]
    RESULT_DELIVERED: _ClassVar[Result]
    RESULT_STORED: _ClassVar[Result]
    RESULT_DECLINED: _ClassVar[Result]
    RESULT_CANCELLED: _ClassVar[Result]
RESULT_UNSPECIFIED: Result
RESULT_DELIVERED: Result
RESULT_STORED: Result
RESULT_DECLINED: Result
RESULT_CANCELLED: Result

class OfferRequest(_message.Message):
    __slots__ = ("log", "name", "size_bytes", "media_type")
    LOG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    log: str
    name: str
    size_bytes: int
    media_type: str
    def __init__(self, log: _Optional[str] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("transfer", "name", "size_bytes", "media_type", "sender_device")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SENDER_DEVICE_FIELD_NUMBER: _ClassVar[int]
    transfer: str
    name: str
    size_bytes: int
    media_type: str
    sender_device: str
    def __init__(self, transfer: _Optional[str] = ..., name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., sender_device: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("ready", "chunk", "end", "received_bytes", "verified")
    READY_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_BYTES_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    ready: Ready
    chunk: bytes
    end: End
    received_bytes: int
    verified: bool
    def __init__(self, ready: _Optional[_Union[Ready, _Mapping[str, object]]] = ..., chunk: _Optional[bytes] = ..., end: _Optional[_Union[End, _Mapping[str, object]]] = ..., received_bytes: _Optional[int] = ..., verified: _Optional[bool] = ...) -> None: ...

class Ready(_message.Message):
    __slots__ = ("offset",)
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    offset: int
    def __init__(self, offset: _Optional[int] = ...) -> None: ...

class End(_message.Message):
    __slots__ = ("sha256", "size_bytes")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    size_bytes: int
    def __init__(self, sha256: _Optional[bytes] = ..., size_bytes: _Optional[int] = ...) -> None: ...
