"""One attempt at a direct path, from the first signal to a line or to nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from hutong.client.cleanup import to_the_end
from hutong.client.punch.datagrams import PunchSocket
from hutong.client.punch.gatherer import Gatherer, Means
from hutong.client.punch.quic_line import QuicLine
from hutong.client.punch.signals import plausible, tell
from hutong.client.punch.stun import StunQuestions
from hutong.client.transfers.door import DoorLine
from hutong.client.transfers.line import Files, Line
from hutong.client.waiting import first_of
from hutong.protocols.punch import (
    FIRST_BYTE,
    Candidate,
    Path,
    PrivateKey,
    Puncher,
    PunchError,
    Secrets,
)
from hutong.protocols.stun import Address, Family
from hutong.schema import peers_pb2 as pb

# Our own addresses are known at once; what the server sees, a round trip later. Both fit into one signal.
_FIRST_SIGNAL_S = 0.15
# What is found at nearly the same time goes out together.
_MORE_SIGNAL_S = 0.02
# The other end needs a signal each way, and its own first round trip.
_ANSWER_WITHIN_S = 10.0
# UDP has so long alone; where it is blocked at either end, TCP begins at once.
TCP_AFTER_S = 1.5
_TCP_S = 5.0
_OPEN_WITHIN_S = 3.0
# What QUIC says before the probes' end has been noticed here.
_EARLY_MAX = 16
# Which datagram is whose, by its first byte (RFC 9443).
_STUN_FIRST_BYTE_MAX, _QUIC_FIRST_BYTE_MIN = 3, 64

DirectLine = QuicLine | DoorLine


class Attempt:
    """`run` it once; `heard` brings the other end's signals. Lines that opened outlive it."""

    def __init__(
        self,
        means: Means,
        files: Files,
        say: Callable[[pb.Punch], None],
        *,
        offerer: bool,
        lines: set[DirectLine],
    ) -> None:
        """`lines` gets every line from its making to its end."""
        self._means = means
        self._files = files
        self._say = say
        self._offerer = offerer
        self._lines = lines
        self._loop = asyncio.get_running_loop()
        self._key = PrivateKey(means.random.token)
        self._secrets: Secrets | None = None
        self._theirs = b""
        self._news = pb.Punch()
        self._agreed = asyncio.Event()
        self._questions = StunQuestions(means.random)
        self._gatherer = Gatherer(means, self._questions, self._on_found)
        self._found = asyncio.Event()
        self._wake = asyncio.Event()
        self._tcp_wake = asyncio.Event()
        self._sockets: dict[int, PunchSocket] = {}
        self._core: Puncher | None = None
        self._early: deque[tuple[int, Address, bytes]] = deque(maxlen=_EARLY_MAX)
        self._settled: dict[DirectLine, asyncio.Future[bool]] = {}

    @property
    def public(self) -> bytes:
        """The name of this attempt."""
        return self._key.public

    @property
    def answered(self) -> bool:
        """Whether the other end knows of punching at all."""
        return self._secrets is not None

    def is_with(self, public_key: bytes) -> bool:
        """Whether the other end calls it by that name."""
        return self._theirs == public_key

    def heard(self, punch: pb.Punch) -> None:
        """Take a signal; nonsense, and one of another attempt, is left alone."""
        if punch.towards not in {b"", self.public}:
            return
        if self._secrets is None:
            try:
                self._secrets = self._key.agree(punch.public_key, offerer=self._offerer)
            except PunchError:
                return
            self._theirs = punch.public_key
        if punch.public_key != self._theirs:
            return
        self._news = punch
        self._learn()
        self._agreed.set()

    def opened(self, line: Line) -> None:
        """One of the lines is of use now."""
        for each, settled in self._settled.items():
            if each is line and not settled.done():
                settled.set_result(True)

    async def run(self) -> None:
        """Return when a line is open, or when none will be."""
        tasks: list[asyncio.Task[None]] = []
        try:
            self._open_sockets()
            sockets = list(self._sockets.values())
            self._gatherer.open(sockets)
            tasks.append(self._loop.create_task(self._gatherer.gather(sockets)))
            tasks.append(self._loop.create_task(self._tell(tasks[0])))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    await self._agreed.wait()
            if self._secrets is None:
                return
            udp = self._loop.create_task(self._open_udp(self._secrets))
            tcp = self._loop.create_task(self._open_tcp(self._secrets, udp))
            tasks += [udp, tcp]
            await first_of(udp, tcp)
            if not any(settled.done() and settled.result() for settled in self._settled.values()):
                await asyncio.wait([udp, tcp])
        finally:
            await to_the_end(self._end(tasks))

    async def close(self) -> None:
        """Give back what a line may have needed: the router's mappings."""
        await self._gatherer.close()

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for each in self._sockets.values():
            each.close()
        self._gatherer.close_port()
        for task in tasks:
            if not task.cancelled():
                task.result()

    # ---- what is known ----

    def _open_sockets(self) -> None:
        for family in Family:
            self._open_socket(family)

    def _open_socket(self, family: Family) -> PunchSocket | None:
        try:
            opened = PunchSocket(len(self._sockets), family, self._on_datagram)
        except OSError:
            return None  # a machine without IPv6, or with no file left
        self._sockets[opened.number] = opened
        return opened

    def _on_found(self) -> None:
        self._found.set()
        self._learn()

    async def _tell(self, gathering: asyncio.Task[None]) -> None:
        """Say what is known, and again whenever it is more."""
        await asyncio.wait([gathering], timeout=_FIRST_SIGNAL_S)
        while True:
            self._found.clear()
            blocked = not self._means.servers.udp
            self._say(tell(self._gatherer, self.public, self._theirs, udp_blocked=blocked))
            await self._found.wait()
            await asyncio.sleep(_MORE_SIGNAL_S)

    def _learn(self) -> None:
        """Hand on what the other end has said and can be, seen from here."""
        if self._core is not None:
            self._core.know_symmetric(symmetric=self._gatherer.symmetric)
            self._core.hear(self._plausible(tcp=False), symmetric=self._news.symmetric, now=self._loop.time())
        self._wake.set()
        self._tcp_wake.set()

    def _plausible(self, *, tcp: bool) -> list[Candidate]:
        return plausible(self._news, self._gatherer.surroundings, tcp=tcp)

    # ---- UDP ----

    def _on_datagram(self, source_socket: PunchSocket, data: bytes, source: Address) -> None:
        if data[0] <= _STUN_FIRST_BYTE_MAX:
            self._questions.take(data, source)
        elif data[0] == FIRST_BYTE:
            if self._core is not None:
                answers = self._core.receive(source_socket.number, source, data, self._loop.time())
                for answer in answers:
                    source_socket.send(answer.address, answer.data)
                self._wake.set()
        elif data[0] >= _QUIC_FIRST_BYTE_MIN:
            self._early.append((source_socket.number, source, data))

    async def _open_udp(self, secrets: Secrets) -> None:
        self._core = core = Puncher(
            secrets,
            offerer=self._offerer,
            symmetric=self._gatherer.symmetric,
            random=self._means.random.token,
            now=self._loop.time(),
        )
        for each in list(self._sockets.values()):
            core.add_socket(each.number, each.family)
        self._learn()
        path = await self._punch(core)
        if path is not None:
            line = self._quic(core, path, secrets)
            await self._until_open(line)

    async def _punch(self, core: Puncher) -> Path | None:
        while core.path is None:
            now = self._loop.time()
            if now >= core.ends_at:
                return None
            if wanted := core.wants_sockets(now):
                many = [self._open_socket(Family.IPV4) for _ in range(wanted)]
                core.add_many(each.number for each in many if each is not None)
            for socket, address, data in core.poll(now):
                self._sockets[socket].send(address, data)
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, core.next_at - now)):
                    await self._wake.wait()
        return core.path

    def _quic(self, core: Puncher, path: Path, secrets: Secrets) -> QuicLine:
        owned = self._sockets[path.socket].release()

        def late(data: bytes, source: Address) -> None:
            for answer in core.receive(path.socket, source, data, self._loop.time()):
                with contextlib.suppress(OSError):
                    owned.sendto(answer.data, answer.address)

        line = QuicLine(
            owned, path.address, secrets, self._files, client=self._offerer, other=late, gone=self._gone
        )
        self._watch(line)
        early = [data for socket, source, data in self._early if (socket, source) == path]
        if early:
            line.take(early)
        return line

    # ---- TCP ----

    async def _open_tcp(self, secrets: Secrets, udp: asyncio.Task[None]) -> None:
        """Connect at the same moment as the other end, when UDP had its time or cannot pass."""
        if self._means.servers.udp and not self._news.udp_blocked:
            await first_of(udp, timeout_s=TCP_AFTER_S)
        until = self._loop.time() + _TCP_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while not (remotes := self._plausible(tcp=True)) or not self._gatherer.tcp_ready:
                    self._tcp_wake.clear()
                    await self._tcp_wake.wait()
        if not remotes or self._gatherer.tcp is None:
            return
        connected = await self._gatherer.tcp.open_with([each.address for each in remotes], until)
        if connected is None:
            return
        line = DoorLine(secrets.tcp, self._files, self._gone, connecting=self._offerer)
        self._watch(line)
        await self._loop.create_connection(lambda: line, sock=connected)
        await self._until_open(line)

    # ---- lines ----

    def _watch(self, line: DirectLine) -> None:
        self._lines.add(line)
        self._settled[line] = self._loop.create_future()

    def _gone(self, line: DirectLine) -> None:
        self._lines.discard(line)
        settled = self._settled[line]
        if not settled.done():
            settled.set_result(False)

    async def _until_open(self, line: DirectLine) -> None:
        settled = self._settled[line]
        await first_of(settled, timeout_s=_OPEN_WITHIN_S)
        if not settled.done():
            line.close()
