"""One path between two devices: kept alive with new connections until its owner closes it.

The other end may be a browser, so the rules are those of the web client: whoever starts over takes a new
connection under a new name; the offerer (the caller, the sender) makes the first offer of each pair; the
answerer says `restart` when it wants one; answers and candidates for a connection of the past are dropped.
aiortc cannot restart ICE, so where a browser would, this end starts over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcconfiguration import RTCIceTransportPolicy

from hutong.client.cleanup import call_off, to_the_end
from hutong.client.connection import Connection
from hutong.client.peers.direct_first import DirectFirst
from hutong.client.peers.paths import path_of
from hutong.client.peers.servers import Servers, ice_servers
from hutong.client.peers.signalling import Reopen, SessionGoneError, Signalling
from hutong.client.peers.taking import take_candidate, take_description
from hutong.client.punch.direct import DirectPaths
from hutong.client.pushes import Pushes
from hutong.platform.clock import Randomness
from hutong.schema import peers_pb2 as pb

# Direct candidates are alone for this long.
DIRECT_FIRST_S = 1.5
# A new connection has this long to open; the answerer waits longer, so that the two do not collide.
_OPEN_WITHIN_S = 8.0
_ANSWERER_EXTRA_S = 2.0

# Adds channels and handlers to every new connection.
Prepare = Callable[[RTCPeerConnection], None]


class PeerSession:
    """A session's connection. `run` until the owner cancels it; `prepare` sees every new connection.

    `reopen` asks a server that restarted for the session again; the other end waits for that.
    `direct` opens lines of its own beside the connection, to another end that can do so too.
    """

    def __init__(
        self,
        connection: Connection,
        pushes: Pushes,
        session: str,
        *,
        offerer: bool,
        prepare: Prepare,
        relay_only: bool = False,
        reopen: Reopen | None = None,
        direct: DirectPaths | None = None,
        random: Randomness | None = None,
    ) -> None:
        self._rpc = connection
        self._signalling = Signalling(connection, pushes, session, reopen)
        self._offerer = offerer
        self._prepare = prepare
        self._relay_only = relay_only
        self._direct = None if relay_only else direct
        self._they_punch = False
        self._random = random or Randomness()
        self._peer: RTCPeerConnection | None = None
        self._name = ""
        self._bound = ""  # the other side's connection this one is paired with
        self._relays = DirectFirst(hold=False)
        self._servers = Servers()
        self._commands: asyncio.Queue[Callable[[], Any]] = asyncio.Queue(maxsize=1024)
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def peer(self) -> RTCPeerConnection | None:
        """The connection of now."""
        return self._peer

    async def run(self, *, again: bool = False) -> None:
        """Keep the path up. `again`: this device was in the session before and has forgotten.

        Ends only with `SessionGoneError`, `RpcError` or cancellation.
        """
        listening: asyncio.Task[None] | None = None
        command: asyncio.Task[Callable[[], Any]] | None = None
        try:
            await self._signalling.start(skip_history=again)
            listening = asyncio.get_running_loop().create_task(self._listen())
            if again and not self._offerer:
                await self._ask_for_restart()
            else:
                await self._start_over()
            while True:
                command = asyncio.get_running_loop().create_task(self._commands.get())
                await asyncio.wait([command, listening], return_when=asyncio.FIRST_COMPLETED)
                if listening.done():
                    listening.result()
                await (await command)()
        finally:
            await to_the_end(self._end(command, listening))

    def rebuild(self) -> None:
        """The path is not good: start over, or have the offerer do so."""
        self._command(self._start_over if self._offerer else self._ask_for_restart)

    def path(self) -> pb.Path:
        """Return which way the bytes go at this moment."""
        if self._direct is not None and self._direct.open:
            return pb.PATH_DIRECT
        return self.channel_path()

    def channel_path(self) -> pb.Path:
        """Return which way the connection goes, whatever there is beside it."""
        return path_of(self._peer, self._relays.their_addresses, self._servers.hosts)

    async def _end(self, *tasks: asyncio.Task[Any] | None) -> None:
        await call_off(*filter(None, tasks))
        for timer in self._timers:
            timer.cancel()
        await self._signalling.close()
        await self._close_peer()

    # ---- one after the other ----

    def _command(self, command: Callable[[], Any]) -> None:
        """Queue a step; no signal is handled while another is half done."""
        if not self._commands.full():
            self._commands.put_nowait(command)

    async def _listen(self) -> None:
        while True:
            signal = await self._signalling.next()
            self._command(partial(self._handle, signal))

    async def _start_over(self) -> None:
        await self._close_peer()
        self._servers = servers = await ice_servers(self._rpc)
        if self._direct is not None:
            self._direct.begin(servers, self._say_punch, offerer=self._offerer)
        policy = RTCIceTransportPolicy.RELAY if self._relay_only else RTCIceTransportPolicy.ALL
        peer = RTCPeerConnection(RTCConfiguration(iceServers=servers.usable, iceTransportPolicy=policy))
        self._peer = peer
        self._name = self._random.new_id()
        self._bound = ""
        # Without UDP there is nothing direct to wait for, and beside direct paths of our own nothing to hold.
        hold = servers.udp and not self._relay_only and not self._they_punch
        self._relays = DirectFirst(hold=hold)
        peer.on("connectionstatechange", lambda: self._on_state(peer))
        self._later(_OPEN_WITHIN_S + (0 if self._offerer else _ANSWERER_EXTRA_S), lambda: self._check(peer))
        self._prepare(peer)
        if self._offerer:
            await self._describe(peer, await peer.createOffer())

    async def _ask_for_restart(self) -> None:
        if self._peer is None:
            await self._start_over()
        self._say(pb.Signal(restart=True))
        self._later(_OPEN_WITHIN_S + _ANSWERER_EXTRA_S, partial(self._check, self._peer))

    async def _close_peer(self) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            # Half closed it would keep its sockets.
            await to_the_end(_close(self._relays, peer))

    # ---- what the other side says ----

    async def _handle(self, signal: pb.Signal) -> None:
        match signal.WhichOneof("kind"):
            case "restart" if self._offerer:
                await self._start_over()
            case "punch" if self._direct is not None:
                await self._take_punch(self._direct, signal.punch)
            case "candidate":
                await self._take_candidate(signal)
            case "description" if signal.description.type == "answer":
                await self._take_answer(signal)
            case "description" if signal.description.type == "offer":
                await self._take_offer(signal)

    async def _take_answer(self, signal: pb.Signal) -> None:
        peer = self._peer
        if peer is None or peer.signalingState != "have-local-offer" or signal.towards != self._name:
            return
        if self._bound not in {"", signal.connection}:
            return
        if await self._apply(peer, signal.description):
            self._bound = signal.connection
            self._hold_for_a_while(peer)

    async def _take_offer(self, signal: pb.Signal) -> None:
        if not signal.connection:
            return
        if self._offerer:
            # Theirs is for an ICE restart, which is beyond aiortc.
            if signal.connection == self._bound and signal.towards == self._name:
                await self._start_over()
            return
        if self._bound == signal.connection:
            await self._ask_for_restart()
            return
        if self._bound or self._peer is None:
            await self._start_over()
        peer = self._peer
        assert peer is not None
        if not await self._apply(peer, signal.description):
            return
        self._bound = signal.connection
        await self._describe(peer, await peer.createAnswer())
        self._hold_for_a_while(peer)

    async def _apply(self, peer: RTCPeerConnection, description: pb.Description) -> bool:
        sdp = self._relays.to_use(description.sdp)
        return await take_description(peer, RTCSessionDescription(sdp=sdp, type=description.type))

    async def _take_punch(self, direct: DirectPaths, punch: pb.Punch) -> None:
        """Go on with a direct path, and let the relay carry until there is one (PUNCH12)."""
        direct.heard(punch, offerer=self._offerer)
        if not self._they_punch:
            self._they_punch = True
            if self._peer is not None:
                await self._release(self._peer)

    async def _take_candidate(self, signal: pb.Signal) -> None:
        if self._peer is None or not signal.connection or signal.connection != self._bound:
            return
        if signal.towards not in {"", self._name}:
            return
        if not self._relays.holds(signal.candidate):
            await take_candidate(self._peer, signal.candidate)

    # ---- what we say ----

    async def _describe(self, peer: RTCPeerConnection, description: RTCSessionDescription) -> None:
        """Gather our candidates and say them, without the relays for now."""
        # aioice forgets the sockets of a gathering that is called off. It takes five seconds at most.
        await to_the_end(self._gather(peer, description))
        sdp = self._relays.to_say(peer.localDescription.sdp)
        self._say(pb.Signal(description=pb.Description(type=description.type, sdp=sdp)))

    async def _gather(self, peer: RTCPeerConnection, description: RTCSessionDescription) -> None:
        await peer.setLocalDescription(description)
        self._relays.gathered(peer)

    def _say_punch(self, punch: pb.Punch) -> None:
        self._signalling.say(pb.Signal(punch=punch))

    def _say(self, signal: pb.Signal) -> None:
        signal.connection = self._name
        signal.towards = self._bound
        self._signalling.say(signal)

    # ---- time ----

    def _later(self, delay_s: float, call: Callable[[], None]) -> None:
        now = asyncio.get_running_loop().time()
        self._timers = [timer for timer in self._timers if not timer.cancelled() and timer.when() > now]
        self._timers.append(asyncio.get_running_loop().call_later(delay_s, call))

    def _hold_for_a_while(self, peer: RTCPeerConnection) -> None:
        if self._relays.holding:
            self._later(DIRECT_FIRST_S, lambda: self._command(lambda: self._release(peer)))

    async def _release(self, peer: RTCPeerConnection) -> None:
        """Direct paths had their time: say and take the relays too."""
        if peer is not self._peer or not self._relays.holding or peer.connectionState == "connected":
            return
        ours, theirs = self._relays.release()
        for candidate in ours:
            self._say(pb.Signal(candidate=candidate))
        for candidate in theirs:
            await take_candidate(peer, candidate)

    def _on_state(self, peer: RTCPeerConnection) -> None:
        if peer is self._peer and peer.connectionState in {"failed", "closed"}:
            self.rebuild()

    def _check(self, peer: RTCPeerConnection | None) -> None:
        if peer is not None and peer is self._peer and peer.connectionState != "connected":
            self.rebuild()


async def _close(relays: DirectFirst, peer: RTCPeerConnection) -> None:
    await relays.close()
    await peer.close()


__all__ = ["DIRECT_FIRST_S", "PeerSession", "SessionGoneError"]
