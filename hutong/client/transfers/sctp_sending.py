"""aiortc's SCTP as a sender, without walking through all that is on its way for each SACK.

aiortc looks at every packet that is not acknowledged whenever it is told anything, twice where packets are
missing, and sends what it counts as lost again after three SACKs, whether the packet that was sent again can
have arrived or not. With a thousand packets on their way and a few lost that took a millisecond a SACK, and
what could not keep up with its SACKs lost more. Here only holes are looked at, and a packet is lost when
three SACKs told of others that left after it did (as RFC 8985 counts). Slow start ends when a queue builds.
"""

# ruff: noqa: SLF001  aiortc's inside has no other door

from __future__ import annotations

import asyncio
import time
from collections import deque
from itertools import islice
from struct import Struct

from aiortc import RTCDtlsTransport, RTCSctpTransport
from aiortc.rtcsctptransport import SCTP_RTO_MAX, USERDATA_MAX_LENGTH, Chunk, DataChunk, SackChunk
from google_crc32c import value as crc32c

from hutong.client.transfers.slow_start import SlowStart

TSN_MASK = 0xFFFFFFFF
_TSN_HALF = TSN_MASK >> 1
_DATA = 0
# Ports, tag, checksum; then a chunk's type, flags and length, and what stands before a DATA chunk's bytes.
HEADER = Struct("!HHLLBBHLHHL")
CHECKSUM = Struct("<L")
CHECKSUM_AT = 8
CHUNK_HEADER_BYTES = 16
_MISSES_MAX = 3
# As dcsctp: more than its SACKs wait, less than the RFC's second.
_RTO_MIN_S = 0.4
_CWND_BYTES = 10 * USERDATA_MAX_LENGTH
_BURST_BYTES, _BURST_AGAIN_BYTES = 4 * USERDATA_MAX_LENGTH, 2 * USERDATA_MAX_LENGTH


def forget(task: asyncio.Task[None]) -> None:
    """Look at what became of a packet: a path that is gone needs none."""
    if not task.cancelled():
        task.exception()


class QuickSending(RTCSctpTransport):
    """The same on the wire; what it counts is bytes of user data, as aiortc does."""

    # aiortc tells mypy only what it begins with.
    _fast_recovery_exit: int | None  # type: ignore[assignment]

    def __init__(self, transport: RTCDtlsTransport, port: int = 5000) -> None:
        """Stand on one of DTLS, as aiortc's."""
        super().__init__(transport, port)
        self._cwnd = _CWND_BYTES
        self._peer_window = _CWND_BYTES
        self._cwnd_full = False
        self._slow_start = SlowStart()
        self._round_ends = self._local_tsn
        self._holes: deque[DataChunk] = deque()  # told missing, or to be sent again
        self._told_to = self._last_sacked_tsn  # all up to here is acknowledged or a hole
        self._resend: deque[DataChunk] = deque()
        self._resends_at_s = 0.0

    # ---- SACKs ----

    async def _receive_sack_chunk(self, chunk: SackChunk) -> None:
        await self._acknowledged(chunk.cumulative_tsn, chunk.advertised_rwnd, chunk.gaps)

    async def _acknowledged(self, tsn: int, window_bytes: int, gaps: list[tuple[int, int]]) -> None:
        """Take a SACK: all up to `tsn` has arrived, and what `gaps` tell, counted from there."""
        if tsn - self._last_sacked_tsn & TSN_MASK > _TSN_HALF:
            return
        now = time.monotonic()
        self._last_sacked_tsn = tsn
        self._peer_window = window_bytes
        newest_s = 0.0
        done_bytes = 0
        moved = False
        sent = self._sent_queue
        while sent and tsn - sent[0].tsn & TSN_MASK <= _TSN_HALF:
            chunk = sent.popleft()
            sent_s = chunk._sent_time or now
            if not moved and chunk._sent_count == 1 and not chunk._acked:
                self._update_rto(now - sent_s)
                self._slow_start.sample(now - sent_s)
            moved = True
            if not chunk._acked:
                chunk._acked = True
                done_bytes += chunk._book_size
                newest_s = max(newest_s, sent_s)
            if chunk._in_flight:
                chunk._in_flight = False
                self._flight_size -= chunk._book_size
        if self._told_to - tsn & TSN_MASK > _TSN_HALF:
            self._told_to = tsn
        lost = False
        if gaps or self._holes:
            told_bytes, told_newest_s = self._take_gaps(tsn, gaps)
            done_bytes += told_bytes
            lost = self._find_lost(max(newest_s, told_newest_s))
        self._adjust_window(tsn, done_bytes, moved=moved, lost=lost)
        if not sent:
            self._t3_cancel()
        elif moved:
            self._t3_restart()
        if self._remote_partial_reliability:
            self._update_advanced_peer_ack_point()
        await self._data_channel_flush()
        await self._transmit()

    def _take_gaps(self, tsn: int, gaps: list[tuple[int, int]]) -> tuple[int, float]:
        """Sort what a SACK tells beyond `tsn` into arrived and missing.

        Return how many bytes are new, and when the last of them was sent.
        """
        done_bytes, newest_s = 0, 0.0
        told = sorted(gaps)
        fresh: list[DataChunk] = []
        ahead = self._told_to - tsn & TSN_MASK
        if told and self._sent_queue and told[-1][1] > ahead:
            # Numbers follow each other in the queue; given up ones may have left its beginning.
            before = self._sent_queue[0].tsn - tsn - 1 & TSN_MASK
            fresh = list(islice(self._sent_queue, max(ahead - before, 0), max(told[-1][1] - before, 0)))
            self._told_to = tsn + told[-1][1] & TSN_MASK
        holes: deque[DataChunk] = deque()
        place = 0
        for chunk in (*self._holes, *fresh):
            if chunk._acked or chunk._abandoned:
                continue
            offset = chunk.tsn - tsn & TSN_MASK
            while place < len(told) and told[place][1] < offset:
                place += 1
            if place == len(told) or told[place][0] > offset:
                holes.append(chunk)
                continue
            chunk._acked = True
            done_bytes += chunk._book_size
            newest_s = max(newest_s, chunk._sent_time or 0.0)
            self._flight_size_decrease(chunk)
        self._holes = holes
        return done_bytes, newest_s

    def _find_lost(self, newest_s: float) -> bool:
        """Count what was sent before something that has now arrived; tell whether anything is lost."""
        lost = False
        for chunk in self._holes:
            if chunk._retransmit or (chunk._sent_time or 0.0) >= newest_s:
                continue
            chunk._misses += 1
            if chunk._misses < _MISSES_MAX:
                continue
            chunk._misses = 0
            self._flight_size_decrease(chunk)
            lost = True
            if not self._maybe_abandon(chunk):
                chunk._retransmit = True
                self._resend.append(chunk)
        return lost

    def _adjust_window(self, tsn: int, done_bytes: int, *, moved: bool, lost: bool) -> None:
        """Let the window grow, halve it once for what was lost together."""
        round_over = tsn - self._round_ends & TSN_MASK <= _TSN_HALF
        if round_over:
            self._round_ends = self._local_tsn
        if self._fast_recovery_exit is None:
            if self._cwnd <= self._ssthresh:
                if moved and self._cwnd_full:
                    self._cwnd += min(done_bytes, USERDATA_MAX_LENGTH) // self._slow_start.slower
                if round_over and self._slow_start.round_over():
                    self._ssthresh = self._cwnd - 1
            elif moved and self._cwnd_full:
                self._partial_bytes_acked += done_bytes
                if self._partial_bytes_acked >= self._cwnd:
                    self._partial_bytes_acked -= self._cwnd
                    self._cwnd += USERDATA_MAX_LENGTH
            if lost:
                self._ssthresh = max(self._cwnd // 2, _BURST_BYTES)
                self._cwnd = self._ssthresh
                self._partial_bytes_acked = 0
                self._fast_recovery_exit = self._sent_queue[-1].tsn
                self._fast_recovery_transmit = True
        elif tsn - self._fast_recovery_exit & TSN_MASK <= _TSN_HALF:
            self._fast_recovery_exit = None

    # ---- sending ----

    async def _transmit(self) -> None:
        """Send what the window lets out, lost packets first."""
        if self._forward_tsn_chunk is not None:
            await self._send_chunk(self._forward_tsn_chunk)
            self._forward_tsn_chunk = None
            self._t3_start()
        burst_bytes = _BURST_BYTES if self._fast_recovery_exit is None else _BURST_AGAIN_BYTES
        window_bytes = max(min(self._cwnd, self._peer_window), 1)
        limit_bytes = min(self._flight_size + burst_bytes, window_bytes)
        while self._resend and (self._flight_size < limit_bytes or self._fast_recovery_transmit):
            chunk = self._resend.popleft()
            if chunk._retransmit and not chunk._acked:
                self._fast_recovery_transmit = False
                await self._send_one(chunk)
                if chunk is self._sent_queue[0]:
                    self._t3_restart()
        while self._outbound_queue and self._flight_size < limit_bytes:
            chunk = self._outbound_queue.popleft()
            self._sent_queue.append(chunk)
            await self._send_one(chunk)
        self._cwnd_full = self._flight_size >= self._cwnd

    async def _send_one(self, chunk: DataChunk) -> None:
        self._flight_size_increase(chunk)
        chunk._misses = 0
        chunk._retransmit = False
        chunk._sent_count += 1
        chunk._sent_time = time.monotonic()
        self._t3_start()
        await self._send_chunk(chunk)

    async def _send_chunk(self, chunk: Chunk) -> None:
        if type(chunk) is not DataChunk:
            await super()._send_chunk(chunk)
            return
        length = CHUNK_HEADER_BYTES + len(chunk.user_data)
        header = HEADER.pack(
            self._local_port,
            self._remote_port or 0,
            self._remote_verification_tag,
            0,
            _DATA,
            chunk.flags,
            length,
            chunk.tsn,
            chunk.stream_id,
            chunk.stream_seq,
            chunk.protocol,
        )
        packet = bytearray(header + chunk.user_data + bytes(-length & 3))
        CHECKSUM.pack_into(packet, CHECKSUM_AT, crc32c(bytes(packet)))
        await self.transport._send_data(bytes(packet))

    # ---- when no SACK comes ----

    def _update_rto(self, R: float) -> None:  # noqa: N803  aiortc's name
        super()._update_rto(R)
        assert self._srtt is not None
        assert self._rttvar is not None
        self._rto = max(_RTO_MIN_S, min(self._srtt + 4 * self._rttvar, SCTP_RTO_MAX))

    def _t3_start(self) -> None:
        if self._t3_handle is None:
            self._t3_restart()

    def _t3_restart(self) -> None:
        """Count from now. The timer that runs looks again when it is due: a new one each SACK costs more."""
        self._resends_at_s = time.monotonic() + self._rto
        if self._t3_handle is None:
            self._t3_handle = asyncio.get_running_loop().call_later(self._rto, self._t3_expired)

    def _t3_expired(self) -> None:
        """Send again all that is not acknowledged, beginning with one packet."""
        self._t3_handle = None
        left_s = self._resends_at_s - time.monotonic()
        if left_s > 0:
            self._t3_handle = asyncio.get_running_loop().call_later(left_s, self._t3_expired)
            return
        if self._sent_queue and self._sent_queue[0]._acked:
            # A receiver may go back on what it told beyond the first missing one (RFC 9260, 6.2.1).
            for chunk in self._sent_queue:
                chunk._acked = False
        self._rto = min(2 * self._rto, SCTP_RTO_MAX)
        self._resend.clear()
        for chunk in self._sent_queue:
            if not chunk._acked and not self._maybe_abandon(chunk):
                chunk._retransmit = True
                self._resend.append(chunk)
            self._flight_size_decrease(chunk)
        self._holes = deque(self._resend)
        if self._sent_queue:
            self._told_to = self._sent_queue[-1].tsn
        self._update_advanced_peer_ack_point()
        self._fast_recovery_exit = None
        self._fast_recovery_transmit = False
        self._partial_bytes_acked = 0
        self._ssthresh = max(self._cwnd // 2, _BURST_BYTES)
        self._cwnd = USERDATA_MAX_LENGTH
        self._slow_start = SlowStart()
        task = asyncio.get_running_loop().create_task(self._transmit())
        task.add_done_callback(forget)
