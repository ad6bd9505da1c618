"""STUN messages: header, attributes, integrity and fingerprint.

Source: RFC 8489 sections 5, 14.5, 14.6 and 14.7.
"""

import enum
import hmac
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hutong.protocols.stun.address import MAGIC_COOKIE
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.errors import MalformedAttributeError, MalformedMessageError

HEADER_BYTES = 20
TRANSACTION_ID_BYTES = 12
# The length field has 16 bits and counts whole words.
MESSAGE_BYTES_MAX = HEADER_BYTES + 0xFFFC
# No honest message comes near it; it bounds the work one datagram can cause.
ATTRIBUTES_MAX = 64

_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_FINGERPRINT_XOR = 0x5354554E
_INTEGRITY_BYTES = 20
_INTEGRITY_SHA256_BYTES = 32


class Method(enum.IntEnum):
    """The methods of STUN and TURN (RFC 8489 section 17.1, RFC 8656 section 17)."""

    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004
    SEND = 0x006
    DATA = 0x007
    CREATE_PERMISSION = 0x008
    CHANNEL_BIND = 0x009


class MessageClass(enum.IntEnum):
    """The four classes of a message (RFC 8489 section 5)."""

    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


class Integrity(enum.Enum):
    """Which MESSAGE-INTEGRITY attribute protects a message."""

    SHA1 = AttributeType.MESSAGE_INTEGRITY
    SHA256 = AttributeType.MESSAGE_INTEGRITY_SHA256


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed STUN message.

    `attributes` holds types and raw values in their order, without those that come after the
    integrity attribute and are therefore not protected by it (RFC 8489 section 14.5).
    `raw` is what arrived: the integrity check needs it.
    """

    method: int
    message_class: MessageClass
    transaction_id: bytes
    attributes: tuple[tuple[int, bytes], ...]
    raw: bytes
    integrity_offsets: dict[int, int]

    def get(self, kind: AttributeType, *, size_bytes_max: int = 0xFFFF) -> bytes | None:
        """Return the first value of that type, or None; later ones do not count.

        Raises MalformedAttributeError when it is longer than `size_bytes_max`.
        """
        for other, value in self.attributes:
            if other == kind:
                if len(value) > size_bytes_max:
                    raise MalformedAttributeError(f"{kind.name} is longer than {size_bytes_max}")
                return value
        return None

    def get_all(self, kind: AttributeType) -> list[bytes]:
        """Return every value of that type, for the few attributes that may repeat."""
        return [value for other, value in self.attributes if other == kind]

    @property
    def has_fingerprint(self) -> bool:
        """Whether the message carries a (checked) FINGERPRINT."""
        return self.get(AttributeType.FINGERPRINT) is not None

    def integrity_holds(self, integrity: Integrity, key: bytes) -> bool:
        """Check MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 against a key in constant time.

        False when the message does not carry that attribute. A truncated SHA-256 value does not
        hold: TURN defines no truncation, so none may be used (RFC 8489 section 14.6).
        """
        offset = self.integrity_offsets.get(integrity.value)
        found = self.get(integrity.value)
        if offset is None or found is None:
            return False
        return hmac.compare_digest(found, _integrity_value(self.raw[:offset], integrity, key))


def parse_message(data: bytes) -> Message:
    """Parse one whole STUN message (RFC 8489 section 5).

    Raises MalformedMessageError when `data` is not exactly one well-formed message, or when its
    FINGERPRINT is wrong or not the last attribute.
    """
    if len(data) < HEADER_BYTES or data[0] & 0xC0:
        raise MalformedMessageError("not a STUN message")
    kind, length, cookie, transaction_id = _HEADER.unpack_from(data)
    if cookie != MAGIC_COOKIE:
        raise MalformedMessageError("no magic cookie")
    if length % 4 or HEADER_BYTES + length != len(data):
        raise MalformedMessageError("the length does not match the message")
    attributes: list[tuple[int, bytes]] = []
    integrity_offsets: dict[int, int] = {}
    for offset, attribute, value in _split_attributes(data):
        if attribute == AttributeType.FINGERPRINT:
            _check_fingerprint(data, offset, value)
        elif not _is_protected(attribute, integrity_offsets):
            continue
        elif attribute in _INTEGRITY_TYPES:
            integrity_offsets[attribute] = offset
        attributes.append((attribute, value))
    method, message_class = _split_type(kind)
    return Message(method, message_class, transaction_id, tuple(attributes), data, integrity_offsets)


def encode_message(
    method: int,
    message_class: MessageClass,
    transaction_id: bytes,
    attributes: Sequence[tuple[AttributeType, bytes]],
    *,
    integrity: tuple[Integrity, bytes] | None = None,
    fingerprint: bool = False,
) -> bytes:
    """Encode a STUN message; `integrity` is the kind and the key (RFC 8489 section 5)."""
    assert len(transaction_id) == TRANSACTION_ID_BYTES
    message = bytearray(_HEADER.pack(_join_type(method, message_class), 0, MAGIC_COOKIE, transaction_id))
    for attribute, value in attributes:
        message += _ATTRIBUTE.pack(attribute, len(value)) + value + bytes(-len(value) % 4)
    if integrity is not None:
        kind, key = integrity
        value = _integrity_value(bytes(message), kind, key)
        message += _ATTRIBUTE.pack(kind.value, len(value)) + value
    if fingerprint:
        value = _fingerprint_value(bytes(message))
        message += _ATTRIBUTE.pack(AttributeType.FINGERPRINT, len(value)) + value
    assert len(message) <= MESSAGE_BYTES_MAX
    return _with_length(message, len(message) - HEADER_BYTES)


_INTEGRITY_TYPES = frozenset(kind.value for kind in Integrity)


def _is_protected(attribute: int, integrity_offsets: dict[int, int]) -> bool:
    """Tell whether an attribute at this place counts (RFC 8489 sections 14.5 and 14.6)."""
    if AttributeType.MESSAGE_INTEGRITY_SHA256 in integrity_offsets:
        return False
    if AttributeType.MESSAGE_INTEGRITY in integrity_offsets:
        return attribute == AttributeType.MESSAGE_INTEGRITY_SHA256
    return True


def _split_attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield offset, type and value of each attribute; bounded by ATTRIBUTES_MAX."""
    offset = HEADER_BYTES
    count = 0
    while offset < len(data):
        attribute, size = _ATTRIBUTE.unpack_from(data, offset)
        start = offset + _ATTRIBUTE.size
        end = start + size
        count += 1
        if end + -size % 4 > len(data):
            raise MalformedMessageError("an attribute runs past the message")
        if count > ATTRIBUTES_MAX:
            raise MalformedMessageError(f"more than {ATTRIBUTES_MAX} attributes")
        yield offset, attribute, data[start:end]
        offset = end + -size % 4


def _check_fingerprint(data: bytes, offset: int, value: bytes) -> None:
    if offset + _ATTRIBUTE.size + len(value) != len(data):
        raise MalformedMessageError("FINGERPRINT is not the last attribute")
    if value != _fingerprint_value(data[:offset]):
        raise MalformedMessageError("FINGERPRINT does not match")


def _fingerprint_value(before: bytes) -> bytes:
    """CRC-32 of everything before the attribute, whose length counts it in (section 14.7)."""
    checked = _with_length(before, len(before) - HEADER_BYTES + _ATTRIBUTE.size + 4)
    return struct.pack("!I", zlib.crc32(checked) ^ _FINGERPRINT_XOR)


def _integrity_value(before: bytes, integrity: Integrity, key: bytes) -> bytes:
    """HMAC of everything before the attribute, whose length counts it in (section 14.5)."""
    sha256 = integrity is Integrity.SHA256
    size = _INTEGRITY_SHA256_BYTES if sha256 else _INTEGRITY_BYTES
    checked = _with_length(before, len(before) - HEADER_BYTES + _ATTRIBUTE.size + size)
    return hmac.digest(key, checked, "sha256" if sha256 else "sha1")


def _with_length(message: bytes | bytearray, length: int) -> bytes:
    return bytes(message[:2]) + length.to_bytes(2) + bytes(message[4:])


def _join_type(method: int, message_class: MessageClass) -> int:
    """Interleave method and class (RFC 8489 figure 3)."""
    bits = (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x0F80) << 2
    return bits | (message_class & 1) << 4 | (message_class & 2) << 7


def _split_type(kind: int) -> tuple[int, MessageClass]:
    """Undo `_join_type`."""
    method = (kind & 0x000F) | (kind & 0x00E0) >> 1 | (kind & 0x3E00) >> 2
    return method, MessageClass((kind & 0x0010) >> 4 | (kind & 0x0100) >> 7)
