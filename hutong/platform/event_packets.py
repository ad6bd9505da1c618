"""An event on its way to the connections that follow its log: encoded and compressed once for all of them.

The key is how an author's devices know their own append again; to everybody else it would be 18 bytes for
nothing.
"""

from __future__ import annotations

from hutong.platform import bodies
from hutong.platform.log import Stored
from hutong.platform.packets import event_fields, event_packet


def to_bus(event: Stored) -> bytes:
    """Return what the bus carries: author and key, each of a length given first, and the rest encoded."""
    body = event.body
    author, key = event.author.encode(), event.key or b""
    encoded = event_fields(event.log, event.seq, event.kind, author, event.at_ms, body, bodies.packed(body))
    return bytes((len(author), len(key))) + author + key + encoded


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
            self._others = self._others or event_packet(self._event)
            return self._others
        self._own = self._own or event_packet(self._event, self._key)
        return self._own
