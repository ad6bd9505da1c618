"""An event on its way to the connections that follow its log: encoded and compressed once for all of them.

The key is how an author's devices know their own append again; to everybody else it would be 18 bytes for
nothing. Protobuf takes fields in any order, so theirs is the same encoding with the key behind it.
"""

from __future__ import annotations

from hutong.platform import bodies
from hutong.platform.log import Stored
from hutong.schema import link_pb2, log_pb2

_BYTES = 2  # the wire type of what has a length
_EVENTS_TAG = link_pb2.Packet.EVENTS_FIELD_NUMBER << 3 | _BYTES
_KEY_TAG = log_pb2.Event.KEY_FIELD_NUMBER << 3 | _BYTES


def to_bus(event: Stored) -> bytes:
    """Return what the bus carries: author and key, each of a length given first, and the rest encoded."""
    travelling = event.to_proto(None)
    bodies.pack(travelling)
    author, key = event.author.encode(), event.key or b""
    return bytes((len(author), len(key))) + author + key + travelling.SerializeToString()


class Pushed:
    """What came from the bus, as packets."""

    __slots__ = ("_author", "_event", "_key", "_others", "_own")

    def __init__(self, payload: bytes) -> None:
        author_ends = 2 + payload[0]
        key_ends = author_ends + payload[1]
        self._author = payload[2:author_ends].decode()
        self._key = payload[author_ends:key_ends]
        self._event = payload[key_ends:]
        self._others = self._own = b""  # made when they are asked for

    def packet(self, user: str) -> bytes:
        """Return the packet for a connection of this user."""
        if user != self._author or not self._key:
            self._others = self._others or _framed(self._event)
            return self._others
        self._own = self._own or _framed(self._event + bytes((_KEY_TAG, len(self._key))) + self._key)
        return self._own


def _framed(event: bytes) -> bytes:
    """Return a `Packet` of one event."""
    size = len(event)
    head = bytearray((_EVENTS_TAG,))
    while size > 0x7F:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head) + event
