"""Packets framed by hand: those that leave with every message, and hold bytes that are encoded already.

Protobuf's objects cost more here than what is in them: a packet with one reply takes 0.5 us instead of 0.9.
Fields may come in any order, so what only some get (`key`) stands behind what all get.
"""

from __future__ import annotations

from functools import lru_cache

from google.protobuf.message import Message

from hutong.schema import link_pb2, log_pb2, options_pb2

_VARINT, _BYTES = 0, 2  # wire types
_ONE_BYTE = [bytes((number,)) for number in range(0x80)]


def varint(number: int) -> bytes:
    """Return a number >= 0 as Protobuf writes it: seven bits a byte, the lowest first."""
    if number < 0x80:
        return _ONE_BYTE[number]
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _tag(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


_REPLIES = _tag(link_pb2.Packet.REPLIES_FIELD_NUMBER, _BYTES)
_EVENTS = _tag(link_pb2.Packet.EVENTS_FIELD_NUMBER, _BYTES)
_REPLY_ID = _tag(link_pb2.Reply.ID_FIELD_NUMBER, _VARINT)
_REPLY_BODY = _tag(link_pb2.Reply.BODY_FIELD_NUMBER, _BYTES)
_EVENT_LOG = _tag(log_pb2.Event.LOG_FIELD_NUMBER, _BYTES)
_EVENT_SEQ = _tag(log_pb2.Event.SEQ_FIELD_NUMBER, _VARINT)
_EVENT_KIND = _tag(log_pb2.Event.KIND_FIELD_NUMBER, _VARINT)
_EVENT_AUTHOR = _tag(log_pb2.Event.AUTHOR_FIELD_NUMBER, _BYTES)
_EVENT_AT_MS = _tag(log_pb2.Event.AT_MS_FIELD_NUMBER, _VARINT)
_EVENT_BODY = _tag(log_pb2.Event.BODY_FIELD_NUMBER, _BYTES)
_EVENT_KEY = _tag(log_pb2.Event.KEY_FIELD_NUMBER, _BYTES)
_COMPRESSED = varint(options_pb2.ENCODING_COMPRESSED)
_REPLY_COMPRESSED = _tag(link_pb2.Reply.ENCODING_FIELD_NUMBER, _VARINT) + _COMPRESSED
_EVENT_COMPRESSED = _tag(log_pb2.Event.ENCODING_FIELD_NUMBER, _VARINT) + _COMPRESSED


def framed(number: int, message: Message) -> bytes:
    """Return a message whose only field is this one: making that message would copy what is in it."""
    body = message.SerializeToString()
    return _tag(number, _BYTES) + varint(len(body)) + body


def reply_packet(request_id: int, body: bytes, packed: bytes | None) -> bytes:
    """Return a packet with one reply; `packed` is its body compressed, where that is shorter."""
    if packed is None:
        reply = _REPLY_ID + varint(request_id) + _REPLY_BODY + varint(len(body)) + body
    else:
        reply = (
            _REPLY_ID + varint(request_id) + _REPLY_BODY + varint(len(packed)) + packed + _REPLY_COMPRESSED
        )
    return _REPLIES + varint(len(reply)) + reply


def event_fields(
    log: str, seq: int, kind: int, author: bytes, at_ms: int, body: bytes, packed: bytes | None
) -> bytes:
    """Return an event without its key, the body compressed where that is shorter."""
    name = log.encode()
    end = b""
    if packed is not None:
        body, end = packed, _EVENT_COMPRESSED
    return b"".join(
        (
            _EVENT_LOG + varint(len(name)) + name + _EVENT_SEQ + varint(seq),
            _kind_and_time(kind, at_ms),
            _EVENT_AUTHOR + varint(len(author)) + author + _EVENT_BODY + varint(len(body)),
            body,
            end,
        )
    )


@lru_cache(16)
def _kind_and_time(kind: int, at_ms: int) -> bytes:
    """Return what most events of one commit have in common."""
    return _EVENT_KIND + varint(kind) + _EVENT_AT_MS + varint(at_ms)


def event_packet(event: bytes, key: bytes = b"") -> bytes:
    """Return a packet with one encoded event, and its key."""
    if key:
        event += _EVENT_KEY + varint(len(key)) + key
    return _EVENTS + varint(len(event)) + event
