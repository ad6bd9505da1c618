"""What travels between an edge and its core: kind (1 byte), channel (4), length (3), payload; big endian."""

from __future__ import annotations

import enum
import json
import struct
from dataclasses import asdict, fields

from hutong.platform.door import CARRIER_MESSAGE_BYTES_MAX, Arrival
from hutong.platform.endpoints import Endpoints

PAYLOAD_BYTES_MAX = CARRIER_MESSAGE_BYTES_MAX
CHANNEL_MAX = 2**32 - 1
_HEADER = struct.Struct("!BI3s")
_TAKEN = struct.Struct("!I")
_ADDRESS_BYTES_MAX = 255


class FrameError(Exception):
    """The other side speaks another language."""


class Kind(enum.IntEnum):
    """Channel 0 is the wire's own; every other is one client."""

    HELLO = 1  # edge: where it is reached
    WELCOME = 2  # core: its root
    OPEN = 3  # edge: a client has come
    DATA = 4  # both: one carrier message
    FINISHED = 5  # edge: the client will say no more
    TAKEN = 6  # edge: so many bytes more have left for the client
    CLOSED = 7  # edge: the client is gone; the last of a channel
    IDENTIFIED = 8  # core: the tag of the device that signed in
    CLOSE = 9  # core: end the client's carrier
    CERTIFY = 10  # edge: a public key that wants the root's certificate
    CERTIFIED = 11  # core: the certificate, or nothing when there is no root
    PING = 12  # both: still there


def frame(kind: Kind, channel: int, payload: bytes = b"") -> bytes:
    """Return a frame."""
    return _HEADER.pack(kind, channel, len(payload).to_bytes(3, "big")) + payload


class FrameCutter:
    """Cuts a stream into frames; keeps at most one unfinished frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[Kind, int, bytes]]:
        """Return the frames that are whole now. Raises `FrameError`."""
        if self._rest:
            data = self._rest + data
        found = []
        start = 0
        while len(data) - start >= _HEADER.size:
            kind, channel, length = _HEADER.unpack_from(data, start)
            size = int.from_bytes(length, "big")
            if size > PAYLOAD_BYTES_MAX:
                raise FrameError("a frame is too large")
            end = start + _HEADER.size + size
            if end > len(data):
                break
            try:
                found.append((Kind(kind), channel, data[start + _HEADER.size : end]))
            except ValueError as error:
                raise FrameError("a frame is of no known kind") from error
            start = end
        self._rest = data[start:]
        return found


def encode_arrival(arrival: Arrival) -> bytes:
    """Return the payload of an OPEN."""
    address = arrival.address.encode()[:_ADDRESS_BYTES_MAX]
    return b"".join(bytes([len(each)]) + each for each in (address, arrival.exporter, arrival.tag))


def decode_arrival(payload: bytes) -> Arrival:
    """Read the payload of an OPEN. Raises `FrameError`."""
    parts: list[bytes] = []
    start = 0
    while start < len(payload):
        end = start + 1 + payload[start]
        if end > len(payload):
            raise FrameError("an OPEN ends in the middle")
        parts.append(payload[start + 1 : end])
        start = end
    if len(parts) != 3:
        raise FrameError("an OPEN has three parts")
    return Arrival(parts[0].decode(errors="replace"), parts[1], parts[2])


def encode_taken(size_bytes: int) -> bytes:
    """Return the payload of a TAKEN."""
    return _TAKEN.pack(size_bytes)


def decode_taken(payload: bytes) -> int:
    """Read the payload of a TAKEN. Raises `FrameError`."""
    if len(payload) != _TAKEN.size:
        raise FrameError("a TAKEN is four bytes")
    (size_bytes,) = _TAKEN.unpack(payload)
    return int(size_bytes)


def encode_endpoints(endpoints: Endpoints | None) -> bytes:
    """Return the payload of a HELLO; secrets do not travel."""
    if endpoints is None:
        return b"{}"
    values = {name: value for name, value in asdict(endpoints).items() if name != "relay_secret"}
    return json.dumps(values).encode()


def decode_endpoints(payload: bytes) -> Endpoints | None:
    """Read the payload of a HELLO: None when the edge does not listen yet. Raises `FrameError`."""
    types = {item.name: str(item.type) for item in fields(Endpoints)}
    try:
        values = json.loads(payload)
        if not isinstance(values, dict):
            raise TypeError
        for name, value in values.items():
            if types[name] != type(value).__name__:
                raise TypeError
        return Endpoints(**values) if values else None
    except (ValueError, KeyError, TypeError) as error:
        raise FrameError("a HELLO that cannot be read") from error
