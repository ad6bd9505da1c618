"""The STUN and TURN server on real sockets: a thin shell around `hutong.protocols.stun`.

UDP and TCP listen on the same port number, and every allocation has a UDP socket of its own.
The core decides everything; this file carries its effects out.
"""

import asyncio
import logging
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable

from hutong.edge.relay.datagram import DatagramPort
from hutong.edge.relay.meter import RelayMeter, SilentMeter
from hutong.edge.relay.sockets import bind_listeners, bind_relay, family_of
from hutong.edge.relay.stream import StreamConnection
from hutong.protocols.stun import (
    Address,
    CloseRelay,
    Dropped,
    Effect,
    Family,
    FiveTuple,
    Limits,
    OpenRelay,
    SendToClient,
    SendToPeer,
    ServerConfig,
    StunServer,
    Transport,
)
from hutong.protocols.stun.address import packed_host

# TCP connections in all, and from one address; a further one is closed at once.
CONNECTIONS_MAX = 4096
CONNECTIONS_PER_HOST_MAX = 256
# A connection without an allocation is closed after this long.
CONNECTION_IDLE_S_MAX = 60.0
_CLOSE_TURNS_MAX = 100

_logger = logging.getLogger(__name__)


class RelayServer:
    """A STUN and TURN server on one address.

    `host` is the numeric address to listen on, `port` the port for both UDP and TCP (0: any).
    `secret` is shared with whoever issues credentials (`time_limited_credentials`); `realm` is
    what clients are told. `relay_address` is the numeric address peers reach the relay at, which
    behind a one-to-one NAT is not one of this machine's; it also fixes the family of the relayed
    addresses. `port_range` (first and last) bounds the relay sockets' ports.
    `allow_private_peers` lets clients reach loopback and private networks: for tests, and for
    servers that serve a private network only.
    `monotonic` and `unix_time` are the clocks, in seconds.

    Raises ValueError for settings that cannot work or would leave the relay open.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        secret: bytes,
        realm: str,
        relay_address: str,
        allow_private_peers: bool = False,
        port_range: tuple[int, int] | None = None,
        limits: Limits | None = None,
        meter: RelayMeter | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        if port_range is not None and not 1 <= port_range[0] <= port_range[1] <= 65_535:
            raise ValueError("the relay's port range must lie between 1 and 65535")
        if not any(packed_host(relay_address)):
            raise ValueError("relay_address must be an address that peers can reach")
        packed_host(host)
        self._host = host
        self._port = port
        self._secret = secret
        self._realm = realm
        self._relay_address = relay_address
        self._relay_host = _relay_host(host, relay_address)
        self._allow_private_peers = allow_private_peers
        self._port_range = port_range
        self._limits = limits if limits is not None else Limits()
        self._meter: RelayMeter = meter if meter is not None else SilentMeter()
        self._monotonic = monotonic
        self._unix_time = unix_time
        # Made now, for a wrong setting to be known now and not at `start`.
        self._config(port)
        self._core: StunServer | None = None
        self._udp: DatagramPort | None = None
        self._listener: asyncio.Server | None = None
        self._udp_address = Address(host, port)
        self._relays: dict[int, DatagramPort] = {}
        self._connections: dict[FiveTuple, StreamConnection] = {}
        self._connections_per_host: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    @property
    def port(self) -> int:
        """The port it listens on; after `start` never 0."""
        return self._port

    @property
    def allocation_count(self) -> int:
        """How many relay sockets are open."""
        return len(self._relays)

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        assert self._core is None
        udp, tcp = bind_listeners(self._host, self._port)
        self._port = udp.getsockname()[1]
        self._udp_address = Address(self._host, self._port)
        self._core = StunServer(self._config(self._port))
        self._udp = DatagramPort(udp, self._datagram_received)
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: StreamConnection(self, CONNECTION_IDLE_S_MAX), sock=tcp
        )
        _logger.debug("relay listens on port %d, UDP and TCP", self._port)

    async def close(self) -> None:
        """Stop listening and end every allocation; idempotent."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in list(self._connections.values()):
            connection.close()
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        for relay in self._relays.values():
            relay.close()
        self._relays.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Aborted connections report their end in one of the loop's next turns.
        for _ in range(_CLOSE_TURNS_MAX):
            if not self._connections:
                break
            await asyncio.sleep(0)

    def admit(self, connection: StreamConnection) -> bool:
        """Take a TCP connection in, unless there are too many."""
        host = connection.five_tuple.client.host
        if (
            self._listener is None
            or len(self._connections) >= CONNECTIONS_MAX
            or self._connections_per_host[host] >= CONNECTIONS_PER_HOST_MAX
        ):
            self._meter.dropped("too_many_connections")
            return False
        self._connections[connection.five_tuple] = connection
        self._connections_per_host[host] += 1
        return True

    def receive(self, data: bytes, five_tuple: FiveTuple) -> None:
        """Take one datagram or frame from a client."""
        assert self._core is not None
        effects = self._core.receive(data, five_tuple, self._monotonic(), self._unix_time())
        self._apply(effects)

    def forget(self, connection: StreamConnection) -> None:
        """End what belonged to a TCP connection that is closed."""
        assert self._core is not None
        host = connection.five_tuple.client.host
        del self._connections[connection.five_tuple]
        self._connections_per_host[host] -= 1
        if not self._connections_per_host[host]:
            del self._connections_per_host[host]
        self._apply(self._core.connection_lost(connection.five_tuple))

    def is_idle(self, five_tuple: FiveTuple) -> bool:
        """Tell whether a TCP client has no allocation."""
        assert self._core is not None
        return not self._core.has_allocation(five_tuple)

    def _config(self, port: int) -> ServerConfig:
        relay_family = Family.IPV6 if ":" in self._relay_address else Family.IPV4
        return ServerConfig(
            secret=self._secret,
            nonce_key=secrets.token_bytes(32),
            realm=self._realm,
            relay_family=relay_family,
            own_listeners=frozenset({Address(self._host, port), Address(self._relay_address, port)}),
            allow_private_peers=self._allow_private_peers,
            dont_fragment=self._controls_fragmentation,
            limits=self._limits,
        )

    @property
    def _controls_fragmentation(self) -> bool:
        return sys.platform == "linux" and ":" not in self._relay_address

    def _datagram_received(self, data: bytes, sender: Address) -> None:
        self.receive(data, FiveTuple(Transport.UDP, sender, self._udp_address))

    def _apply(self, effects: list[Effect]) -> None:
        """Carry effects out; opening a relay brings more, which are done in their place."""
        for effect in effects:
            if isinstance(effect, SendToPeer):
                self._send_to_peer(effect)
            elif isinstance(effect, SendToClient):
                self._send_to_client(effect)
            elif isinstance(effect, Dropped):
                self._meter.dropped(effect.reason.value)
            elif isinstance(effect, OpenRelay):
                self._open_relay(effect)
            else:
                self._close_relay(effect)
        self._schedule_expiry()

    def _send_to_peer(self, effect: SendToPeer) -> None:
        relay = self._relays.get(effect.allocation_id)
        if relay is not None and relay.send(effect.data, effect.peer, dont_fragment=effect.dont_fragment):
            self._meter.relayed("to_peer", len(effect.data))
        else:
            self._meter.dropped("not_sent")

    def _send_to_client(self, effect: SendToClient) -> None:
        five_tuple = effect.five_tuple
        if five_tuple.transport is Transport.UDP:
            sent = self._udp is not None and self._udp.send(effect.data, five_tuple.client)
        else:
            connection = self._connections.get(five_tuple)
            sent = connection is not None and connection.send(effect.data)
        if not sent:
            self._meter.dropped("not_sent")
        elif effect.relayed_bytes:
            self._meter.relayed("to_client", effect.relayed_bytes)

    def _open_relay(self, effect: OpenRelay) -> None:
        assert self._core is not None
        allocation_id = effect.allocation_id
        try:
            bound = bind_relay(self._relay_host, port_range=self._port_range, even_port=effect.even_port)
        except OSError as error:
            # Ports or file descriptors have run out: the operator can raise either limit.
            _logger.warning("no relay socket: %s", error)
            self._meter.dropped("no_relay_socket")
            self._apply(self._core.relay_failed(allocation_id, self._monotonic()))
            return
        relay = DatagramPort(
            bound,
            lambda data, peer: self._peer_received(allocation_id, data, peer),
            controls_fragmentation=self._controls_fragmentation,
        )
        self._relays[allocation_id] = relay
        self._meter.allocations_open(len(self._relays))
        relayed = Address(self._relay_address, relay.port)
        self._apply(self._core.relay_opened(allocation_id, relayed, self._monotonic()))

    def _close_relay(self, effect: CloseRelay) -> None:
        relay = self._relays.pop(effect.allocation_id, None)
        if relay is not None:
            relay.close()
            self._meter.allocations_open(len(self._relays))

    def _peer_received(self, allocation_id: int, data: bytes, peer: Address) -> None:
        assert self._core is not None
        self._apply(self._core.relay_received(allocation_id, data, peer, self._monotonic()))

    def _schedule_expiry(self) -> None:
        """Wake up at the core's next deadline; a timer that is early enough stays."""
        if self._udp is None or self._core is None:
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
        assert self._core is not None
        self._timer = None
        self._apply(self._core.expire(self._monotonic()))


def _relay_host(host: str, relay_address: str) -> str:
    """Return where relay sockets are bound: with the listener if the families agree."""
    if family_of(host) == family_of(relay_address):
        return host
    return "::" if ":" in relay_address else "0.0.0.0"  # noqa: S104  # peers must reach it
