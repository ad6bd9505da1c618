from hutong.schema import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Profile(_message.Message):
    __slots__ = ("user", "handle", "name", "picture", "about", "bot", "deleted")
    USER_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    BOT_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    user: str
    handle: str
    name: str
    picture: str
    about: str
    bot: bool
    deleted: bool
    def __init__(self, user: _Optional[str] = ..., handle: _Optional[str] = ..., name: _Optional[str] = ..., picture: _Optional[str] = ..., about: _Optional[str] = ..., bot: _Optional[bool] = ..., deleted: _Optional[bool] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("device", "name", "created_at_ms", "seen_at_ms", "current", "online")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    SEEN_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    device: str
    name: str
    created_at_ms: int
    seen_at_ms: int
    current: bool
    online: bool
    def __init__(self, device: _Optional[str] = ..., name: _Optional[str] = ..., created_at_ms: _Optional[int] = ..., seen_at_ms: _Optional[int] = ..., current: _Optional[bool] = ..., online: _Optional[bool] = ...) -> None: ...

class NewDevice(_message.Message):
    __slots__ = ("name", "public_key")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    public_key: bytes
    def __init__(self, name: _Optional[str] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class SignUpRequest(_message.Message):
    __slots__ = ("handle", "name", "password", "device", "invitation", "language")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    handle: str
    name: str
    password: str
    device: NewDevice
    invitation: str
    language: str
    def __init__(self, handle: _Optional[str] = ..., name: _Optional[str] = ..., password: _Optional[str] = ..., device: _Optional[_Union[NewDevice, _Mapping[str, object]]] = ..., invitation: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class SessionReply(_message.Message):
    __slots__ = ("profile", "device", "admin")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ADMIN_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    device: str
    admin: bool
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping[str, object]]] = ..., device: _Optional[str] = ..., admin: _Optional[bool] = ...) -> None: ...

class LogInRequest(_message.Message):
    __slots__ = ("handle", "password", "device")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    handle: str
    password: str
    device: NewDevice
    def __init__(self, handle: _Optional[str] = ..., password: _Optional[str] = ..., device: _Optional[_Union[NewDevice, _Mapping[str, object]]] = ...) -> None: ...

class ResumeRequest(_message.Message):
    __slots__ = ("device", "signature")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    device: str
    signature: bytes
    def __init__(self, device: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class ListDevicesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListDevicesReply(_message.Message):
    __slots__ = ("devices",)
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    def __init__(self, devices: _Optional[_Iterable[_Union[Device, _Mapping[str, object]]]] = ...) -> None: ...

class RevokeDeviceRequest(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: str
    def __init__(self, device: _Optional[str] = ...) -> None: ...

class RevokeDeviceReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ChangePasswordRequest(_message.Message):
    __slots__ = ("old_password", "new_password")
    OLD_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NEW_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    old_password: str
    new_password: str
    def __init__(self, old_password: _Optional[str] = ..., new_password: _Optional[str] = ...) -> None: ...

class ChangePasswordReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UpdateProfileRequest(_message.Message):
    __slots__ = ("name", "about", "picture")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    name: str
    about: str
    picture: str
    def __init__(self, name: _Optional[str] = ..., about: _Optional[str] = ..., picture: _Optional[str] = ...) -> None: ...

class UpdateProfileReply(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping[str, object]]] = ...) -> None: ...

class GetProfilesRequest(_message.Message):
    __slots__ = ("users",)
    USERS_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, users: _Optional[_Iterable[str]] = ...) -> None: ...

class GetProfilesReply(_message.Message):
    __slots__ = ("profiles",)
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[Profile]
    def __init__(self, profiles: _Optional[_Iterable[_Union[Profile, _Mapping[str, object]]]] = ...) -> None: ...

class StartDeviceLinkRequest(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: NewDevice
    def __init__(self, device: _Optional[_Union[NewDevice, _Mapping[str, object]]] = ...) -> None: ...

class StartDeviceLinkReply(_message.Message):
    __slots__ = ("token", "expires_at_ms")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    token: str
    expires_at_ms: int
    def __init__(self, token: _Optional[str] = ..., expires_at_ms: _Optional[int] = ...) -> None: ...

class InspectDeviceLinkRequest(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: str
    def __init__(self, token: _Optional[str] = ...) -> None: ...

class InspectDeviceLinkReply(_message.Message):
    __slots__ = ("device_name",)
    DEVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    device_name: str
    def __init__(self, device_name: _Optional[str] = ...) -> None: ...

class ApproveDeviceLinkRequest(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: str
    def __init__(self, token: _Optional[str] = ...) -> None: ...

class ApproveDeviceLinkReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FinishDeviceLinkRequest(_message.Message):
    __slots__ = ("token", "signature")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    token: str
    signature: bytes
    def __init__(self, token: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class DeviceAdded(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: Device
    def __init__(self, device: _Optional[_Union[Device, _Mapping[str, object]]] = ...) -> None: ...

class DeviceRevoked(_message.Message):
    __slots__ = ("device",)
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    device: str
    def __init__(self, device: _Optional[str] = ...) -> None: ...

class ProfileChanged(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping[str, object]]] = ...) -> None: ...
