"""Requests as carrier messages (CONN1), and replies as what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from hutong.client.calls import Call, attempt_ms
from hutong.platform.errors import Internal
from hutong.schema import link_pb2

R = TypeVar("R", bound=Message)

# Requests are joined up to this size, so that a large one does not hold up those before it.
_JOINED_BYTES_MAX = 256 * 1024
# Room for the packet around a request's body.
ENVELOPE_BYTES = 128


def pack(calls: Iterable[tuple[int, Call]], now: float) -> Iterator[bytes]:
    """Yield the calls, with their request ids, in as few carrier messages as is sensible."""
    packet = link_pb2.Packet()
    size_bytes = 0
    for request_id, call in calls:
        if size_bytes and size_bytes + len(call.body) > _JOINED_BYTES_MAX:
            yield packet.SerializeToString()
            packet, size_bytes = link_pb2.Packet(), 0
        packet.requests.add(
            id=request_id,
            method=call.method.id,
            deadline_ms=attempt_ms(call.deadline - now),
            key=call.key,
            body=call.body,
        )
        size_bytes += len(call.body) + ENVELOPE_BYTES
    if size_bytes:
        yield packet.SerializeToString()


def unpack(kind: type[R], body: bytes) -> R:
    """Return a reply. Raises `Internal` when it cannot be read."""
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise Internal("The server's answer cannot be read.", reason="malformed") from error
