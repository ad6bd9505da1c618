"""Direct paths from the first signal on: real sockets, the real STUN server, all on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from hutong.client.peers.servers import Servers
from hutong.client.punch import attempt as attempt_module
from hutong.client.punch import direct as direct_module
from hutong.client.punch.datagrams import PunchSocket
from hutong.client.punch.direct import DirectPaths
from hutong.client.punch.gatherer import Gatherer, Means
from hutong.client.punch.quic_line import QuicLine
from hutong.client.punch.stun import StunQuestions
from hutong.client.punch.tcp_port import TcpPort
from hutong.client.transfers.door import DoorLine
from hutong.client.transfers.line import Line
from hutong.edge.relay import RelayServer
from hutong.platform.clock import Randomness
from hutong.protocols.punch import Candidate, Kind
from hutong.protocols.stun import Address, Family
from hutong.schema import peers_pb2 as pb
from hutong.schema import transfers_pb2
from tests.stun.loopback import HOST, relay_server

from .lines import WITHIN_S, Heard


@asynccontextmanager
async def stun_server() -> AsyncIterator[Servers]:
    relay: RelayServer = relay_server()
    await relay.start()
    place = (HOST, relay.port)
    try:
        yield Servers(stun=place, stun_tcp=place)
    finally:
        await relay.close()


class Signals:
    """Carries signals between two `DirectPaths`, and keeps what was said."""

    def __init__(self, files: tuple[Heard, Heard]) -> None:
        self.paths = tuple(DirectPaths(each) for each in files)
        self.said: tuple[list[pb.Punch], list[pb.Punch]] = ([], [])
        self.carries = True

    def begin(self, *servers: Servers) -> None:
        for number, each in enumerate(servers * (3 - len(servers))):
            self.paths[number].begin(each, self._say(number), offerer=number == 0)

    def _say(self, number: int) -> Callable[[pb.Punch], None]:
        loop = asyncio.get_running_loop()

        def say(punch: pb.Punch) -> None:
            told = pb.Punch.FromString(punch.SerializeToString())
            self.said[number].append(told)
            if self.carries:
                loop.call_soon(lambda: self.paths[1 - number].heard(told, offerer=number == 1))

        return say


@asynccontextmanager
async def two_ends() -> AsyncIterator[tuple[Signals, Heard, Heard]]:
    files = Heard(), Heard()
    signals = Signals(files)
    try:
        yield signals, *files
    finally:
        for each in signals.paths:
            await each.close()
            assert not each.open


async def opened(*files: Heard) -> list[Line]:
    return list(await asyncio.wait_for(asyncio.gather(*(each.line for each in files)), WITHIN_S))


def cut(line: Line) -> None:
    """Lose it without a word, as a network does."""
    assert isinstance(line, QuicLine)
    line._pipe._lose()


async def test_two_ends_find_each_other_over_udp() -> None:
    """PUNCH2, PUNCH9: and carry both ways."""
    async with stun_server() as servers, two_ends() as (signals, one, other):
        signals.begin(servers)
        ours, theirs = await opened(one, other)
        assert isinstance(ours, QuicLine)
        ours.send(transfers_pb2.ChannelMessage(ask=True))
        theirs.send(transfers_pb2.ChannelMessage(placed=True))
        await other.until(lambda: other.messages)
        await one.until(lambda: one.messages)
        assert all(each.open for each in signals.paths)
    # A key an attempt, and what is not the first word names the other's.
    offered, answered = signals.said
    assert {each.public_key for each in offered} == {answered[0].towards}
    assert offered[0].towards == b""
    assert {each.towards for each in answered} == {offered[0].public_key}


async def test_without_a_server_own_addresses_are_enough() -> None:
    """PUNCH1: in one network nobody else is needed."""
    async with two_ends() as (signals, one, other):
        signals.begin(Servers())
        await opened(one, other)
        kinds = {each.kind for said in signals.said for punch in said for each in punch.candidates}
    assert kinds == {pb.PUNCH_KIND_HOST}


@pytest.mark.parametrize("blocked", ["both", "offerer", "answerer"])
async def test_where_udp_is_blocked_both_connect_over_tcp(
    blocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PUNCH10."""
    monkeypatch.setattr(PunchSocket, "send", lambda _self, _address, _data: None)
    async with stun_server() as servers, two_ends() as (signals, one, other):
        no_udp = Servers(udp=False, stun=servers.stun, stun_tcp=servers.stun_tcp)
        signals.begin(
            servers if blocked == "answerer" else no_udp, servers if blocked == "offerer" else no_udp
        )
        lines = await opened(one, other)
        assert all(isinstance(line, DoorLine) for line in lines)
        lines[0].send(transfers_pb2.ChannelMessage(ask=True))
        await other.until(lambda: other.messages)


async def test_tcp_is_the_second_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """PUNCH10: nobody knows that UDP does not pass, until it has not passed."""
    monkeypatch.setattr(attempt_module, "TCP_AFTER_S", 0.3)
    send = PunchSocket.send

    def stun_only(self: PunchSocket, address: Address, data: bytes) -> None:
        if data[0] < 4:
            send(self, address, data)

    monkeypatch.setattr(PunchSocket, "send", stun_only)
    async with stun_server() as servers, two_ends() as (signals, one, other):
        signals.begin(servers)
        lines = await opened(one, other)
        assert all(isinstance(line, DoorLine) for line in lines)


async def test_a_line_that_breaks_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """PUNCH11: with new keys."""
    monkeypatch.setattr(direct_module, "AGAIN_AFTER_LOSS_S", 0.1)
    settled = asyncio.Event()
    run = attempt_module.Attempt.run

    async def offered(self: attempt_module.Attempt) -> None:
        await run(self)
        if self._offerer:
            settled.set()

    monkeypatch.setattr(attempt_module.Attempt, "run", offered)
    async with stun_server() as servers, two_ends() as (signals, one, other):
        signals.begin(servers)
        first = await opened(one, other)
        # It breaks when nobody is busy with it any more.
        await asyncio.wait_for(settled.wait(), WITHIN_S)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        one.line = asyncio.get_running_loop().create_future()
        other.line = asyncio.get_running_loop().create_future()
        for line in first:
            cut(line)
        second = await opened(one, other)
        assert not set(first) & set(second)
        assert (len(one.lines), len(other.lines)) == (1, 1)
    assert len({each.public_key for each in signals.said[0]}) == 2


async def test_who_never_answers_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """PUNCH2: a browser does not know the word."""
    monkeypatch.setattr(attempt_module, "_ANSWER_WITHIN_S", 0.2)
    monkeypatch.setattr(direct_module, "_AGAIN_S", 0.05)
    ran: list[None] = []
    run = attempt_module.Attempt.run

    async def counted(self: attempt_module.Attempt) -> None:
        await run(self)
        ran.append(None)

    monkeypatch.setattr(attempt_module.Attempt, "run", counted)
    async with two_ends() as (signals, _one, _other):
        signals.carries = False
        signals.begin(Servers())
        await asyncio.sleep(1.0)
        assert len(ran) == 1
        signals.begin(Servers())
        await asyncio.sleep(1.0)
        assert len(ran) == 2


async def test_an_attempt_that_fails_is_made_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """PUNCH11: and again, with longer and longer pauses."""
    monkeypatch.setattr(direct_module, "_AGAIN_S", 0.05)
    monkeypatch.setattr("hutong.protocols.punch.puncher.ATTEMPT_S", 0.2)
    monkeypatch.setattr(attempt_module, "_TCP_S", 0.1)
    send = PunchSocket.send
    monkeypatch.setattr(PunchSocket, "send", lambda _self, _address, _data: None)
    async with two_ends() as (signals, one, other):
        signals.begin(Servers())
        async with asyncio.timeout(WITHIN_S):
            while len({each.public_key for each in signals.said[0]}) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        monkeypatch.setattr(PunchSocket, "send", send)
        await opened(one, other)


async def test_offers_that_follow_each_other_too_fast_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """PUNCH2: each would cost sockets."""
    made: list[None] = []
    make = attempt_module.Attempt.__init__

    def counted(self: attempt_module.Attempt, *args: object, **options: object) -> None:
        made.append(None)
        make(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(attempt_module.Attempt, "__init__", counted)
    async with two_ends() as (signals, _one, _other):
        signals.carries = False
        signals.paths[1].begin(Servers(), lambda _punch: None, offerer=False)
        for _ in range(200):
            signals.paths[1].heard(pb.Punch(public_key=os.urandom(32)), offerer=False)
            await asyncio.sleep(0)
        assert len(made) == 1


@pytest.mark.parametrize(
    "punch",
    [
        pb.Punch(),
        pb.Punch(public_key=bytes(32)),
        pb.Punch(public_key=b"short", candidates=[pb.PunchCandidate()]),
        pb.Punch(public_key=os.urandom(32), towards=b"somebody else"),
    ],
)
async def test_signals_that_are_nonsense(punch: pb.Punch) -> None:
    """PUNCH2: they neither open nor stop anything."""
    async with stun_server() as servers, two_ends() as (signals, one, other):
        signals.begin(servers)
        for path, offerer in zip(signals.paths, (True, False), strict=True):
            path.heard(punch, offerer=offerer)
        await opened(one, other)


@contextmanager
def listener() -> Iterator[tuple[socket.socket, Address]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        sock.setblocking(False)
        yield sock, Address(*sock.getsockname())


async def test_a_third_party_gets_little() -> None:
    """PUNCH3, PUNCH6: whoever names somebody else's address has a few small packets sent there."""
    with listener() as (victim, address):
        async with stun_server() as servers:
            paths = DirectPaths(Heard())
            paths.begin(servers, lambda _punch: None, offerer=False)
            host = socket.inet_aton(address.host)
            named = pb.PunchCandidate(kind=pb.PUNCH_KIND_REFLEXIVE, host=host, port=address.port)
            paths.heard(pb.Punch(public_key=os.urandom(32), candidates=[named] * 100), offerer=False)
            while (running := paths._running) is None:  # noqa: ASYNC110
                await asyncio.sleep(0)
            await asyncio.wait_for(running, WITHIN_S)
            await paths.close()
        sizes: list[int] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                sizes.append(len(victim.recv(2048)))
    assert 10 <= len(sizes) <= 40
    assert set(sizes) == {26}


async def test_closing_in_the_middle_leaves_nothing() -> None:
    async with stun_server() as servers:
        for _ in range(5):
            async with two_ends() as (signals, _one, _other):
                signals.begin(servers)
                await asyncio.sleep(0.05)


class Scripted:
    """STUN answers out of a list: what each place sees."""

    def __init__(self, *seen: tuple[str, int]) -> None:
        self._seen = list(seen)

    async def ask(self, _asking: PunchSocket, _server: Address) -> object:
        from hutong.client.punch.stun import Seen

        return Seen(Address(*self._seen.pop(0)), Address("192.0.2.2", 3479)) if self._seen else None


@pytest.mark.parametrize(
    ("second", "symmetric", "predicted"),
    [(5000, False, []), (5002, True, [5004, 5006, 5008]), (4999, True, [4998, 4997, 4996]), (9000, True, [])],
)
async def test_a_router_that_counts_is_predicted(second: int, symmetric: bool, predicted: list[int]) -> None:
    """PUNCH1."""
    gatherer = Gatherer(
        Means(Servers(stun=(HOST, 3478)), Randomness()),
        Scripted(("203.0.113.1", 5000), ("203.0.113.1", second)),  # type: ignore[arg-type]
        lambda: None,
    )
    asking = PunchSocket(0, Family.IPV4, lambda _socket, _data, _source: None)
    try:
        gatherer.open([])
        await gatherer.gather([asking])
    finally:
        asking.close()
        await gatherer.close()
    assert gatherer.symmetric is symmetric
    assert gatherer.candidates == [
        Candidate(Kind.REFLEXIVE, Address("203.0.113.1", 5000)),
        *(Candidate(Kind.PREDICTED, Address("203.0.113.1", port)) for port in predicted),
    ]


async def test_a_router_that_maps_is_asked_and_let_go() -> None:
    """PUNCH1, PUNCH10: the mappings last as long as the line that may need them."""
    open_now: list[tuple[str, int]] = []

    @asynccontextmanager
    async def map_port(kind: str, local_port: int, *, towards: str | None) -> AsyncIterator[Address | None]:
        assert towards == HOST
        open_now.append((kind, local_port))
        yield Address("198.51.100.1", local_port)
        open_now.remove((kind, local_port))

    async with stun_server() as servers:
        mapped = asyncio.Event()

        def say(punch: pb.Punch) -> None:
            given = [each for each in punch.candidates if each.kind == pb.PUNCH_KIND_MAPPED]
            named = {("tcp" if each.tcp else "udp", each.port) for each in given}
            if len(named) == 2:
                assert named == set(open_now)
                mapped.set()

        paths = DirectPaths(Heard(), map_port=map_port)
        paths.begin(servers, say, offerer=True)
        await asyncio.wait_for(mapped.wait(), WITHIN_S)
        assert sorted(kind for kind, _ in open_now) == ["tcp", "udp"]
        await paths.close()
    assert open_now == []


async def test_stun_answers_are_taken_from_who_was_asked_only() -> None:
    """PUNCH5."""
    questions = StunQuestions(Randomness())
    heard = asyncio.Event()

    def on_datagram(_socket: PunchSocket, data: bytes, source: Address) -> None:
        questions.take(data, Address(source.host, source.port + 1))
        heard.set()

    asking = PunchSocket(0, Family.IPV4, on_datagram)
    async with stun_server() as servers:
        assert servers.stun is not None
        question = asyncio.create_task(questions.ask(asking, Address(*servers.stun)))
        await asyncio.wait_for(heard.wait(), WITHIN_S)
        assert not question.done()
        question.cancel()
        await asyncio.wait([question])
        asking.close()


async def test_a_tcp_port_is_the_same_for_everybody() -> None:
    """PUNCH10."""
    async with stun_server() as servers:
        assert servers.stun_tcp is not None
        one, other = TcpPort(Family.IPV4, Randomness()), TcpPort(Family.IPV4, Randomness())
        here = await one.seen_by(Address(*servers.stun_tcp))
        there = await other.seen_by(Address(*servers.stun_tcp))
        assert here is not None
        assert there is not None
        until = asyncio.get_running_loop().time() + WITHIN_S
        ours, theirs = await asyncio.gather(one.open_with([there], until), other.open_with([here], until))
        assert ours is not None
        assert theirs is not None
        with ours, theirs:
            assert ours.getsockname() == theirs.getpeername() == tuple(here)
        one.close()
        other.close()
        assert await one.open_with([there], 0.0) is None


async def test_a_mapped_port_lets_in_where_the_one_the_server_saw_does_not() -> None:
    """PUNCH10: a symmetric router takes another port for each, but keeps what it gave."""
    one, other = TcpPort(Family.IPV4, Randomness()), TcpPort(Family.IPV4, Randomness())
    async with stun_server() as servers:
        assert servers.stun_tcp is not None
        assert await one.seen_by(Address(*servers.stun_tcp)) is not None
        given = await other.seen_by(Address(*servers.stun_tcp))
        assert given is not None
        with socket.socket() as nobody:
            nobody.bind((HOST, 0))
            seen = Address(HOST, nobody.getsockname()[1])
            until = asyncio.get_running_loop().time() + WITHIN_S
            connecting = asyncio.create_task(one.open_with([seen, given], until))
            theirs = await other.open_with([seen], until)
            ours = await connecting
        assert ours is not None
        assert theirs is not None
        with ours, theirs:
            assert ours.getpeername() == theirs.getsockname() == tuple(given)
        one.close()
        other.close()
