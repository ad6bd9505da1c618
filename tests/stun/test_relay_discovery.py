"""NAT behaviour discovery on two loopback addresses: docs/protocol/stun.md, STUN9 to STUN11."""

import asyncio
import re
import socket

import pytest

from hutong.edge.relay import RelayServer
from hutong.protocols.stun import Address
from hutong.protocols.stun.address import decode_address
from hutong.protocols.stun.attributes import AttributeType, encode_change_request
from hutong.protocols.stun.message import MessageClass, Method, encode_message, parse_message

from .loopback import HOST, Inbox, RelayStarter
from .test_relay_interop import run_tool

OTHER_HOST = "127.0.0.2"


async def start_with_two(start_relay: RelayStarter, host: str = HOST) -> tuple[RelayServer, Address]:
    """Start a relay with a second address; its port is free on both, unless somebody is faster."""
    for attempt in range(10):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
        ):
            one.bind((HOST, 0))
            other = Address(OTHER_HOST, one.getsockname()[1])
            two.bind(other)
        try:
            return await start_relay(host=host, discovery=other), other
        except OSError:
            if attempt == 9:
                raise
    raise AssertionError("the last attempt returns or raises")


@pytest.mark.parametrize("host", [HOST, "0.0.0.0"])
@pytest.mark.parametrize("change_host", [False, True])
@pytest.mark.parametrize("change_port", [False, True])
async def test_answers_come_from_the_address_they_name(
    start_relay: RelayStarter, host: str, change_host: bool, change_port: bool
) -> None:
    """STUN9, STUN10."""
    relay, other = await start_with_two(start_relay, host)
    change = (AttributeType.CHANGE_REQUEST, encode_change_request(address=change_host, port=change_port))
    request = encode_message(Method.BINDING, MessageClass.REQUEST, bytes(12), [change])
    transport, inbox = await asyncio.get_running_loop().create_datagram_endpoint(Inbox, local_addr=(HOST, 0))
    transport.sendto(request, (HOST, relay.port))
    data, sender = await inbox.next()
    transport.close()
    expected = Address(OTHER_HOST if change_host else HOST, other.port if change_port else relay.port)
    assert Address(*sender) == expected
    answer = parse_message(data)
    origin = answer.get(AttributeType.RESPONSE_ORIGIN)
    assert origin is not None
    assert decode_address(origin) == expected
    told = answer.get(AttributeType.OTHER_ADDRESS)
    assert told is not None
    assert decode_address(told) == other


async def test_an_address_that_is_not_this_machines_is_an_error(start_relay: RelayStarter) -> None:
    with pytest.raises(OSError, match="assign"):
        await start_relay(discovery=Address("192.0.2.77", 3479))


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_coturns_discovery_client(start_relay: RelayStarter) -> None:
    """STUN9 to STUN11: it finds that there is no NAT, and its padded requests are answered."""
    relay, _ = await start_with_two(start_relay)
    for extra in ([], ["-P"]):
        printed = await run_tool(
            "turnutils_natdiscovery", "-m", "-f", *extra, "-L", HOST, "-p", str(relay.port), HOST
        )
        assert re.search(r"NAT with Endpoint Independent Mapping|No NAT detected", printed), printed
        assert "NAT with Endpoint Independent Filtering" in printed, printed
