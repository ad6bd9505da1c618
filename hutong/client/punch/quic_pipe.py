"""One QUIC stream over a punched socket: qh3's core, with a shell that sends and receives in batches.

qh3's own asyncio shell carries 33 to 47 MB/s between two processes where its core carries five times that:
the difference is a system call and a callback for every packet.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Protocol

from qh3.quic.connection import QuicConnection, QuicConnectionError
from qh3.quic.events import ConnectionTerminated, HandshakeCompleted, QuicEvent, StreamDataReceived

from hutong.client.punch.batches import Batches
from hutong.client.punch.tls import OneTimeCertificate, configuration, one_time_certificate
from hutong.protocols.punch import FIRST_BYTE
from hutong.protocols.stun import Address
from hutong.protocols.transfer.piece import Bytes

# The two of a transfer speak on one stream.
_STREAM = 0
# Queued and not yet sent once; more would be memory, less would leave gaps between two turns of the loop.
BUFFERED_BYTES_MAX = 2 * 1024 * 1024
# A path that is silent for a second is asked, and after three it is dead: probes have failed by then.
_LOOK_EVERY_S = 0.5
_ASK_AFTER_S = 1.0
SILENT_S = 3.0
_INITIAL_BYTES_MIN = 1200
_LONG_HEADER, _INITIAL = 0xC0, 0x00


class PipeOwner(Protocol):
    """Who has a pipe."""

    def connected(self, certificate: bytes) -> None:
        """The handshake is over; the server's certificate, in DER."""

    def received(self, data: bytes) -> None:
        """Bytes of the stream, in order."""

    def drained(self) -> None:
        """There is room again."""

    def lost(self) -> None:
        """It is over, whoever ended it. Said once, and not after `close`."""


class QuicPipe:
    """Connects as a client, or waits for one, as soon as it is made. `close` ends it."""

    def __init__(
        self,
        sock: socket.socket,
        remote: Address,
        owner: PipeOwner,
        *,
        client: bool,
        other: Callable[[bytes, Address], None],
    ) -> None:
        """Take the socket over; `other` gets the datagrams of probes that come late."""
        # qh3 writes a warning for every connection the other end closes.
        logging.getLogger("quic").setLevel(logging.ERROR)
        self._loop = asyncio.get_running_loop()
        self._remote = remote
        self._owner = owner
        self._other = other
        self._certificate: OneTimeCertificate | None = None if client else one_time_certificate()
        self._quic: QuicConnection | None = None
        self._full = False
        self._flush_handle: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._heard_at = self._looked_at = self._loop.time()
        self._pings = 0
        self._closed = False
        self._batches = Batches(sock, remote, readable=self._readable, writable=self._flush)
        self._look_timer = self._loop.call_later(_LOOK_EVERY_S, self._look)
        if client:
            self._quic = QuicConnection(configuration=configuration(self._certificate))
            self._quic.connect(remote, self._loop.time())
            self._flush()

    # ---- the stream ----

    @property
    def room(self) -> bool:
        """Whether it takes more bytes now."""
        if self._quic is None or self._closed:
            return False
        room = self._quic.get_send_buffer_size() < BUFFERED_BYTES_MAX
        self._full = self._full or not room
        return room

    def send(self, *parts: Bytes) -> None:
        """Queue bytes."""
        if self._quic is None or self._closed:
            return
        try:
            for part in parts:
                self._quic.send_stream_data(_STREAM, part)
        except QuicConnectionError:
            # The other end has closed; whoever sends is in the middle of something and hears it next.
            self._loop.call_soon(self._lose)
            return
        if self._flush_handle is None:
            self._flush_handle = self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Send what can be sent at once, tell the other end, and let go."""
        if self._closed:
            return
        if self._quic is not None:
            with contextlib.suppress(QuicConnectionError):
                # qh3 tells of a closed connection only when its last packets had time to arrive; of a
                # stream's end, at once.
                self._quic.send_stream_data(_STREAM, b"", end_stream=True)
                self._flush()
                self._quic.close()
                self._flush()
        self._let_go()

    # ---- the socket ----

    def take(self, datagrams: list[bytes]) -> None:
        """Handle datagrams of the other end; those that came before there was a pipe are given by hand."""
        if self._quic is None:
            datagrams = self._begin(datagrams)
        if self._quic is None or not datagrams:
            return
        self._heard_at = now = self._loop.time()
        try:
            self._quic.receive_many_datagrams(datagrams, self._remote, now)
        except (QuicConnectionError, ValueError):
            self._lose()
            return
        self._serve()

    def _begin(self, datagrams: list[bytes]) -> list[bytes]:
        """Wait for a client's first packet; return it and what follows."""
        for at, data in enumerate(datagrams):
            is_initial = data[0] & 0xF0 == _LONG_HEADER | _INITIAL
            if len(data) >= _INITIAL_BYTES_MIN and is_initial and data[5] <= 20:
                destination = data[6 : 6 + data[5]]
                self._quic = QuicConnection(
                    configuration=configuration(self._certificate),
                    original_destination_connection_id=destination,
                )
                return datagrams[at:]
        return []

    def _readable(self) -> None:
        datagrams: list[bytes] = []
        for data, source in self._batches.receive():
            if data[0] == FIRST_BYTE:
                self._other(data, source)
            elif source == self._remote:
                datagrams.append(data)
        if not self._closed:
            self.take(datagrams)

    def _flush(self) -> None:
        if self._flush_handle is not None:
            self._flush_handle.cancel()
            self._flush_handle = None
        if self._quic is None or self._closed:
            return
        sending: list[bytes] = []
        if self._batches.clear:
            sending = [data for data, _ in self._quic.datagrams_to_send(self._loop.time())]
        if not self._batches.send(sending):
            self._lose()
            return
        if self._full and not self._closed and self.room:
            self._full = False
            self._loop.call_soon(self._drained)
        self._set_timer()

    # ---- qh3 ----

    def _serve(self) -> None:
        assert self._quic is not None
        while not self._closed and (event := self._quic.next_event()) is not None:
            self._on_event(event)
        self._flush()

    def _on_event(self, event: QuicEvent) -> None:
        match event:
            case StreamDataReceived(data=data, stream_id=stream, end_stream=ended) if stream == _STREAM:
                self._owner.received(data)
                if ended:
                    self._lose()
            case StreamDataReceived() | ConnectionTerminated():
                self._lose()
            case HandshakeCompleted():
                self._owner.connected(self._seen_certificate())
            case _:
                pass

    def _seen_certificate(self) -> bytes:
        if self._certificate is not None:
            return self._certificate.der
        certificate = None if self._quic is None else self._quic.get_peercert()
        return b"" if certificate is None else bytes(certificate.public_bytes())

    def _set_timer(self) -> None:
        at = None if self._quic is None or self._closed else self._quic.get_timer()
        if at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = None if at is None else self._loop.call_at(at, self._on_timer)

    def _on_timer(self) -> None:
        at, self._timer, self._timer_at = self._timer_at, None, None
        if self._quic is None or self._closed or at is None:
            return
        self._quic.handle_timer(max(at, self._loop.time()))
        self._serve()

    def _drained(self) -> None:
        if not self._closed:
            self._owner.drained()

    # ---- life ----

    def _look(self) -> None:
        """Ask a path that is silent, and give up one that stays so."""
        self._look_timer = self._loop.call_later(_LOOK_EVERY_S, self._look)
        now = self._loop.time()
        late_s = now - self._looked_at - _LOOK_EVERY_S
        self._looked_at = now
        if late_s > _LOOK_EVERY_S:
            # This program was busy elsewhere: it was not the path that fell silent.
            self._heard_at += late_s
        silent_s = now - self._heard_at
        if silent_s >= SILENT_S:
            self._lose()
        elif silent_s >= _ASK_AFTER_S and self._quic is not None:
            self._pings += 1
            try:
                self._quic.send_ping(self._pings)
            except QuicConnectionError:
                self._lose()
            else:
                self._flush()

    def _lose(self) -> None:
        if not self._closed:
            self._let_go()
            self._owner.lost()

    def _let_go(self) -> None:
        self._closed = True
        self._batches.close()
        for handle in (self._look_timer, self._timer, self._flush_handle):
            if handle is not None:
                handle.cancel()
        self._timer = self._flush_handle = None
