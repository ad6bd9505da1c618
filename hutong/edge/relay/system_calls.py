"""recvmmsg and sendmmsg, which the standard library lacks, sendto for addresses, and their layout.

The layout is that of 64-bit Linux, in glibc and in musl.

The calls keep the interpreter lock: they never wait, and to give the lock away and fetch it back costs
more than most of them when another thread wants it too.
"""

import ctypes
import errno
import os

# struct mmsghdr: a struct msghdr of 56 bytes, then msg_len and padding. As words of 8 bytes: name, its
# size, vector, its length, control, its size, flags, msg_len.
MESSAGE_WORDS = 8
MESSAGE_BYTES = 64
# struct iovec: address, size.
VECTOR_WORDS = 2
VECTOR_BYTES = 16
# Where msg_len lies among words of 4 bytes.
LENGTH_AT_U32 = 14
MSG_DONTWAIT = 0x40

assert ctypes.sizeof(ctypes.c_void_p) == 8, "the relay's system calls are laid out for 64 bits"

_libc = ctypes.PyDLL(None, use_errno=True)
_recvmmsg = _libc.recvmmsg
_recvmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]
_sendmmsg = _libc.sendmmsg
_sendmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int]
# Sends one datagram: the socket, where it lies, its size, flags, where the sockaddr lies, its size. Negative
# when it was not taken; nobody asks why, because to swap errno costs a tenth of a call. The kernel has less
# to read than for `send_many`.
send_once = ctypes.PyDLL(None).sendto
send_once.argtypes = [
    *(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t),
    *(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint),
]
send_once.restype = ctypes.c_ssize_t


def receive_many(fd: int, messages: int, count: int) -> int:
    """Receive up to `count` datagrams into the mmsghdrs at an address; return how many came.

    0 when there is none, or when the socket had an error to tell, which is thereby told.
    """
    return max(0, int(_recvmmsg(fd, messages, count, MSG_DONTWAIT, None)))


def send_many(fd: int, messages: int, count: int) -> int:
    """Send the `count` mmsghdrs at an address, and return how many were taken.

    Raises OSError when not even the first was.
    """
    sent = int(_sendmmsg(fd, messages, count, MSG_DONTWAIT))
    if sent < 0:
        code = ctypes.get_errno() or errno.EIO
        raise OSError(code, os.strerror(code))
    return sent


def address_of(memory: object) -> int:
    """Return where a writable buffer lies; whoever uses the address keeps the buffer alive."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))  # type: ignore[arg-type]
