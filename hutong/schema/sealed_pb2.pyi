from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Refusal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFUSAL_UNSPECIFIED: _ClassVar[Refusal]
    REFUSAL_EPOCH: _ClassVar[Refusal]
    REFUSAL_MALFORMED: _ClassVar[Refusal]
    REFUSAL_VERSION: _ClassVar[Refusal]
    REFUSAL_BUSY: _ClassVar[Refusal]
REFUSAL_UNSPECIFIED: Refusal
REFUSAL_EPOCH: Refusal
REFUSAL_MALFORMED: Refusal
REFUSAL_VERSION: Refusal
REFUSAL_BUSY: Refusal

class Hello(_message.Message):
    __slots__ = ("ephemeral", "secret", "protocol")
    EPHEMERAL_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    ephemeral: bytes
    secret: bytes
    protocol: int
    def __init__(self, ephemeral: _Optional[bytes] = ..., secret: _Optional[bytes] = ..., protocol: _Optional[int] = ...) -> None: ...

class Manifest(_message.Message):
    __slots__ = ("epoch", "root", "service_key", "not_before_ms", "not_after_ms", "minimum_protocol", "endpoints")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    SERVICE_KEY_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    NOT_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    root: bytes
    service_key: bytes
    not_before_ms: int
    not_after_ms: int
    minimum_protocol: int
    endpoints: _containers.RepeatedCompositeFieldContainer[Endpoint]
    def __init__(self, epoch: _Optional[int] = ..., root: _Optional[bytes] = ..., service_key: _Optional[bytes] = ..., not_before_ms: _Optional[int] = ..., not_after_ms: _Optional[int] = ..., minimum_protocol: _Optional[int] = ..., endpoints: _Optional[_Iterable[_Union[Endpoint, _Mapping[str, object]]]] = ...) -> None: ...

class Endpoint(_message.Message):
    __slots__ = ("kind", "host", "port", "plain")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Endpoint.Kind]
        KIND_LINK: _ClassVar[Endpoint.Kind]
        KIND_WEB: _ClassVar[Endpoint.Kind]
    KIND_UNSPECIFIED: Endpoint.Kind
    KIND_LINK: Endpoint.Kind
    KIND_WEB: Endpoint.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    PLAIN_FIELD_NUMBER: _ClassVar[int]
    kind: Endpoint.Kind
    host: str
    port: int
    plain: bool
    def __init__(self, kind: _Optional[_Union[Endpoint.Kind, str]] = ..., host: _Optional[str] = ..., port: _Optional[int] = ..., plain: _Optional[bool] = ...) -> None: ...

class SignedManifest(_message.Message):
    __slots__ = ("manifest", "signature")
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    manifest: bytes
    signature: bytes
    def __init__(self, manifest: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Refused(_message.Message):
    __slots__ = ("reason", "manifest")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    reason: Refusal
    manifest: SignedManifest
    def __init__(self, reason: _Optional[_Union[Refusal, str]] = ..., manifest: _Optional[_Union[SignedManifest, _Mapping[str, object]]] = ...) -> None: ...
