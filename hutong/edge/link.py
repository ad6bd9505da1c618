"""The link port (CONN3): our own TLS 1.3 on TCP, with tickets and early data; no task for a message."""

from __future__ import annotations

import asyncio
from typing import cast

from hutong.edge.framing import Cutter, FramingError
from hutong.edge.link_port import LinkPort
from hutong.edge.sockets import LINGER_S, tune
from hutong.platform import journal
from hutong.platform.door import LOW_WATER_BYTES, Arrival, Inlet
from hutong.platform.outgoing import WAITING_BYTES_MAX
from hutong.protocols.tls13 import (
    ApplicationData,
    Event,
    HandshakeCompleted,
    PeerClosed,
    ServerConnection,
    TicketOffered,
    TlsError,
)

ALPN = "hutong/1"
EXPORTER_LABEL = "EXPORTER-hutong-sealed"
EXPORTER_BYTES = 32
# From the accepted socket to the first whole message.
HANDSHAKE_TIMEOUT_S = 10

log = journal.get(__name__)


class LinkProtocol(asyncio.Protocol):
    """One client; its own carrier."""

    __slots__ = (
        "_address",
        "_cutter",
        "_early",
        "_ending",
        "_half_closed",
        "_inlet",
        "_lookup",
        "_port",
        "_queue",
        "_queued_bytes",
        "_ready",
        "_tag",
        "_ticket_tag",
        "_timer",
        "_tls",
        "_transport",
        "_was_full",
    )

    def __init__(self, port: LinkPort) -> None:
        self._port = port
        self._cutter = Cutter()
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._was_full = False
        self._ending = False
        self._ready = False
        self._early = False
        self._half_closed = False
        self._ticket_tag = b""
        self._tag = b""
        self._inlet: Inlet | None = None
        self._lookup: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._address = ""
        self._transport: asyncio.Transport
        self._tls: ServerConnection

    # ---- protocol ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless this network had too many."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by behaviour only
        port = self._port
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self._tls = ServerConnection(port.config, random=port.random.token, now=self._now())
        port.connections.add(self)
        if not port.admission.enter(self, self._address, self._abort):
            port.handshakes.labels("refused").inc()
            self._abort()
            return
        tune(transport.get_extra_info("socket"), port.dscp)
        # `resume_writing` then means what `Inlet.drained` says.
        self._transport.set_write_buffer_limits(LOW_WATER_BYTES - 1, LOW_WATER_BYTES // 2)
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE_TIMEOUT_S, self._time_out)

    def data_received(self, data: bytes) -> None:
        """Take what came; what it leads to leaves in the same turn."""
        if self._ending:
            return
        try:
            self._tls.receive(data, self._now())
        except TlsError as error:
            self._fail(error)
            return
        self._handle(self._tls.events())

    def eof_received(self) -> bool:
        """Keep the other direction after a close_notify; an end without one is a connection cut off."""
        return self._half_closed

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell everybody who counts on this connection."""
        self._ending = True
        self._stop_looking_up()
        self._stop_waiting()
        self._port.connections.discard(self)
        self._queue.clear()
        self._close_inlet()

    def resume_writing(self) -> None:
        """There is room again for what does not hurry."""
        self._drained()

    def shutdown(self) -> None:
        """The port closes: end, after what is queued."""
        self.close(at_once=False)

    # ---- carrier ----

    def send(self, message: bytes) -> None:
        """Queue one message; all of one turn of the loop leave in few records."""
        if self._ending:
            return
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._flush)
        self._queue += (len(message).to_bytes(2, "big"), message)
        self._queued_bytes += len(message) + 2

    def waiting_bytes(self) -> int:
        """Return what the client has not taken yet."""
        waiting = self._queued_bytes + self._transport.get_write_buffer_size()
        if waiting >= LOW_WATER_BYTES:
            self._was_full = True
        return waiting

    def identified(self, tag: bytes) -> None:
        """Give the device its tickets, once the handshake has shown that it is live."""
        self._tag = tag
        if self._ready and not self._ending:
            self._issue_tickets()

    def close(self, *, at_once: bool) -> None:
        """End, after what is queued or at once."""
        if self._ending:
            if at_once:
                self._transport.abort()
            return
        if at_once:
            self._abort()
            return
        self._flush()
        self._ending = True
        self._stop_looking_up()
        self._stop_waiting()
        self._tls.close()
        self._transport.write(self._tls.data_to_send())
        self._linger()

    # ---- what came ----

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case ApplicationData(data=data, early=early):
                    # The whole carrier has the exporter of its beginning (SEAL4).
                    self._early = self._early or early
                    self._take(data)
                case TicketOffered():
                    self._lookup = asyncio.get_running_loop().create_task(self._redeem(event))
                case HandshakeCompleted():
                    self._complete(event)
                case PeerClosed():
                    self._finish()
            if self._ending:
                return
        self._flush()

    def _finish(self) -> None:
        """The client will say no more: what it asked is answered yet."""
        if self._inlet is None:
            self.close(at_once=False)
        else:
            self._half_closed = True
            self._inlet.finished()

    def _take(self, data: bytes) -> None:
        try:
            messages = self._cutter.feed(data)
        except FramingError:
            self.close(at_once=True)
            return
        if messages and self._inlet is None:
            self._open()
        for message in messages:
            if self._inlet is None:
                return  # it has ended by what came before
            self._inlet.receive(message)

    def _open(self) -> None:
        """Meet the core, with what only the two ends of this TLS know (SEAL4)."""
        self._stop_waiting()
        exporter = self._tls.export(EXPORTER_LABEL, b"", EXPORTER_BYTES, early=self._early)
        arrival = Arrival(self._address, exporter, self._ticket_tag)
        self._inlet = self._port.door.open(self, arrival)

    async def _redeem(self, offered: TicketOffered) -> None:
        tls = self._tls
        try:
            redeemed = await self._port.tickets.redeem(offered, tls.fits)
            if redeemed is None:
                tls.resume(None)
            else:
                self._ticket_tag = redeemed.tag
                tls.resume(redeemed.ticket, accept_early=redeemed.early)
        except TlsError as error:
            self._fail(error)
            return
        self._handle(tls.events())

    def _complete(self, handshake: HandshakeCompleted) -> None:
        kind = "full"
        if handshake.resumed:
            kind = "early" if handshake.early_data_accepted else "resumed"
        self._port.handshakes.labels(kind).inc()
        self._early = handshake.early_data_accepted
        self._ready = True
        if self._tag:
            self._issue_tickets()

    def _issue_tickets(self) -> None:
        self._port.tickets.issue(self._tls, self._tag)
        self._transport.write(self._tls.data_to_send())

    def _now(self) -> float:
        return self._port.clock.now_ms() / 1000

    # ---- what leaves ----

    def _flush(self) -> None:
        if self._ending:
            return
        queue = self._queue
        if queue:
            data = b"".join(queue)
            self._queue = []
            self._queued_bytes = 0
            self._tls.send(data)
        out = self._tls.data_to_send()
        if out:
            self._transport.write(out)
            # The core counts what it says; what TLS answers by itself is counted here (CONN18).
            if not queue and self._transport.get_write_buffer_size() > WAITING_BYTES_MAX:
                self._abort()
                return
        if self._was_full and self._transport.get_write_buffer_size() < LOW_WATER_BYTES:
            self._drained()

    def _drained(self) -> None:
        if self._was_full and self._queued_bytes < LOW_WATER_BYTES:
            self._was_full = False
            if self._inlet is not None:
                self._inlet.drained()

    # ---- ends ----

    def _fail(self, error: TlsError) -> None:
        """What came before the error is genuine; then the peer gets its alert, and no answer any more."""
        self._ending = True
        for event in self._tls.events():
            if isinstance(event, ApplicationData) and self._inlet is not None:
                self._take(event.data)
        if not self._ready:
            self._port.handshakes.labels("failed").inc()
            log.debug("link_handshake_failed", alert=error.alert.name)
        self._stop_looking_up()
        self._stop_waiting()
        self._transport.write(self._tls.data_to_send())
        self._linger()

    def _close_inlet(self) -> None:
        if self._inlet is not None:
            inlet, self._inlet = self._inlet, None
            inlet.closed()

    def _stop_looking_up(self) -> None:
        if self._lookup is not None:
            self._lookup.cancel()

    def _stop_waiting(self) -> None:
        self._port.admission.leave(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        self._port.handshakes.labels("timed_out").inc()
        self._abort()

    def _linger(self) -> None:
        self._transport.close()
        # Somebody who takes nothing any more would keep the socket open for good.
        self._timer = asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)

    def _abort(self) -> None:
        self._ending = True
        self._transport.abort()
