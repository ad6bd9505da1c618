"""The STUN and TURN server on real sockets: a thin shell around `hutong.protocols.stun`.

UDP and TCP listen on the same port number, TLS on one of its own, and every allocation has a UDP socket
for each of its relayed addresses. The core decides everything; this file carries its effects out. The
data of channels goes past it (`fast_path.py`).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from hutong.edge.relay.connections import Connections
from hutong.edge.relay.datagram import DatagramPort
from hutong.edge.relay.fast_path import FastPath
from hutong.edge.relay.meter import RelayMeter, SilentMeter
from hutong.edge.relay.options import RelayOptions
from hutong.edge.relay.relay_port import IcmpError, RelayPort
from hutong.edge.relay.relays import Relays
from hutong.edge.relay.sockets import bind_datagrams, bind_listeners, bind_stream
from hutong.protocols.stun import (
    Address,
    BindChannel,
    CloseRelay,
    CloseReserved,
    Dropped,
    Effect,
    FiveTuple,
    OpenRelay,
    SendToClient,
    SendToPeer,
    StunServer,
    Transport,
    UnbindChannel,
)

# A client may be slow; a handshake that takes longer is given up.
_TLS_HANDSHAKE_S_MAX = 20.0

_logger = logging.getLogger(__name__)


class RelayServer:
    """A STUN and TURN server; `monotonic` and `unix_time` are its clocks, in seconds."""

    def __init__(
        self,
        options: RelayOptions,
        *,
        meter: RelayMeter | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self.options = options
        self._port = options.port
        self._tls_port = options.tls_port
        self._meter: RelayMeter = meter if meter is not None else SilentMeter()
        self._monotonic = monotonic
        self._unix_time = unix_time
        self._core = StunServer(options.server_config(options.port))
        self._connections = Connections(
            self._meter, received=self.receive, lost=self._lost, serves=self._serves
        )
        self._servers: list[asyncio.Server] = []
        self._listeners: dict[Address, DatagramPort] = {}
        self._fast_path: FastPath | None = None
        self._relays: Relays | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    @property
    def port(self) -> int:
        """The port it listens on; after `start` never 0."""
        return self._port

    @property
    def tls_port(self) -> int:
        """The port for TLS; after `start` never 0 if there is a context."""
        return self._tls_port

    @property
    def allocation_count(self) -> int:
        """How many relay sockets are open."""
        return self._relays.count if self._relays is not None else 0

    async def start(self) -> None:
        """Listen. Raises OSError when a port is taken or an address is not this machine's."""
        assert self._fast_path is None
        options = self.options
        loop = asyncio.get_running_loop()
        udp, tcp = bind_listeners(options.host, options.port, shared=options.discovery is not None)
        self._port = udp.getsockname()[1]
        self._fast_path = FastPath(
            self._meter,
            self._monotonic,
            to_core=self._datagram_received,
            from_peer=self._peer_received,
            refused=self._peer_refused,
        )
        self._relays = Relays(
            self._fast_path,
            host=options.host,
            relay_addresses=options.relay_addresses,
            port_range=options.port_range,
        )
        self._listen(DatagramPort(udp, Address(options.primary_host, self._port)))
        self._servers.append(await loop.create_server(self._connections.make, sock=tcp))
        try:
            await self._listen_further()
        except OSError:
            await self.close()
            raise
        self._core = StunServer(options.server_config(self._port))
        _logger.debug("relay listens on port %d, UDP and TCP", self._port)

    async def close(self) -> None:
        """Stop listening and end every allocation; idempotent."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        await self._connections.close()
        if self._relays is not None:
            self._relays.close_all()
        if self._fast_path is not None:
            self._fast_path.close()
        self._listeners.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def receive(self, data: bytes, five_tuple: FiveTuple) -> None:
        """Take one datagram or frame from a client."""
        self._apply(self._core.receive(data, five_tuple, self._monotonic(), self._unix_time()))

    # ---- listening ----

    def _listen(self, listener: DatagramPort) -> None:
        assert self._fast_path is not None
        self._listeners[listener.address] = listener
        self._fast_path.add_listener(listener)

    async def _listen_further(self) -> None:
        """Listen for TLS, and on the other three places that NAT discovery needs."""
        loop = asyncio.get_running_loop()
        if self.options.tls is not None:
            bound = bind_stream(self.options.host, self._tls_port)
            self._tls_port = bound.getsockname()[1]
            self._servers.append(
                await loop.create_server(
                    self._connections.make,
                    sock=bound,
                    ssl=self.options.tls,
                    ssl_handshake_timeout=_TLS_HANDSHAKE_S_MAX,
                )
            )
        discovery = self.options.discovery_at(self._port)
        for address in discovery.addresses[1:] if discovery is not None else ():
            self._listen(DatagramPort(bind_datagrams(address.host, address.port), address))

    # ---- what arrives ----

    def _datagram_received(self, listener: DatagramPort, data: bytes, sender: Address) -> None:
        self.receive(data, FiveTuple(Transport.UDP, sender, listener.address))

    def _peer_received(self, relay: RelayPort, data: bytes, peer: Address) -> None:
        self._apply(self._core.relay_received(relay.allocation_id, data, peer, self._monotonic()))

    def _peer_refused(self, relay: RelayPort, error: IcmpError) -> None:
        now = self._monotonic()
        self._apply(self._core.relay_refused(relay.allocation_id, error.peer, error.attribute, now))

    def _lost(self, five_tuple: FiveTuple) -> None:
        self._apply(self._core.connection_lost(five_tuple))

    def _serves(self, five_tuple: FiveTuple) -> bool:
        return self._core.has_allocation(five_tuple)

    # ---- what the core wants done ----

    def _apply(self, effects: list[Effect]) -> None:
        """Carry effects out; opening a relay brings more, which are done in their place."""
        for effect in effects:
            if isinstance(effect, SendToClient):
                self._send_to_client(effect)
            elif isinstance(effect, SendToPeer):
                self._send_to_peer(effect)
            elif isinstance(effect, Dropped):
                self._meter.dropped(effect.reason.value)
            elif isinstance(effect, OpenRelay):
                self._open_relay(effect)
            elif isinstance(effect, BindChannel):
                self._bind(effect)
            else:
                self._end(effect)
        self._schedule_expiry()

    def _send_to_peer(self, effect: SendToPeer) -> None:
        relay = self._relay(effect.allocation_id, effect.peer)
        if relay is not None and relay.send(effect.data, effect.peer, dont_fragment=effect.dont_fragment):
            self._meter.relayed("to_peer", 1, len(effect.data))
        else:
            self._meter.dropped("not_sent")

    def _send_to_client(self, effect: SendToClient) -> None:
        five_tuple = effect.five_tuple
        if five_tuple.transport is Transport.UDP:
            listener = self._listeners.get(five_tuple.server)
            sent = listener is not None and listener.send(effect.data, five_tuple.client)
        else:
            connection = self._connections.get(five_tuple)
            sent = connection is not None and connection.send(effect.data)
        if not sent:
            self._meter.dropped("not_sent")
        elif effect.relayed_bytes:
            self._meter.relayed("to_client", 1, effect.relayed_bytes)

    def _open_relay(self, effect: OpenRelay) -> None:
        if self._relays is None or not self._listeners:
            # It is being closed.
            return
        allocation_id = effect.allocation_id
        try:
            relay, token = self._relays.open(effect)
        except OSError as error:
            # Ports or file descriptors have run out: the operator can raise either limit.
            _logger.warning("no relay socket: %s", error)
            self._meter.dropped("no_relay_socket")
            self._apply(self._core.relay_failed(allocation_id, effect.family, self._monotonic()))
            return
        self._meter.allocations_open(self._relays.count)
        opened = self._core.relay_opened(allocation_id, relay.address, self._monotonic(), token=token)
        self._apply(opened)

    def _bind(self, effect: BindChannel) -> None:
        """Let a channel's data go past the core; a client over a stream keeps coming through it."""
        five_tuple = effect.five_tuple
        relay = self._relay(effect.allocation_id, effect.channel.peer)
        listener = self._listeners.get(five_tuple.server)
        if five_tuple.transport is Transport.UDP and relay is not None and listener is not None:
            assert self._fast_path is not None
            # An address the kernel does not take is dropped there again, packet by packet.
            with contextlib.suppress(OSError):
                self._fast_path.bind(relay, effect.channel, effect.budget, listener, five_tuple.client)

    def _end(self, effect: CloseRelay | CloseReserved | UnbindChannel) -> None:
        if self._relays is None or self._fast_path is None:
            return
        if isinstance(effect, CloseReserved):
            self._relays.close_reserved(effect.token)
        elif isinstance(effect, CloseRelay):
            self._relays.close(effect.allocation_id, effect.family)
            self._meter.allocations_open(self._relays.count)
        else:
            relay = self._relay(effect.allocation_id, effect.channel.peer)
            if relay is not None:
                self._fast_path.unbind(relay, effect.channel)

    def _relay(self, allocation_id: int, peer: Address) -> RelayPort | None:
        return self._relays.get(allocation_id, peer.family) if self._relays is not None else None

    def _schedule_expiry(self) -> None:
        """Wake up at the core's next deadline; a timer that is early enough stays."""
        if not self._listeners:
            # It is being closed.
            return
        deadline = self._core.next_deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        delay_s = max(0.0, deadline - self._monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._apply(self._core.expire(self._monotonic()))
