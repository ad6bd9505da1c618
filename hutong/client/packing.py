"""Requests as packets (CONN1), and replies as what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from hutong.client.call import Call
from hutong.client.calls import attempt_ms
from hutong.platform.errors import Internal
from hutong.schema import link_pb2

R = TypeVar("R", bound=Message)

# Requests are joined up to this size, so that a large one does not hold up those before it.
_JOINED_BYTES_MAX = 256 * 1024
# Room for the packet around a request's body.
ENVELOPE_BYTES = 128


def pack(calls: Iterable[tuple[int, Call]], now: float) -> Iterator[tuple[int, bytes]]:
    """Yield the calls, with their request ids, in as few packets as is sensible, each with its class.

    A packet is of one class (SEAL12).
    """
    packet = link_pb2.Packet()
    size_bytes = 0
    priority = 0
    for request_id, call in calls:
        full = size_bytes + len(call.body) > _JOINED_BYTES_MAX
        if size_bytes and (full or call.method.priority != priority):
            yield priority, packet.SerializeToString()
            packet, size_bytes = link_pb2.Packet(), 0
        priority = call.method.priority
        packet.requests.add(
            id=request_id,
            method=call.method.id,
            deadline_ms=attempt_ms(call.deadline - now),
            key=call.key,
            body=call.body,
            encoding=call.encoding,
        )
        size_bytes += len(call.body) + ENVELOPE_BYTES
    if size_bytes:
        yield priority, packet.SerializeToString()


def unpack(kind: type[R], body: bytes) -> R:
    """Return a reply. Raises `Internal` when it cannot be read."""
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise Internal("The server's answer cannot be read.", reason="malformed") from error
