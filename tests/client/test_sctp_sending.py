"""Our sender against aiortc's own receiver, on a path that loses, doubles and reorders what a test says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiortc import RTCDtlsTransport, RTCSctpTransport
from aiortc.rtcsctptransport import USERDATA_MAX_LENGTH, DataChunk, SackChunk, parse_packet

from hutong.client.transfers.sctp import QuickSctpTransport
from hutong.client.transfers.slow_start import SlowStart

FIRST_TSN = 1_000
WRAPPING_TSN = 2**32 - 200
MASK = 2**32 - 1


class Dtls:
    """Keeps what is sent."""

    state = "connected"

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def _send_data(self, data: bytes) -> None:
        self.sent.append(data)

    def taken(self) -> list[bytes]:
        sent, self.sent = self.sent, []
        return sent


def _transport(kind: type[RTCSctpTransport], dtls: Dtls, tags: tuple[int, int]) -> RTCSctpTransport:
    lower: RTCDtlsTransport = dtls  # type: ignore[assignment]
    transport = kind(lower)
    transport._association_state = transport.State.ESTABLISHED
    transport._local_verification_tag, transport._remote_verification_tag = tags
    transport._remote_port = 5000
    transport._ssthresh = 4 * 1024 * 1024
    return transport


class Path:
    """A sender and aiortc's receiver; packets go over in rounds. `lose` says which DATA are lost."""

    def __init__(self, kind: type[RTCSctpTransport], first_tsn: int = FIRST_TSN) -> None:
        self._up, self._down = Dtls(), Dtls()
        self.sender = _transport(kind, self._up, (7, 9))
        before = first_tsn - 1 & MASK
        self.sender._local_tsn = first_tsn
        self.sender._last_sacked_tsn = self.sender._advanced_peer_ack_tsn = before
        if isinstance(self.sender, QuickSctpTransport):
            self.sender._told_to, self.sender._round_ends = before, first_tsn
        self.receiver = _transport(QuickSctpTransport, self._down, (9, 7))
        self.receiver._last_received_tsn = before
        self.receiver._receive = self._received  # type: ignore[method-assign, assignment]
        self.messages: list[bytes] = []
        self.data: list[bytes] = []
        self.lose: Callable[[bytes], bool] = lambda _: False
        self.mix: Callable[[list[bytes]], list[bytes]] = lambda packets: packets

    async def _received(self, stream_id: int, protocol: int, data: bytes) -> None:
        self.messages.append(data)

    async def round(self) -> bool:
        """Bring over what was sent, and the SACKs back; tell whether there was anything."""
        packets = self._up.taken()
        self.data += packets
        for packet in self.mix([each for each in packets if not self.lose(each)]):
            await self.receiver._handle_data(packet)
        sacks = self._down.taken()
        for sack in sacks:
            await self.sender._handle_data(sack)
        return bool(packets or sacks)

    async def send(self, messages: list[bytes], *, rounds_max: int = 10_000) -> None:
        for message in messages:
            await self.sender._send(1, 53, message)
        for _ in range(rounds_max):
            if not await self.round():
                return
            # What the receiver's timer would send.
            if self.receiver._sack_needed:
                await self.receiver._send_sack()
        raise AssertionError("it does not end")


@asynccontextmanager
async def path(
    kind: type[RTCSctpTransport] = QuickSctpTransport, first_tsn: int = FIRST_TSN
) -> AsyncIterator[Path]:
    made = Path(kind, first_tsn)
    try:
        yield made
    finally:
        for end in (made.sender, made.receiver):
            end._set_state(end.State.CLOSED)


def said(dice: random.Random, count: int = 60) -> list[bytes]:
    return [dice.randbytes(dice.randrange(1, 16_384)) for _ in range(count)]


def tsn_of(packet: bytes) -> int:
    return int.from_bytes(packet[16:20], "big")


async def test_the_same_packets_as_aiortc() -> None:
    messages = said(random.Random(1))
    async with path(RTCSctpTransport) as long, path() as quick:
        await long.send(messages)
        await quick.send(messages)
        assert quick.messages == long.messages == messages
        assert quick.data == long.data
        assert quick.sender._flight_size == 0
        assert not quick.sender._sent_queue


@pytest.mark.parametrize("first_tsn", [FIRST_TSN, WRAPPING_TSN])
async def test_lost_packets_go_again_and_nothing_else(first_tsn: int) -> None:
    dice = random.Random(2)
    messages = said(dice)
    lost: list[int] = []

    def lose(packet: bytes) -> bool:
        # Not the last ones: nothing that comes after would tell of them.
        early = tsn_of(packet) - first_tsn & MASK < 300
        if early and tsn_of(packet) not in lost and dice.random() < 0.05:
            lost.append(tsn_of(packet))
            return True
        return False

    async with path(first_tsn=first_tsn) as quick:
        quick.lose = lose
        await quick.send(messages)
        assert lost
        assert quick.messages == messages
        numbers = [tsn_of(packet) for packet in quick.data]
        assert sorted(lost) == sorted(each for each in set(numbers) if numbers.count(each) > 1)
        assert len(numbers) == len(set(numbers)) + len(lost)


async def test_lost_twice_goes_a_third_time_without_a_timer() -> None:
    times = 0

    def lose(packet: bytes) -> bool:
        nonlocal times
        times += tsn_of(packet) == FIRST_TSN + 20
        return tsn_of(packet) == FIRST_TSN + 20 and times <= 2

    messages = said(random.Random(3))
    async with path() as quick:
        quick.lose = lose
        await quick.send(messages)
        assert quick.messages == messages
        assert times == 3


@pytest.mark.parametrize("seed", range(5))
async def test_doubled_and_reordered(seed: int) -> None:
    dice = random.Random(seed)

    def mix(packets: list[bytes]) -> list[bytes]:
        packets = packets + [each for each in packets if dice.random() < 0.1]
        dice.shuffle(packets)
        return packets

    messages = said(dice)
    async with path(first_tsn=WRAPPING_TSN) as quick:
        quick.mix = mix
        await quick.send(messages)
        assert quick.messages == messages
        assert quick.sender._flight_size == 0
        assert isinstance(quick.sender, QuickSctpTransport)
        assert not quick.sender._holes


async def expire(sender: RTCSctpTransport) -> None:
    """Let the time of the retransmission timer have come."""
    assert isinstance(sender, QuickSctpTransport)
    sender._t3_cancel()
    sender._resends_at_s = 0.0
    sender._t3_expired()
    # Its task has nothing to wait for here, so it is through in one turn.
    await asyncio.sleep(0)


async def test_the_timer_sends_again_what_is_missing_only() -> None:
    """The window is full of packets, of which the last but one alone arrives."""
    messages = said(random.Random(4))
    async with path() as quick:
        arrived: list[int] = []

        def lose(packet: bytes) -> bool:
            arrived.append(tsn_of(packet))
            return len(arrived) != 3

        quick.lose = lose
        await quick.send(messages)
        assert not quick.messages
        quick.lose = lambda _: False
        begun = len(quick.data)
        await expire(quick.sender)
        assert isinstance(quick.sender, QuickSctpTransport)
        assert FIRST_TSN + 2 not in {chunk.tsn for chunk in quick.sender._resend}
        assert quick.sender._cwnd == USERDATA_MAX_LENGTH
        await quick.send([])
        assert quick.messages == messages
        assert FIRST_TSN + 2 not in {tsn_of(packet) for packet in quick.data[begun:]}


async def test_a_timer_that_was_put_off_does_nothing() -> None:
    async with path() as quick:
        await quick.sender._send(1, 53, bytes(100))
        sender = quick.sender
        assert isinstance(sender, QuickSctpTransport)
        window = sender._cwnd
        sender._t3_cancel()
        sender._t3_expired()
        assert sender._cwnd == window
        assert sender._t3_handle is not None


async def test_no_more_than_the_receiver_has_room_for() -> None:
    async with path() as quick:
        await quick.sender._receive_sack_chunk(_sack(FIRST_TSN - 1, window_bytes=0))
        await quick.sender._send(1, 53, bytes(16_384))
        assert quick.sender._flight_size == USERDATA_MAX_LENGTH


@pytest.mark.parametrize(
    "gaps",
    [[(2, 65_535)] * 300, [(65_535, 1)], [(0, 0)], [(9, 5), (3, 3)], [(65_000, 65_535)]],
)
async def test_a_senseless_sack_stops_nothing(gaps: list[tuple[int, int]]) -> None:
    """Old ones are nothing; others are believed, and the timer mends what they were wrong about."""
    messages = said(random.Random(5), 3)
    async with path() as quick:
        quick.lose = lambda _: True
        await quick.send(messages)
        await quick.sender._receive_sack_chunk(_sack(FIRST_TSN - 500, gaps))
        assert quick.sender._last_sacked_tsn == FIRST_TSN - 1
        await quick.sender._receive_sack_chunk(_sack(FIRST_TSN - 1, gaps))
        quick.lose = lambda _: False
        for _ in range(50):
            await quick.send([])
            if quick.messages == messages:
                return
            await expire(quick.sender)
        raise AssertionError("it has stopped")


def _sack(tsn: int, gaps: list[tuple[int, int]] | None = None, *, window_bytes: int = 1_000_000) -> SackChunk:
    sack = SackChunk()
    sack.cumulative_tsn, sack.advertised_rwnd, sack.gaps = tsn, window_bytes, gaps or []
    return sack


async def test_what_leaves_is_what_aiortc_can_read() -> None:
    async with path() as quick:
        await quick.send([b"hello"])
        _, _, tag, chunks = parse_packet(quick.data[0])
        assert tag == 9
        assert isinstance(chunks[0], DataChunk)
        assert chunks[0].user_data == b"hello"


def _rounds(start: SlowStart, trips_s: list[list[float]]) -> list[bool]:
    ends = []
    for trips in trips_s:
        for each in trips:
            start.sample(each)
        ends.append(start.round_over())
    return ends


def test_slow_start_ends_when_a_queue_builds() -> None:
    start = SlowStart()
    ends = _rounds(start, [[0.040] * 10, [0.046] * 10])
    assert start.slower > 1
    ends += _rounds(start, [[0.047] * 10] * 4)
    assert ends == [False] * 5 + [True]


def test_slow_start_goes_on_when_it_was_no_queue() -> None:
    start = SlowStart()
    _rounds(start, [[0.040] * 10, [0.046] * 10])
    _rounds(start, [[0.041] * 10])
    assert start.slower == 1
    assert not any(_rounds(start, [[0.041] * 10] * 20))


def test_single_long_round_trips_do_not_end_slow_start() -> None:
    start = SlowStart()
    assert not any(_rounds(start, [[0.040] * 10, [0.040] + [0.500] * 20] * 10))
    assert start.slower == 1
