"""All connections of this process: who is connected, who follows what, and what is pushed to whom."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from google.protobuf.message import Message

from hutong import __version__
from hutong.platform import bodies
from hutong.platform.bus import Bus
from hutong.platform.clock import Clock, Randomness
from hutong.platform.connection import Connection
from hutong.platform.deadlines import Deadlines
from hutong.platform.errors import ResourceExhausted
from hutong.platform.event_packets import Pushed, to_bus
from hutong.platform.events import kind_of
from hutong.platform.log import Stored
from hutong.platform.metrics import Metrics
from hutong.platform.outgoing import Outgoing
from hutong.platform.rpc import Method
from hutong.platform.settings import Settings
from hutong.platform.writer import Notify, Outcome
from hutong.protocols.sealed import PHASE_S_MAX
from hutong.schema import bus_pb2, link_pb2

FOLLOWS_MAX = 5_000
# Connections on which nobody has signed in; most are on their way to it (CONN25).
STRANGERS_MAX = 5_000
# A connection's keys live for a day at most (SEAL8); less for some, so that not all open anew at once.
LIFE_S_MAX = 24 * 3600
_LIFE_SPREAD_S = 3600
_ROUTE_BYTES = 16
# A ping may be late by a lost packet or two.
HEARTBEAT_GRACE_S = 60
# `drop_idle` looks at everybody at least this often.
SWEEP_S = 30


class Sessions:
    """Hears the bus for the logs and users that somebody here is connected for."""

    def __init__(
        self, settings: Settings, clock: Clock, random: Randomness, bus: Bus, metrics: Metrics
    ) -> None:
        self.clock = clock
        self.random = random
        self.metrics = metrics
        self.deadlines = Deadlines(clock)
        self.methods: dict[int, Method] = {}
        self._settings = settings
        self._bus = bus
        self._connections: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}  # the oldest first
        self._users: dict[str, set[Connection]] = {}
        self._followers: dict[str, set[Connection]] = {}
        self._dirty: list[Outgoing] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._watchers: list[Callable[[str], object]] = []
        self._hearers: list[Callable[[Sequence[Stored]], object]] = []
        self.closing = False

    def challenge(self, network: bytes) -> link_pb2.Challenge:
        """Return the first thing a connection says (CONN6)."""
        return link_pb2.Challenge(
            server_name=self._settings.server_name,
            server_time_ms=self.clock.now_ms(),
            heartbeat_s=self._settings.heartbeat_s,
            server_version=__version__,
            network=network,
            route=self.random.token(_ROUTE_BYTES),
        )

    def life_s(self) -> float:
        """Return how long a new connection may last."""
        return LIFE_S_MAX - _LIFE_SPREAD_S * int.from_bytes(self.random.token(2), "big") / 2**16

    # ---- connections ----

    def opened(self, connection: Connection) -> None:
        """Count a new connection; when too many are signed out, the oldest of these makes room."""
        self._connections.add(connection)
        self._strangers[connection] = None
        if len(self._strangers) > STRANGERS_MAX:
            oldest = next(iter(self._strangers))
            oldest.goodbye(link_pb2.Goodbye.REASON_IDLE, "Others need the room; please sign in.")

    def signed_in(self, connection: Connection) -> None:
        """Deliver a user's notices to this connection from now on."""
        self._strangers.pop(connection, None)
        connections = self._users.setdefault(connection.user, set())
        if not connections:
            self._bus.listen(f"user.{connection.user}", self._on_directed)
        connections.add(connection)
        for watcher in self._watchers:
            watcher(connection.user)

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        self._strangers.pop(connection, None)
        self.unfollow(connection, list(connection.follows))
        connections = self._users.get(connection.user)
        if connections is not None:
            connections.discard(connection)
            if not connections:
                del self._users[connection.user]
                self._bus.ignore(f"user.{connection.user}")
            for watcher in self._watchers:
                watcher(connection.user)

    def on_devices(self, watcher: Callable[[str], object]) -> None:
        """Call `watcher` with a user whose connected devices may have changed. It must be quick."""
        self._watchers.append(watcher)

    def online(self, user: str) -> bool:
        """Tell whether the user has a connection here."""
        return user in self._users

    def devices(self, user: str) -> set[str]:
        """Return the ids of the user's connected devices."""
        return {connection.device for connection in self._users.get(user, ())}

    def drop_idle(self) -> None:
        """End connections that were silent for too long (CONN11), and renew keys (SEAL8)."""
        now = self.clock.monotonic()
        silent_since = now - self._settings.heartbeat_s - HEARTBEAT_GRACE_S
        for connection in tuple(self._connections):
            if connection.heard_at < silent_since:
                connection.goodbye(link_pb2.Goodbye.REASON_IDLE, "Nothing was heard for too long.")
            elif connection.renew_at <= now:
                connection.goodbye(link_pb2.Goodbye.REASON_RENEWAL, "Please open a new connection.")
            elif connection.keys_at + PHASE_S_MAX <= now + SWEEP_S:
                connection.change_keys(now)

    def close(self) -> None:
        """Say goodbye to everybody."""
        self.closing = True
        for connection in list(self._connections):
            connection.goodbye(link_pb2.Goodbye.REASON_SHUTDOWN, "The server is restarting.")

    # ---- following ----

    def follow(self, connection: Connection, logs: Iterable[str]) -> None:
        """Push the logs' events to the connection from now on (LOG7). Raises beyond LOG14's bound."""
        if connection not in self._connections:
            return  # it ended while the handler was reading; nobody would take it out again
        fresh = [log for log in logs if log not in connection.follows]
        if len(connection.follows) + len(fresh) > FOLLOWS_MAX:
            raise ResourceExhausted("Too many conversations followed at once.", reason="too_many_follows")
        for log in fresh:
            connection.follows.add(log)
            followers = self._followers.get(log)
            if followers is None:
                self._followers[log] = {connection}
                self._bus.listen(f"log.{log}", self._on_event)
            else:
                followers.add(connection)

    def unfollow(self, connection: Connection, logs: Iterable[str]) -> None:
        """Push them no longer."""
        for log in logs:
            connection.follows.discard(log)
            followers = self._followers.get(log)
            if followers is not None:
                followers.discard(connection)
                if not followers:
                    del self._followers[log]
                    self._bus.ignore(f"log.{log}")

    # ---- what a commit brings ----

    def on_committed(self, hearer: Callable[[Sequence[Stored]], object]) -> None:
        """Call `hearer` with the events of each commit. It must cost next to nothing."""
        self._hearers.append(hearer)

    def publish(self, outcome: Outcome) -> None:
        """Put what was committed on the bus: events by log, then notices, then endings."""
        self.metrics.events.inc(len(outcome.events))
        for event in outcome.events:
            self._bus.publish(f"log.{event.log}", to_bus(event))
        for hearer in self._hearers:
            hearer(outcome.events)
        for notify in outcome.notices:
            self.notify(notify)
        for log, user in outcome.unfollows:
            self._direct(user, bus_pb2.Directed(unfollow=log))

    def notify(self, notify: Notify) -> None:
        """Send a notice to a user's connections, wherever they are."""
        packet = pack_notice(notify.body)
        self._direct(
            notify.user,
            bus_pb2.Directed(device=notify.device, except_device=notify.except_device, packet=packet),
        )

    def revoke(self, user: str, device: str) -> None:
        """End a device's connections (CONN10)."""
        self._direct(user, bus_pb2.Directed(device=device, revoke=True))

    def _direct(self, user: str, directed: bus_pb2.Directed) -> None:
        self._bus.publish(f"user.{user}", directed.SerializeToString())

    def _on_event(self, topic: str, payload: bytes) -> None:
        pushed = Pushed(payload)
        for connection in tuple(self._followers.get(topic[4:], ())):
            connection.send(pushed.packet(connection.user))

    def _on_directed(self, topic: str, payload: bytes) -> None:
        directed = bus_pb2.Directed.FromString(payload)
        for connection in tuple(self._users.get(topic[5:], ())):
            if directed.device not in {"", connection.device}:
                continue
            if directed.except_device == connection.device:
                continue
            match directed.WhichOneof("what"):
                case "packet":
                    connection.send(directed.packet)
                case "unfollow":
                    self.unfollow(connection, [directed.unfollow])
                case "revoke":
                    connection.goodbye(link_pb2.Goodbye.REASON_REVOKED, "This device was signed out.")

    # ---- work done once a turn of the loop ----

    def will_flush(self, outgoing: Outgoing) -> None:
        """Flush a connection at the end of this turn of the loop."""
        if not self._dirty:
            asyncio.get_running_loop().call_soon(self._flush)
        self._dirty.append(outgoing)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for outgoing in dirty:
            outgoing.flush()

    def count(self, method: str, code: str) -> None:
        """Count an answer. Collected here: a labelled counter costs as much as a message."""
        self._counts[method, code] += 1

    def collect(self) -> None:
        """Bring the metrics up to date, before they are read."""
        counts, self._counts = self._counts, Counter()
        for (method, code), number in counts.items():
            self.metrics.requests.labels(method, code).inc(number)
        self.metrics.connections.set(len(self._connections))


def pack_notice(body: Message) -> bytes:
    """Return a packet with one notice."""
    notice = link_pb2.Notice(kind=kind_of(body), body=body.SerializeToString())
    bodies.pack(notice)
    return link_pb2.Packet(notices=[notice]).SerializeToString()
