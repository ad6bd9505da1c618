"""Memory that many datagrams are received into with one system call."""

import mmap
import socket
import struct

from hutong.edge.relay import socket_address
from hutong.edge.relay.system_calls import (
    LENGTH_AT_U32,
    MESSAGE_BYTES,
    VECTOR_BYTES,
    address_of,
    receive_many,
)

# So many datagrams are read before anything else on the event loop has its turn: one to two milliseconds'
# work.
SLOTS = 256
# No UDP payload is longer.
_DATAGRAM_BYTES_MAX = 65_535
# Before each datagram: room for the sender's address, right in front, so that one slice takes the address
# together with the first bytes; and for a ChannelData header, which may overwrite the address.
_HEADROOM_BYTES = 64
# A slot takes the largest datagram. Pages nobody writes to cost nothing, so usually a slot is one page.
# The odd number of cache lines keeps the slots' beginnings from falling into the same cache sets.
_SLOT_BYTES = 65_536 + 67 * 64

_MESSAGE = struct.Struct("QQQQQQQQ")
_VECTOR = struct.Struct("QQ")


class Inbox:
    """Slots for datagrams, each with its sender's address in front of it.

    `memory` holds everything, `starts` where each slot's datagram begins in it; `address` is that of
    the memory itself. What was received stands until the slot is received into again.
    """

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, SLOTS * _SLOT_BYTES)
        self.address = address_of(self.memory)
        self.starts = [slot * _SLOT_BYTES + _HEADROOM_BYTES for slot in range(SLOTS)]
        self._vectors = bytearray(SLOTS * VECTOR_BYTES)
        for slot, start in enumerate(self.starts):
            _VECTOR.pack_into(self._vectors, slot * VECTOR_BYTES, self.address + start, _DATAGRAM_BYTES_MAX)
        # The kernel writes into the headers; before each call they are made fresh from these.
        self._fresh = {family: self._headers(size) for family, size in socket_address.SIZE_BYTES.items()}
        self._messages = bytearray(SLOTS * MESSAGE_BYTES)
        self._messages_address = address_of(self._messages)
        self._lengths = memoryview(self._messages).cast("I")

    def receive(self, fd: int, family: socket.AddressFamily, first: int, count: int) -> list[int]:
        """Receive into `count` slots from `first` on; return the sizes of the datagrams that came."""
        begin, end = first * MESSAGE_BYTES, (first + count) * MESSAGE_BYTES
        self._messages[begin:end] = self._fresh[family][begin:end]
        came = receive_many(fd, self._messages_address + begin, count)
        words = MESSAGE_BYTES // 4
        at = first * words + LENGTH_AT_U32
        return self._lengths[at : at + came * words : words].tolist() if came else []

    def _headers(self, name_bytes: int) -> memoryview:
        vectors = address_of(self._vectors)
        return memoryview(
            b"".join(
                _MESSAGE.pack(
                    self.address + start - name_bytes,
                    name_bytes,
                    vectors + slot * VECTOR_BYTES,
                    *(1, 0, 0, 0, 0),
                )
                for slot, start in enumerate(self.starts)
            )
        )
