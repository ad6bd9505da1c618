"""Finds out how the network between this machine and a server treats UDP.

Source: RFC 5780 (NAT behaviour discovery using STUN), RFC 4787 (the names of the behaviours).
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
from dataclasses import dataclass
from typing import Any, cast

from hutong.client.probe import ProbeError
from hutong.platform.clock import Randomness
from hutong.protocols.stun import Address, StunError
from hutong.protocols.stun.address import decode_address, decode_xor_address
from hutong.protocols.stun.attributes import AttributeType, encode_change_request
from hutong.protocols.stun.message import (
    TRANSACTION_ID_BYTES,
    Message,
    MessageClass,
    Method,
    encode_message,
    parse_message,
)

# RFC 8489 section 6.2.1 begins with 500 ms; a question of a moment is asked twice as often.
_RESEND_S = 0.25
_ANSWER_S = 2.0
# Silence is an answer here, so it is not waited for as long.
_SILENCE_S = 1.5
# A server answers at most as much as it was sent without counting: a padded request is never refused.
_PADDING = (AttributeType.SOFTWARE, b"Hutong".ljust(64))


class Chance(enum.Enum):
    """How often a direct path opens from here; the values are for people. The web client says the same."""

    BEST = "very likely"
    GOOD = "likely"
    SOME = "with some networks"
    NONE = "no, everything is relayed"
    UNKNOWN = "not known"


class Behaviour(enum.Enum):
    """What a NAT's mapping, or its filtering, depends on."""

    ENDPOINT_INDEPENDENT = "endpoint-independent"
    ADDRESS_DEPENDENT = "address-dependent"
    ADDRESS_AND_PORT_DEPENDENT = "address- and port-dependent"


@dataclass(frozen=True, slots=True)
class Nat:
    """What was found; `mapping` and `filtering` are None when the server has no second address."""

    local: Address
    mapped: Address
    mapping: Behaviour | None
    filtering: Behaviour | None

    @property
    def translates(self) -> bool:
        """Whether others see another address than this machine has."""
        return self.local.host != self.mapped.host

    @property
    def kind(self) -> str:
        """The old name of it, which most people know (RFC 3489)."""
        if self.mapping is None or self.filtering is None:
            return "NAT of an unknown kind" if self.translates else "no NAT"
        if not self.translates:
            open_to_all = self.filtering is Behaviour.ENDPOINT_INDEPENDENT
            return "no NAT" if open_to_all else "no NAT, but a firewall"
        if self.mapping is not Behaviour.ENDPOINT_INDEPENDENT:
            return "symmetric NAT"
        return {
            Behaviour.ENDPOINT_INDEPENDENT: "full cone NAT",
            Behaviour.ADDRESS_DEPENDENT: "address-restricted NAT",
            Behaviour.ADDRESS_AND_PORT_DEPENDENT: "port-restricted NAT",
        }[self.filtering]

    @property
    def is_hard(self) -> bool:
        """Whether a direct path to a device that is as badly off will not open."""
        return self.mapping not in {None, Behaviour.ENDPOINT_INDEPENDENT}

    @property
    def chance(self) -> Chance:
        """How often a direct path opens (docs/nat.md has the pairs)."""
        if self.is_hard:
            return Chance.SOME
        if self.mapping is None or self.filtering is None:
            return Chance.UNKNOWN if self.translates else Chance.BEST
        strict = self.filtering is Behaviour.ADDRESS_AND_PORT_DEPENDENT
        return Chance.GOOD if strict else Chance.BEST


class StunSocket(asyncio.DatagramProtocol):
    """A UDP socket that asks several questions at once."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, asyncio.Future[tuple[Message, Address]]] = {}
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready to ask."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Hand an answer to whoever asked."""
        try:
            message = parse_message(data)
        except StunError:
            return
        answer = self._waiting.get(message.transaction_id)
        if answer is not None and not answer.done() and message.message_class is MessageClass.SUCCESS:
            answer.set_result((message, Address(addr[0], addr[1])))

    @property
    def port(self) -> int:
        """The local one."""
        return int(self._transport.get_extra_info("sockname")[1])

    async def ask(
        self,
        server: Address,
        *,
        change: tuple[bool, bool] = (False, False),
        timeout_s: float | None = None,
    ) -> tuple[Message, Address] | None:
        """Return the answer and where it came from; None when there is none in time."""
        attributes = [_PADDING]
        if any(change):
            wanted = encode_change_request(address=change[0], port=change[1])
            attributes.append((AttributeType.CHANGE_REQUEST, wanted))
        transaction_id = Randomness().token(TRANSACTION_ID_BYTES)
        request = encode_message(Method.BINDING, MessageClass.REQUEST, transaction_id, attributes)
        answer: asyncio.Future[tuple[Message, Address]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction_id] = answer
        try:
            async with asyncio.timeout(_ANSWER_S if timeout_s is None else timeout_s):
                while not answer.done():
                    self._transport.sendto(request, server)
                    await asyncio.wait([answer], timeout=_RESEND_S)
                return answer.result()
        except TimeoutError:
            return None
        finally:
            del self._waiting[transaction_id]

    def close(self) -> None:
        """Ask no more."""
        self._transport.close()


async def discover_nat(host: str, port: int) -> Nat:
    """Return what stands between this machine and a STUN server, in about two seconds.

    Raises `ProbeError` when the server does not answer over UDP.
    """
    server, family = await resolve_server(host, port)
    # What comes in by a mapping depends on whom it was used with, so the two halves have a socket each.
    mapping, filtering = await open_socket(family), await open_socket(family)
    try:
        first, other = await _first(mapping, server)
        local = Address(_local_host(family, server), mapping.port)
        if other is None:
            return Nat(local, first, None, None)
        mapped, filtered = await asyncio.gather(
            _mapping(mapping, first, server, other), _filtering(filtering, server, other)
        )
        return Nat(local, first, mapped, filtered)
    finally:
        mapping.close()
        filtering.close()


async def _first(asking: StunSocket, server: Address) -> tuple[Address, Address | None]:
    """Return our address as the server sees it, and the server's other address if it has one."""
    answer = await asking.ask(server)
    mapped = None if answer is None else mapped_address(answer[0])
    if answer is None or mapped is None:
        raise ProbeError(f"no answer over UDP within {_ANSWER_S:.0f} s")
    value = answer[0].get(AttributeType.OTHER_ADDRESS)
    try:
        other = None if value is None else decode_address(value)
    except StunError:
        other = None
    same_family = other is not None and other.family is server.family
    return mapped, other if same_family else None


async def _mapping(asking: StunSocket, first: Address, server: Address, other: Address) -> Behaviour | None:
    """Compare the addresses that different places of the server see (RFC 5780 section 4.3)."""
    seen: list[Address] = []
    for place in (Address(other.host, server.port), other):
        answer = await asking.ask(place)
        mapped = None if answer is None else mapped_address(answer[0])
        if mapped is None:
            return None
        seen.append(mapped)
        if mapped == first:
            break
    if seen[0] == first:
        return Behaviour.ENDPOINT_INDEPENDENT
    if seen[1] == seen[0]:
        return Behaviour.ADDRESS_DEPENDENT
    return Behaviour.ADDRESS_AND_PORT_DEPENDENT


async def _filtering(asking: StunSocket, server: Address, other: Address) -> Behaviour | None:
    """Ask for answers from places nothing was sent to (RFC 5780 section 4.4)."""
    if await asking.ask(server) is None:
        return None
    from_other, from_port = await asyncio.gather(
        asking.ask(server, change=(True, True), timeout_s=_SILENCE_S),
        asking.ask(server, change=(False, True), timeout_s=_SILENCE_S),
    )
    # A server that ignores the question answers from where it was asked, which says nothing.
    if from_other is not None:
        return Behaviour.ENDPOINT_INDEPENDENT if from_other[1] == other else None
    if from_port is not None:
        return Behaviour.ADDRESS_DEPENDENT if from_port[1].port == other.port else None
    return Behaviour.ADDRESS_AND_PORT_DEPENDENT


async def resolve_server(host: str, port: int) -> tuple[Address, socket.AddressFamily]:
    """Return a server's address, and the family of sockets for it. Raises `ProbeError`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise ProbeError(f"{host} cannot be found: {error}") from error
    family, _, _, _, address = found[0]
    return Address(str(address[0]), int(address[1])), socket.AddressFamily(family)


async def open_socket(family: socket.AddressFamily) -> StunSocket:
    """Return a socket on a port of the system's choice."""
    any_host = "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104  # answers come from anywhere
    _, opened = await asyncio.get_running_loop().create_datagram_endpoint(
        StunSocket, local_addr=(any_host, 0)
    )
    return opened


def _local_host(family: socket.AddressFamily, server: Address) -> str:
    """Return the address this machine reaches the server from; nothing is sent."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(server)
        except OSError as error:
            raise ProbeError(f"{server.host} cannot be reached: {error}") from error
        return str(probe.getsockname()[0])


def mapped_address(answer: Message) -> Address | None:
    """Return how the server sees us, or None when it does not say."""
    value = answer.get(AttributeType.XOR_MAPPED_ADDRESS)
    if value is None:
        return None
    with contextlib.suppress(StunError):
        return decode_xor_address(value, answer.transaction_id)
    return None
