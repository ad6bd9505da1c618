"""`hutong.client.nat` and `kept_mapping` against scripted servers, the real relay, and real NATs."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from hutong.client import nat as nat_module
from hutong.client.kept_mapping import KeptMapping
from hutong.client.nat import Behaviour, Nat, discover_nat
from hutong.client.probe import ProbeError
from hutong.protocols.stun import Address
from hutong.protocols.stun.address import encode_address, encode_xor_address
from hutong.protocols.stun.attributes import AttributeType, decode_change_request
from hutong.protocols.stun.message import MessageClass, Method, encode_message, parse_message
from tests.nat.network import DOOR_ADDRESS, RELAY_ADDRESS, Network, missing
from tests.nat.rules import Nat as RouterNat

from .loopback import HOST, RelayStarter, until
from .test_relay_discovery import start_with_two

INDEPENDENT, ADDRESS, PORT = Behaviour
OTHER_HOST = "127.0.0.2"
LAB_WAIT_S = 60.0


def same(_other_host: bool, _other_port: bool) -> Address:
    return Address("198.51.100.9", 4000)


@dataclass
class Script:
    """How the NAT in front of a scripted server behaves. Places are numbered: (other host, other port)."""

    mapped: Callable[[bool, bool], Address] = same
    lets_in: Callable[[bool, bool], bool] = lambda _host, _port: True
    tells_other: bool = True
    answers: bool = True
    asked: list[tuple[bool, bool]] = field(default_factory=list)


class Place(asyncio.DatagramProtocol):
    """One of the four sockets of a scripted server."""

    def __init__(
        self, script: Script, places: dict[tuple[bool, bool], "Place"], here: tuple[bool, bool]
    ) -> None:
        self.script = script
        self.places = places
        self.here = here
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    @property
    def address(self) -> Address:
        return Address(*self.transport.get_extra_info("sockname"))

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        request = parse_message(data)
        self.script.asked.append(self.here)
        value = request.get(AttributeType.CHANGE_REQUEST)
        change = (False, False) if value is None else decode_change_request(value)
        sender = self.places[self.here[0] ^ change[0], self.here[1] ^ change[1]]
        if not self.script.answers or (any(change) and not self.script.lets_in(*change)):
            return
        mapped = self.script.mapped(*self.here)
        attributes = [(AttributeType.XOR_MAPPED_ADDRESS, encode_xor_address(mapped, request.transaction_id))]
        if self.script.tells_other:
            other = self.places[not self.here[0], not self.here[1]]
            attributes.append((AttributeType.OTHER_ADDRESS, encode_address(other.address)))
        answer = encode_message(Method.BINDING, MessageClass.SUCCESS, request.transaction_id, attributes)
        sender.transport.sendto(b"not STUN", addr)
        sender.transport.sendto(answer, addr)


def bind_both() -> list[socket.socket]:
    """Bind the same port at both addresses."""
    while True:
        bound = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        bound[0].bind((HOST, 0))
        try:
            bound[1].bind((OTHER_HOST, bound[0].getsockname()[1]))
        except OSError:
            for each in bound:
                each.close()
        else:
            return bound


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[Address]:
    """Run a scripted server; yield its first place."""
    loop = asyncio.get_running_loop()
    places: dict[tuple[bool, bool], Place] = {}
    for other_port in (False, True):
        for other_host, bound in enumerate(bind_both()):
            here = (bool(other_host), other_port)
            place = Place(script, places, here)
            await loop.create_datagram_endpoint(lambda place=place: place, sock=bound)  # type: ignore[misc]
            places[here] = place
    try:
        yield places[False, False].address
    finally:
        for place in places.values():
            place.transport.close()


def by_host(other_host: bool, _other_port: bool) -> Address:
    return Address("198.51.100.9", 4000 + other_host)


def by_place(other_host: bool, other_port: bool) -> Address:
    return Address("198.51.100.9", 4000 + other_host + 2 * other_port)


async def test_every_behaviour_is_told_apart() -> None:
    mappings: list[tuple[Any, Behaviour]] = [(same, INDEPENDENT), (by_host, ADDRESS), (by_place, PORT)]
    filters: list[tuple[Any, Behaviour]] = [
        (lambda _host, _port: True, INDEPENDENT),
        (lambda host, _port: not host, ADDRESS),
        (lambda _host, _port: False, PORT),
    ]

    async def find(script: Script) -> Nat:
        async with scripted(script) as server:
            return await discover_nat(*server)

    cases = [(each, other) for each in mappings for other in filters]
    found = await asyncio.gather(*(find(Script(mapped[0], lets_in[0])) for mapped, lets_in in cases))
    for (mapping, filtering), nat in zip(cases, found, strict=True):
        assert (nat.mapping, nat.filtering) == (mapping[1], filtering[1])
        assert nat.translates
        assert nat.is_hard == (mapping[1] is not INDEPENDENT)


@pytest.mark.parametrize(
    ("mapping", "filtering", "mapped_host", "kind"),
    [
        (INDEPENDENT, INDEPENDENT, "198.51.100.9", "full cone NAT"),
        (INDEPENDENT, ADDRESS, "198.51.100.9", "address-restricted NAT"),
        (INDEPENDENT, PORT, "198.51.100.9", "port-restricted NAT"),
        (PORT, PORT, "198.51.100.9", "symmetric NAT"),
        (ADDRESS, PORT, "198.51.100.9", "symmetric NAT"),
        (INDEPENDENT, INDEPENDENT, "10.0.0.5", "no NAT"),
        (INDEPENDENT, PORT, "10.0.0.5", "no NAT, but a firewall"),
        (None, None, "198.51.100.9", "NAT of an unknown kind"),
        (None, None, "10.0.0.5", "no NAT"),
    ],
)
def test_the_names_people_know(
    mapping: Behaviour | None, filtering: Behaviour | None, mapped_host: str, kind: str
) -> None:
    found = Nat(Address("10.0.0.5", 1), Address(mapped_host, 2), mapping, filtering)
    assert found.kind == kind


async def test_a_server_with_one_address_tells_the_address_only() -> None:
    async with scripted(Script(tells_other=False)) as server:
        found = await discover_nat(*server)
    assert found.mapped == Address("198.51.100.9", 4000)
    assert (found.mapping, found.filtering) == (None, None)


async def test_silence_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nat_module, "_ANSWER_S", 0.3)
    script = Script(answers=False)
    async with scripted(script) as server:
        with pytest.raises(ProbeError, match="no answer"):
            await discover_nat(*server)
    assert script.asked


async def test_a_name_nobody_has_is_an_error() -> None:
    with pytest.raises(ProbeError, match="cannot be found"):
        await discover_nat("no such host.invalid", 3478)


async def test_loopback_is_no_nat(start_relay: RelayStarter) -> None:
    """STUN9 to STUN11: with the real server."""
    relay, _ = await start_with_two(start_relay)
    found = await discover_nat(HOST, relay.port)
    assert (found.mapping, found.filtering) == (INDEPENDENT, INDEPENDENT)
    assert found.local == found.mapped
    assert found.kind == "no NAT"


async def test_a_mapping_is_kept_and_its_changes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    told: list[Address | None] = []
    async with scripted(script) as server, KeptMapping(*server, every_s=0.02, changed=told.append) as kept:
        await until(lambda: kept.mapped == Address("198.51.100.9", 4000))
        before = len(script.asked)
        await until(lambda: len(script.asked) > before + 3)
        script.mapped = lambda _host, _port: Address("198.51.100.9", 5000)
        await until(lambda: kept.mapped == Address("198.51.100.9", 5000))
        # Only now is silence expected, and not waited for as long.
        script.answers = False
        with monkeypatch.context() as impatient:
            impatient.setattr(nat_module, "_ANSWER_S", 0.1)
            await until(lambda: kept.mapped is None)
        script.answers = True
        await until(lambda: kept.mapped is not None)
    assert told == [
        Address("198.51.100.9", 4000),
        Address("198.51.100.9", 5000),
        None,
        Address("198.51.100.9", 5000),
    ]


LAB = {
    RouterNat.FULL_CONE: "full cone NAT",
    RouterNat.ADDRESS_RESTRICTED: "address-restricted NAT",
    RouterNat.PORT_RESTRICTED: "port-restricted NAT",
    RouterNat.SYMMETRIC: "symmetric NAT",
    RouterNat.DOUBLE: "port-restricted NAT",
}


@contextmanager
def inside(namespace: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the program in a namespace until the block ends."""
    process = subprocess.Popen(
        ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.stun.nat_program", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.root
@pytest.mark.xdist_group("nat")
@pytest.mark.skipif(bool(missing()), reason=missing() or "-")
def test_real_nats_are_recognised() -> None:
    """STUN9 to STUN11: routers of Linux, one of each kind, asked at the same time."""
    network = Network()
    try:
        network.build()
        with ExitStack() as running:
            server = running.enter_context(inside(network.public, "serve", RELAY_ADDRESS, DOOR_ADDRESS))
            assert server.stdout is not None
            port = json.loads(server.stdout.readline())
            asking = {
                nat: running.enter_context(
                    inside(network.homes[nat, "a"].namespace, "ask", RELAY_ADDRESS, str(port))
                )
                for nat in LAB
            }
            for nat, process in asking.items():
                printed, _ = process.communicate(timeout=LAB_WAIT_S)
                host, _, _, kind = json.loads(printed)
                assert kind == LAB[nat]
                assert host.startswith("203.0.113.")
    finally:
        network.close()
