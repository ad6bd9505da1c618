from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Directed(_message.Message):
    __slots__ = ("device", "except_device", "packet", "unfollow", "revoke")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    EXCEPT_DEVICE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    UNFOLLOW_FIELD_NUMBER: _ClassVar[int]
    REVOKE_FIELD_NUMBER: _ClassVar[int]
    device: str
    except_device: str
    packet: bytes
    unfollow: str
    revoke: bool
    def __init__(self, device: _Optional[str] = ..., except_device: _Optional[str] = ..., packet: _Optional[bytes] = ..., unfollow: _Optional[str] = ..., revoke: _Optional[bool] = ...) -> None: ...
