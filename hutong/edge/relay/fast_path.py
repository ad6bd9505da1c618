"""The data of channels, many datagrams at a time, without a detour through the core.

The core decides which channels stand (`bind`, `unbind`), until when, and how much a user may send; this
file only looks that up. Everything else that arrives goes to the core, after the channels' data of the
same batch.

What measuring taught (bench/relay.py, one shared core, 1,200 bytes): a packet costs 5 us when neighbours are
of different flows, four fifths of it in the kernel, and 3 us when eight of a flow come together. So
nothing is copied in Python, the frames' headers are written where the datagrams lie, and a flow's datagrams
are handed over together. To find a channel by raw sockaddr and number costs 0.2 us; to make an Address of
the sender costs 1.8, and to tell the meter 1.5, which is why it is told ten times a second.
"""

import asyncio
import select
import struct
from collections.abc import Callable
from dataclasses import dataclass

from hutong.edge.relay import socket_address
from hutong.edge.relay.datagram import DatagramPort
from hutong.edge.relay.inbox import SLOTS, Inbox
from hutong.edge.relay.meter import Direction, RelayMeter
from hutong.edge.relay.outbox import Outbox, Run
from hutong.edge.relay.relay_port import IcmpError, RelayPort, Route
from hutong.protocols.stun import Address, Channel, DropReason, UserBudget
from hutong.protocols.stun.channel_data import CHANNEL_HEADER_BYTES

# One relay socket has no more read before the others have their turn.
_READ_PER_RELAY_MAX = 32
_RELAYS_PER_WAKEUP_MAX = 64
# A counter of the meter has a lock, which costs a third of a packet.
_REPORT_EVERY_S = 0.1

_HEADER = struct.Struct("!HH")
_LENGTH = struct.Struct("!H")


@dataclass(slots=True)
class _Count:
    """What became of the datagrams since the last report."""

    packets: int = 0
    size_bytes: int = 0
    lost: int = 0

    def add(self, sizes: list[int], lost: int) -> None:
        """Count datagrams that were sent, but for the last ones."""
        carried = len(sizes) - lost
        self.packets += carried
        self.size_bytes += sum(sizes) if not lost else sum(sizes[:carried])
        self.lost += lost


class FastPath:
    """Reads every UDP socket of the relay.

    `to_core` takes what a listener received and is no channel's data, `from_peer` what a relay socket
    received without a channel, `refused` what ICMP told a relay socket.
    """

    def __init__(
        self,
        meter: RelayMeter,
        monotonic: Callable[[], float],
        *,
        to_core: Callable[[DatagramPort, bytes, Address], None],
        from_peer: Callable[[RelayPort, bytes, Address], None],
        refused: Callable[[RelayPort, IcmpError], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._meter = meter
        self._monotonic = monotonic
        self._to_core = to_core
        self._from_peer = from_peer
        self._refused = refused
        self._inbox = Inbox()
        self._to_peers = Outbox(SLOTS)
        self._to_clients = Outbox(SLOTS)
        self._outward, self._inward = _Count(), _Count()
        self._reporting: asyncio.TimerHandle | None = None
        self._listeners: list[DatagramPort] = []
        self._routes: dict[DatagramPort, dict[bytes, Route]] = {}
        self._relays: dict[int, RelayPort] = {}
        self._by_relayed: dict[bytes, RelayPort] = {}  # by sockaddr
        # One set of descriptors in the other: the loop has one callback for all relay sockets.
        self._epoll = select.epoll()
        self._loop.add_reader(self._epoll.fileno(), self._read_relays)

    # ---- what there is ----

    def add_listener(self, listener: DatagramPort) -> None:
        """Read a listener's socket from now on."""
        self._listeners.append(listener)
        self._routes[listener] = {}
        self._loop.add_reader(listener.fd, self._read_listener, listener)

    def add_relay(self, relay: RelayPort) -> None:
        """Read a relay socket from now on."""
        self._relays[relay.fd] = relay
        self._by_relayed[relay.key] = relay
        self._epoll.register(relay.fd, select.EPOLLIN)

    def remove_relay(self, relay: RelayPort) -> None:
        """Stop reading a relay socket, and forget its channels; then close it."""
        for route in list(relay.routes.values()):
            self._forget(route)
        self._epoll.unregister(relay.fd)
        del self._relays[relay.fd]
        del self._by_relayed[relay.key]
        relay.close()

    def bind(
        self, relay: RelayPort, channel: Channel, budget: UserBudget, listener: DatagramPort, client: Address
    ) -> None:
        """Carry a channel's data from now on. Raises OSError for a peer that no datagram can go to."""
        peer, client_name = relay.name(channel.peer), listener.name(client)
        route = Route(
            channel=channel,
            budget=budget,
            relay=relay,
            listener=listener,
            peer=peer,
            client=client_name,
            client_key=bytes(client_name.buffer) + channel.number.to_bytes(2),
            peer_key=bytes(peer.buffer),
        )
        self._routes[listener][route.client_key] = route
        relay.routes[route.peer_key] = route

    def unbind(self, relay: RelayPort, channel: Channel) -> None:
        """Forget a channel that has expired."""
        for route in [route for route in relay.routes.values() if route.channel is channel]:
            self._forget(route)

    def close(self) -> None:
        """Close every socket; idempotent."""
        if self._epoll.closed:
            return
        if self._reporting is not None:
            self._reporting.cancel()
            self._report()
        self._loop.remove_reader(self._epoll.fileno())
        for relay in list(self._relays.values()):
            self.remove_relay(relay)
        self._epoll.close()
        for listener in self._listeners:
            self._loop.remove_reader(listener.fd)
            listener.close()
        self._listeners.clear()

    def _forget(self, route: Route) -> None:
        self._routes[route.listener].pop(route.client_key, None)
        route.relay.routes.pop(route.peer_key, None)

    # ---- from clients ----

    def _read_listener(self, listener: DatagramPort) -> None:
        inbox = self._inbox
        memory, base, name_bytes = inbox.memory, inbox.address, listener.name_bytes
        find = self._routes[listener].get
        length_at = _LENGTH.unpack_from
        others: list[tuple[int, int]] = []
        touched: list[Route] = []
        sizes = inbox.receive(listener.fd, listener.family, 0, SLOTS)
        for start, size in zip(inbox.starts, sizes, strict=False):
            # The sender's sockaddr and the channel number, in one slice.
            route = find(memory[start - name_bytes : start + 2])
            if route is None:
                others.append((start, size))
                continue
            (length,) = length_at(memory, start + 2)
            if length > size - CHANNEL_HEADER_BYTES:
                self._meter.dropped(DropReason.MALFORMED.value)
                continue
            run = route.outward
            if not run.sizes:
                touched.append(route)
            run.addresses.append(base + start + CHANNEL_HEADER_BYTES)
            run.sizes.append(length)
        now, near_at = self._monotonic(), self._by_relayed.get
        inward: list[Route] = []
        for route in touched:
            near = near_at(route.peer_key)
            if near is None:
                if self._may_pass(route, route.outward, now):
                    self._send_to_peer(route)
            elif (back := near.routes.get(route.relay.key)) is not None:
                if self._may_pass(route, route.outward, now):
                    self._turn_round(route.outward, back)
                    inward.append(back)
            else:
                others += self._frames(route.outward)
            route.outward.clear()
        if inward:
            self._send_to_clients(inward, now)
        if self._reporting is None:
            self._reporting = self._loop.call_later(_REPORT_EVERY_S, self._report)
        for start, size in others:
            data, sender = memory[start : start + size], memory[start - name_bytes : start]
            self._to_core(listener, data, socket_address.unpack(sender))

    def _send_to_peer(self, route: Route) -> None:
        if len(route.outward.sizes) == 1:
            lost = self._to_peers.send_one(route.relay.fd, route.peer, route.outward)
        else:
            self._to_peers.put(route.peer, route.outward)
            lost = self._to_peers.send(route.relay.fd)
        self._outward.add(route.outward.sizes, lost)

    def _turn_round(self, run: Run, back: Route) -> None:
        """Give data for a relayed address of this very server straight to the client behind it.

        So two clients of the relay meet on its one port, and both ways are batched.
        """
        self._outward.add(run.sizes, 0)
        back.inward.addresses += run.addresses
        back.inward.sizes += run.sizes

    def _frames(self, run: Run) -> list[tuple[int, int]]:
        """Return where the frames lie, for the core: its neighbour has a permission at most."""
        first = self._inbox.address + CHANNEL_HEADER_BYTES
        starts = [address - first for address in run.addresses]
        return [(at, size + CHANNEL_HEADER_BYTES) for at, size in zip(starts, run.sizes, strict=True)]

    # ---- from peers ----

    def _read_relays(self) -> None:
        inbox = self._inbox
        memory, base = inbox.memory, inbox.address
        others: list[tuple[RelayPort, int, int]] = []
        refused: list[tuple[RelayPort, IcmpError]] = []
        inward: list[Route] = []
        first = 0
        for fd, events in self._epoll.poll(0, _RELAYS_PER_WAKEUP_MAX):
            relay = self._relays[fd]
            if events & select.EPOLLERR:
                refused += [(relay, error) for error in relay.read_errors()]
            count = min(_READ_PER_RELAY_MAX, SLOTS - first)
            if not count:
                break
            name_bytes, find = relay.name_bytes, relay.routes.get
            sizes = inbox.receive(fd, relay.family, first, count)
            for start, size in zip(inbox.starts[first : first + len(sizes)], sizes, strict=True):
                route = find(memory[start - name_bytes : start])
                if route is None:
                    others.append((relay, start, size))
                    continue
                run = route.inward
                if not run.sizes:
                    inward.append(route)
                run.addresses.append(base + start)
                run.sizes.append(size)
            first += len(sizes)
        self._send_to_clients(inward, self._monotonic())
        if self._reporting is None:
            self._reporting = self._loop.call_later(_REPORT_EVERY_S, self._report)
        for relay, start, size in others:
            data, sender = memory[start : start + size], memory[start - relay.name_bytes : start]
            self._from_peer(relay, data, socket_address.unpack(sender))
        for relay, error in refused:
            self._refused(relay, error)

    def _send_to_clients(self, routes: list[Route], now: float) -> None:
        """Send payloads to the clients of their channels, each listener's with one system call."""
        waiting: dict[DatagramPort, list[int]] = {}
        for route in routes:
            run = route.inward
            if self._may_pass(route, run, now):
                waiting.setdefault(route.listener, []).extend(run.sizes)
                self._frame(route)
        for listener, sizes in waiting.items():
            for route in routes:
                if route.listener is listener and route.inward.sizes:
                    self._to_clients.put(route.client, route.inward)
            self._inward.add(sizes, self._to_clients.send(listener.fd))
        for route in routes:
            route.inward.clear()

    def _frame(self, route: Route) -> None:
        """Write a ChannelData header before each payload, over what lies there."""
        run, number = route.inward, route.channel.number
        memory, base = self._inbox.memory, self._inbox.address
        run.addresses = [address - CHANNEL_HEADER_BYTES for address in run.addresses]
        for address, size in zip(run.addresses, run.sizes, strict=True):
            _HEADER.pack_into(memory, address - base, number, size)
        run.sizes = [size + CHANNEL_HEADER_BYTES for size in run.sizes]

    # ---- for both ----

    def _may_pass(self, route: Route, run: Run, now: float) -> bool:
        """Check the channel's end and the user's bandwidth; leave what may pass, tell whether any does."""
        if route.channel.expires_at <= now:
            self._meter.dropped(DropReason.NO_CHANNEL.value, len(run.sizes))
            run.clear()
            return False
        take = route.budget.take
        if take(sum(run.sizes), now):
            return True
        came = len(run.sizes)
        kept = [each for each in zip(run.addresses, run.sizes, strict=True) if take(each[1], now)]
        run.addresses, run.sizes = [each[0] for each in kept], [each[1] for each in kept]
        self._meter.dropped(DropReason.BANDWIDTH.value, came - len(kept))
        return bool(kept)

    def _report(self) -> None:
        """Tell the meter what has come together."""
        self._reporting = None
        counts: tuple[tuple[Direction, _Count], ...] = ("to_peer", self._outward), ("to_client", self._inward)
        for direction, count in counts:
            if count.lost:
                self._meter.dropped("not_sent", count.lost)
            if count.packets:
                self._meter.relayed(direction, count.packets, count.size_bytes)
            count.packets = count.size_bytes = count.lost = 0
