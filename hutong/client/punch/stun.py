"""Asks a STUN server, over a socket that is to be punched, under which address it is seen."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import NamedTuple

from hutong.client.punch.datagrams import PunchSocket
from hutong.platform.clock import Randomness
from hutong.protocols.stun import Address, Family, StunError
from hutong.protocols.stun.address import decode_address, decode_xor_address
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.message import (
    TRANSACTION_ID_BYTES,
    Message,
    MessageClass,
    Method,
    encode_message,
    parse_message,
)
from hutong.protocols.stun.stream import FrameSplitter

_RESEND_S = 0.2
_ANSWER_WITHIN_S = 1.5
_READ_BYTES = 2048
# A server answers at most as much as it was sent without counting: a padded request is never refused.
_PADDING = (AttributeType.SOFTWARE, b"Hutong".ljust(64))


class Seen(NamedTuple):
    """What a server sees, and its own other address if it has one."""

    address: Address
    other: Address | None


class StunQuestions:
    """Questions under way on several sockets; `take` is given every datagram that may be an answer."""

    def __init__(self, random: Randomness) -> None:
        self._random = random
        self._waiting: dict[tuple[bytes, Address], asyncio.Future[Message]] = {}

    async def ask(self, asking: PunchSocket, server: Address) -> Seen | None:
        """Return what the server says; None when it does not in time."""
        transaction_id, request = _request(self._random)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[transaction_id, server] = answer
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                while not answer.done():
                    asking.send(server, request)
                    await asyncio.wait([answer], timeout=_RESEND_S)
            return _seen(answer.result())
        except TimeoutError:
            return None
        finally:
            del self._waiting[transaction_id, server]

    def take(self, data: bytes, source: Address) -> None:
        """Take a datagram; what answers no question is dropped."""
        try:
            message = parse_message(data)
        except StunError:
            return
        answer = self._waiting.get((message.transaction_id, source))
        if answer is not None and not answer.done() and message.message_class is MessageClass.SUCCESS:
            answer.set_result(message)


async def ask_over_tcp(asking: socket.socket, random: Randomness) -> Address | None:
    """Return the address a server sees a connection come from; None when it does not say."""
    loop = asyncio.get_running_loop()
    transaction_id, request = _request(random)
    frames = FrameSplitter()
    with contextlib.suppress(OSError, StunError, TimeoutError):
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            await loop.sock_sendall(asking, request)
            while data := await loop.sock_recv(asking, _READ_BYTES):
                for frame in frames.feed(data):
                    message = parse_message(frame)
                    seen = _seen(message)
                    if message.transaction_id == transaction_id and seen is not None:
                        return seen.address
    return None


async def resolve(host: str, port: int, family: Family | None = None) -> Address | None:
    """Return a server's address; None when it has none of that family."""
    kinds = {None: socket.AF_UNSPEC, Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, family=kinds[family], type=socket.SOCK_DGRAM
        )
    except OSError:
        return None
    return Address(str(found[0][4][0]), int(found[0][4][1])) if found else None


def _request(random: Randomness) -> tuple[bytes, bytes]:
    transaction_id = random.token(TRANSACTION_ID_BYTES)
    return transaction_id, encode_message(Method.BINDING, MessageClass.REQUEST, transaction_id, [_PADDING])


def _seen(answer: Message) -> Seen | None:
    value = answer.get(AttributeType.XOR_MAPPED_ADDRESS)
    if value is None:
        return None
    try:
        address = decode_xor_address(value, answer.transaction_id)
    except StunError:
        return None
    other = answer.get(AttributeType.OTHER_ADDRESS)
    if other is not None:
        with contextlib.suppress(StunError):
            there = decode_address(other)
            if there.family is address.family:
                return Seen(address, there)
    return Seen(address, None)
