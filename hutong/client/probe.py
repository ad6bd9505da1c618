"""Asks a STUN and TURN server whether it works, as `hutong doctor` shows it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from hutong.platform.clock import Randomness
from hutong.protocols.stun import Address, StunError
from hutong.protocols.stun.address import decode_xor_address
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.message import (
    TRANSACTION_ID_BYTES,
    MessageClass,
    Method,
    encode_message,
    parse_message,
)

_TIMEOUT_S = 5.0
# RFC 8489 section 6.2.1 begins with 500 ms; a probe of a moment asks twice as often.
_RESEND_S = 0.25
_URL = re.compile(r"(stuns?|turns?):(\[[^\]]+\]|[^:?\[]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?")


class ProbeError(Exception):
    """It does not work; the text says how that showed."""


@dataclass(frozen=True, slots=True)
class IceUrl:
    """A parsed ICE server URL (RFC 7064, RFC 7065)."""

    scheme: str
    host: str
    port: int
    transport: str

    @classmethod
    def parse(cls, url: str) -> IceUrl:
        """Return the URL's parts. Raises `ProbeError`."""
        match = _URL.fullmatch(url)
        if match is None:
            raise ProbeError(f"{url} is no STUN or TURN URL.")
        scheme, host, port, transport = match.groups()
        secure = scheme.endswith("s")
        return cls(
            scheme,
            host.strip("[]"),
            int(port) if port else (5349 if secure else 3478),
            transport or ("tcp" if secure else "udp"),
        )


class _Binding(asyncio.DatagramProtocol):
    """Waits for the answer to one Binding request."""

    def __init__(self, transaction_id: bytes) -> None:
        self._transaction_id = transaction_id
        self.answer: asyncio.Future[Address] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        del addr
        try:
            message = parse_message(data)
            value = message.get(AttributeType.XOR_MAPPED_ADDRESS)
            ours = message.transaction_id == self._transaction_id
            if not ours or message.message_class is not MessageClass.SUCCESS or value is None:
                return
            address = decode_xor_address(value, self._transaction_id)
        except StunError:
            return
        if not self.answer.done():
            self.answer.set_result(address)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(ProbeError(f"nothing listens there ({exc})"))


async def stun_binding(host: str, port: int) -> Address:
    """Return the address this machine has for a STUN server, over UDP (RFC 8489). Raises `ProbeError`."""
    transaction_id = Randomness().token(TRANSACTION_ID_BYTES)
    request = encode_message(Method.BINDING, MessageClass.REQUEST, transaction_id, [])
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.create_datagram_endpoint(
            lambda: _Binding(transaction_id), remote_addr=(host, port)
        )
    except OSError as error:
        raise ProbeError(f"{host} cannot be reached: {error}") from error
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            while not protocol.answer.done():
                transport.sendto(request)
                await asyncio.wait([protocol.answer], timeout=_RESEND_S)
            return protocol.answer.result()
    except TimeoutError as error:
        raise ProbeError(f"no answer within {_TIMEOUT_S:.0f} s") from error
    finally:
        transport.close()


async def turn_allocation(url: IceUrl, username: str, credential: str) -> Address:
    """Allocate a relayed address, give it back, and return it (RFC 8656). Raises `ProbeError`."""
    from aioice.turn import create_turn_endpoint

    try:
        async with asyncio.timeout(_TIMEOUT_S):
            transport, _ = await create_turn_endpoint(
                asyncio.DatagramProtocol,
                server_addr=(url.host, url.port),
                username=username,
                password=credential,
                ssl=url.scheme == "turns",
                transport=url.transport,
            )
    except TimeoutError as error:
        raise ProbeError(f"no answer within {_TIMEOUT_S:.0f} s") from error
    except Exception as error:  # aioice raises its own kinds, and those of the network
        raise ProbeError(str(error) or type(error).__name__) from error
    relayed = transport.get_extra_info("sockname")
    transport.close()
    return Address(relayed[0], relayed[1])
