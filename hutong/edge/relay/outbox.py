"""Datagrams that are sent with one system call, straight from where they were received.

Neighbouring datagrams to one receiver that have the same size become one message with UDP_SEGMENT
(generic segmentation offload): the kernel walks its network stack once for all of them and cuts them
apart at the end. That walk is most of what a relayed packet costs, so this is worth more than the
saved system calls.
"""

import contextlib
import errno
import socket
import struct
from typing import NamedTuple

from hutong.edge.relay.system_calls import (
    MESSAGE_BYTES,
    MESSAGE_WORDS,
    MSG_DONTWAIT,
    VECTOR_BYTES,
    VECTOR_WORDS,
    address_of,
    send_many,
    send_once,
)

_UDP_SEGMENT = 103
# The kernel cuts one message into no more than 64 (UDP_MAX_SEGMENTS was 64 before Linux 6.9), and none is
# longer than a datagram can be.
_SEGMENTS_MAX = 64
_SEGMENTED_BYTES_MAX = 65_000
# What fits a path of 1,500 bytes with IPv6 headers; a larger segment would be refused, not fragmented.
_SEGMENT_BYTES_MAX = 1452
_CONTROL = struct.Struct("QiiHxxxxxx")
_CONTROL_BYTES = 24
_CONTROL_LENGTH = 18
_MESSAGE = struct.Struct("QQQQQQQQ")
# The kernel's word that this message cannot be segmented: too large for the path, no checksums, IPsec.
_NOT_SEGMENTED = frozenset({errno.EINVAL, errno.EMSGSIZE, errno.EIO, errno.ENOPROTOOPT})
# Errors that earlier datagrams left at the socket; asking again sends.
_EARLIER = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EPROTO})


class Run:
    """Datagrams of one flow, as they follow each other: where they lie, and their sizes."""

    __slots__ = ("addresses", "sizes")

    def __init__(self) -> None:
        self.addresses: list[int] = []
        self.sizes: list[int] = []

    def clear(self) -> None:
        """Forget them; they are sent, or dropped."""
        self.addresses.clear()
        self.sizes.clear()


class Name(NamedTuple):
    """A receiver's sockaddr; `buffer` keeps alive what lies at `address`."""

    address: int
    size_bytes: int
    buffer: bytearray


def name_of(packed: bytes) -> Name:
    """Put a sockaddr where the kernel can read it."""
    buffer = bytearray(packed)
    return Name(address_of(buffer), len(packed), buffer)


class Outbox:
    """Messages on their way out. Room for `datagrams_max`; who fills it sends before it is full."""

    def __init__(self, datagrams_max: int) -> None:
        self._messages = bytearray(datagrams_max * MESSAGE_BYTES)
        self._messages_address = address_of(self._messages)
        self._words = memoryview(self._messages).cast("Q")
        vectors = bytearray(datagrams_max * VECTOR_BYTES)
        self._vectors = memoryview(vectors).cast("Q")
        self._vectors_address = address_of(vectors)
        self._controls = bytearray(datagrams_max * _CONTROL_BYTES)
        self._controls_address = address_of(self._controls)
        self._single = bytearray(MESSAGE_BYTES)
        self._single_address = address_of(self._single)
        self._message_count = 0
        self._vector_count = 0

    def put(self, name: Name, run: Run) -> None:
        """Add datagrams for one receiver; they must lie still until they are sent."""
        vectors = self._vectors
        addresses, sizes = run.addresses, run.sizes
        at = self._vector_count * VECTOR_WORDS
        for address, size in zip(addresses, sizes, strict=True):
            vectors[at] = address
            vectors[at + 1] = size
            at += VECTOR_WORDS
        count = len(sizes)
        begin = 0
        while begin < count:
            end = _segmented_until(sizes, begin)
            self._add(name, self._vector_count + begin, end - begin, sizes[begin])
            begin = end
        self._vector_count += count

    def send_one(self, fd: int, name: Name, run: Run) -> int:
        """Send a run of one datagram; return 1 when the kernel did not take it."""
        address, name_bytes, _ = name
        data, size = run.addresses[0], run.sizes[0]
        if send_once(fd, data, size, MSG_DONTWAIT, address, name_bytes) >= 0:
            return 0
        # That may have told the ICMP error of an earlier datagram instead of sending this one.
        return 1 if send_once(fd, data, size, MSG_DONTWAIT, address, name_bytes) < 0 else 0

    def send(self, fd: int) -> int:
        """Send everything, and return how many datagrams the kernel did not take; then it is empty.

        A full buffer, an address without a route or a datagram that is too long lose it, as any hop
        on the way might.
        """
        done, lost, told_before = 0, 0, False
        count = self._message_count
        while done < count:
            try:
                done += send_many(fd, self._messages_address + done * MESSAGE_BYTES, count - done)
                told_before = False
            except BlockingIOError:
                lost += sum(self._datagrams(message) for message in range(done, count))
                break
            except OSError as error:
                if error.errno in _EARLIER and not told_before:
                    told_before = True
                    continue
                told_before = False
                lost += self._lose(fd, done, error)
                done += 1
        self._message_count = self._vector_count = 0
        return lost

    def _add(self, name: Name, vector: int, vector_count: int, size: int) -> None:
        message = self._message_count
        self._message_count = message + 1
        control = control_bytes = 0
        if vector_count > 1:
            offset = message * _CONTROL_BYTES
            _CONTROL.pack_into(
                self._controls, offset, _CONTROL_LENGTH, socket.IPPROTO_UDP, _UDP_SEGMENT, size
            )
            control, control_bytes = self._controls_address + offset, _CONTROL_BYTES
        _MESSAGE.pack_into(
            self._messages,
            message * MESSAGE_BYTES,
            name.address,
            name.size_bytes,
            self._vectors_address + vector * VECTOR_BYTES,
            vector_count,
            control,
            control_bytes,
            0,
            0,
        )

    def _datagrams(self, message: int) -> int:
        return int(self._words[message * MESSAGE_WORDS + 3])

    def _lose(self, fd: int, message: int, error: OSError) -> int:
        """Give a message up; one that could not be segmented is sent in pieces. Return what is lost."""
        count = self._datagrams(message)
        if count == 1 or error.errno not in _NOT_SEGMENTED:
            return count
        name, name_bytes, vector = self._words[message * MESSAGE_WORDS : message * MESSAGE_WORDS + 3]
        lost = 0
        for place in range(count):
            _MESSAGE.pack_into(
                self._single, 0, name, name_bytes, vector + place * VECTOR_BYTES, 1, 0, 0, 0, 0
            )
            lost += 1
            with contextlib.suppress(OSError):
                lost -= send_many(fd, self._single_address, 1)
        return lost


def _segmented_until(sizes: list[int], begin: int) -> int:
    """Return where the run ends that one message may carry: equal sizes, and a shorter one at its end."""
    size = sizes[begin]
    end = begin + 1
    if not 0 < size <= _SEGMENT_BYTES_MAX:
        return end
    limit = min(len(sizes), begin + min(_SEGMENTS_MAX, _SEGMENTED_BYTES_MAX // size))
    while end < limit and sizes[end] == size:
        end += 1
    if end < limit and 0 < sizes[end] < size:
        end += 1
    return end
