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
# As msg_len is counted.
_HEADER_WORDS = MESSAGE_BYTES // 4


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
        self._headers = {family: _Headers(self, size) for family, size in socket_address.SIZE_BYTES.items()}

    def receive(self, fd: int, family: socket.AddressFamily, first: int, count: int) -> list[int]:
        """Receive into `count` slots from `first` on; return the sizes of the datagrams that came."""
        return self._headers[family].receive(fd, first, count)

    def header(self, slot: int, name_bytes: int) -> bytes:
        """Return the mmsghdr that receives into a slot."""
        name = self.address + self.starts[slot] - name_bytes
        vector = address_of(self._vectors) + slot * VECTOR_BYTES
        return _MESSAGE.pack(name, name_bytes, vector, 1, 0, 0, 0, 0)


class _Headers:
    """The headers of all slots, for one family. The kernel writes into those it fills; they are mended."""

    def __init__(self, inbox: Inbox, name_bytes: int) -> None:
        self._fresh = memoryview(b"".join(inbox.header(slot, name_bytes) for slot in range(SLOTS)))
        self._messages = bytearray(self._fresh)
        self._address = address_of(self._messages)
        self._lengths = memoryview(self._messages).cast("I")

    def receive(self, fd: int, first: int, count: int) -> list[int]:
        begin = first * MESSAGE_BYTES
        came = receive_many(fd, self._address + begin, count)
        if not came:
            return []
        at, words = first * _HEADER_WORDS + LENGTH_AT_U32, came * _HEADER_WORDS
        sizes = self._lengths[at : at + words : _HEADER_WORDS].tolist()
        end = begin + came * MESSAGE_BYTES
        self._messages[begin:end] = self._fresh[begin:end]
        return sizes
