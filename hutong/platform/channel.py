"""What a connection says its packets through, and in which order they leave."""

from __future__ import annotations

from typing import Protocol

from hutong.schema import options_pb2

# Packets are joined up to this size, so that a text never waits behind a megabyte.
JOIN_BYTES_MAX = 256 * 1024
# The classes of the link, and the order in which they leave (SEAL13).
MESSAGE, CONTROL, BULK = options_pb2.PRIORITY_MESSAGE, options_pb2.PRIORITY_CONTROL, options_pb2.PRIORITY_BULK
ORDER = (CONTROL, MESSAGE, BULK)


class Channel(Protocol):
    """What moves whole packets to the client, sealed or, within one process, as they are."""

    def send(self, packets: bytes, klass: int) -> None:
        """Queue joined packets of a class (`Priority`), at most `MESSAGE_BYTES_MAX`."""

    def waiting_bytes(self) -> int:
        """Return how much the client has not taken yet."""

    def admits(self, device: str) -> bool:
        """Tell whether this device may sign in here: a ticket of another one brings nobody in."""

    def identified(self, device: str) -> None:
        """Be told that a device signed in."""

    def change_keys(self) -> None:
        """Go on with the next keys (SEAL8)."""

    def close(self, *, at_once: bool) -> None:
        """End the carrier, after what is queued or at once."""


def join(packets: list[bytes]) -> list[bytes]:
    """Return packets joined into as few as `JOIN_BYTES_MAX` allows (CONN1); a larger one stays alone."""
    if len(packets) == 1:
        return packets
    joined: list[bytes] = []
    batch: list[bytes] = []
    size = 0
    for packet in packets:
        if batch and size + len(packet) > JOIN_BYTES_MAX:
            joined.append(b"".join(batch))
            batch, size = [], 0
        batch.append(packet)
        size += len(packet)
    joined.append(b"".join(batch))
    return joined
