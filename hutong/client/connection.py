"""One device's connection to its server (docs/protocol/connection.md, link.md).

This is what its owner uses. What passes on a link is in `dialogue`, how links live in `life`, calls are in
`calls`, coming back as a device in `signing`, heartbeats in `pulse`.

Nothing here makes a task for each message: `request` calls back, and everything asked for in one turn of
the loop leaves together. `call` is the comfortable form of `request`.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from google.protobuf.message import Message

from hutong.client.address import Address, parse_address
from hutong.client.bodies import packed
from hutong.client.call import Call, Done
from hutong.client.dial import Dialer
from hutong.client.dialogue import Dialogue
from hutong.client.handlers import Credentials, Handlers, State
from hutong.client.keys import KeySource
from hutong.client.life import Phase
from hutong.client.link import OpenLink
from hutong.client.memory import Memory
from hutong.client.methods import Method
from hutong.client.packing import ENVELOPE_BYTES, unpack
from hutong.platform.clock import Clock, Randomness, SystemClock
from hutong.platform.errors import InvalidArgument, RpcError, Unauthenticated, Unavailable
from hutong.protocols.heartbeat import Activity
from hutong.protocols.sealed import MESSAGE_BYTES_MAX

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)

DEADLINE_S = 20.0


class Connection(Dialogue):
    """A connection that looks after itself; used on one event loop. `stop` it at the end, or `close` it.

    `address` may also be what opens a link. `memory` is what is known of the server from before.
    """

    def __init__(
        self,
        address: Address | str | OpenLink,
        handlers: Handlers | None = None,
        *,
        memory: Memory | None = None,
        clock: Clock | None = None,
        random: Randomness | None = None,
    ) -> None:
        clock = clock or SystemClock()
        random = random or Randomness()
        memory = memory or Memory()
        self._dialer: Dialer | None = None
        if isinstance(address, Address | str):
            parsed = parse_address(address) if isinstance(address, str) else address
            self._dialer = Dialer(parsed, memory, clock=clock, random=random)
            address = self._dialer.open
        super().__init__(address, handlers or Handlers(), memory, clock, random)
        self._keys = KeySource(clock, random)

    # ---- for the owner ----

    @property
    def state(self) -> State:
        """Whether there is a connection."""
        return self._life.state

    @property
    def signed_in(self) -> bool:
        """Whether this moment's link is a device's."""
        return self._signing.signed_in

    @property
    def carrier(self) -> str:
        """What the present link goes over: TLS, WebSocket, POST; empty without one."""
        route = self._dialer.route if self._dialer is not None and self._life.link is not None else None
        return route.kind.value if route is not None else ""

    def start(self, credentials: Credentials | None = None) -> None:
        """Begin connecting, as a device or as nobody yet."""
        if self._life.phase is Phase.STOPPED:
            self._signing.credentials = credentials
            self._life.start()

    def stop(self) -> None:
        """End the connection; what waits is answered `unavailable`, reason `closed`."""
        self._life.stop()
        self._alarm.stop()
        closed = Unavailable("The connection was closed.", reason="closed")
        self._calls.reject(closed, signed_in_only=False)

    async def close(self) -> None:
        """Stop, and return when the other side has been told."""
        self.stop()
        await self._life.wait_closed()

    def set_credentials(self, credentials: Credentials | None) -> None:
        """Say how later links resume; None forgets who we are and begins anew (CONN9)."""
        self._signing.credentials = credentials
        if credentials is None:
            self._memory.forget_tickets()
            self._calls.reject(_signed_out(), signed_in_only=True)
            if self._life.phase is not Phase.STOPPED:
                self._life.start()
        elif self._life.phase is Phase.READY and not self._signing.signed_in:
            self._resume()

    def hurry(self) -> None:
        """The network changed: another link at once, with what was not answered (CONN19, LINK46)."""
        if self._dialer is not None:
            self._dialer.forgive()
        self._life.hurry()

    def foreground(self) -> None:
        """Somebody looks: short heartbeats, and no long wait for a link."""
        self._turn(Activity.FOREGROUND)

    def background(self, *, inactive: bool = False) -> None:
        """Nobody looks (`inactive`: for long): as few heartbeats as the network bears, and patience."""
        self._turn(Activity.INACTIVE if inactive else Activity.BACKGROUND)

    def new_key(self) -> bytes:
        """Return a request key; the same key on a retry makes the effect happen once (CONN13)."""
        return self._keys.new_key()

    def request(
        self,
        method: Method[Q, R],
        body: bytes,
        done: Done,
        *,
        key: bytes = b"",
        deadline_s: float = DEADLINE_S,
        retries_unavailable: bool = True,
    ) -> Call:
        """Ask the server; `done` is called once, with the reply's body or the error, unless `drop`ped.

        Across links it is retried with its key until it is answered or its deadline passes.
        Raises `InvalidArgument` (too large), `Unauthenticated` (nobody is signed in),
        `Unavailable` (not started), `ResourceExhausted` (too much waits already).
        """
        if len(body) > MESSAGE_BYTES_MAX - ENVELOPE_BYTES:
            raise InvalidArgument("This is too large to send.", reason="too_large")
        if self._life.phase is Phase.STOPPED:
            raise Unavailable("The connection was closed.", reason="closed")
        if not (method.public or self._signing.signed_in or self._signing.credentials is not None):
            raise _signed_out()
        if not key and not method.replay_safe:
            key = self._keys.new_key()
        deadline = self._clock.monotonic() + deadline_s
        call = Call(
            method,
            key,
            *packed(body, secret=method.secret),
            deadline,
            done,
            retries_unavailable=retries_unavailable,
        )
        self._calls.add(call)
        self._flush_soon()
        self._alarm.by(deadline)
        return call

    def drop(self, call: Call) -> None:
        """Give a request up; its `done` is not called. The effect may have happened."""
        self._calls.drop(call)

    async def call(
        self,
        method: Method[Q, R],
        request: Q,
        *,
        key: bytes = b"",
        deadline_s: float = DEADLINE_S,
        retries_unavailable: bool = True,
    ) -> R:
        """Ask the server and return its answer. Raises `RpcError`."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(body: bytes | None, error: RpcError | None) -> None:
            if future.done():
                return
            if body is None:
                assert error is not None
                future.set_exception(error)
            else:
                future.set_result(body)

        call = self.request(
            method,
            request.SerializeToString(),
            done,
            key=key,
            deadline_s=deadline_s,
            retries_unavailable=retries_unavailable,
        )
        try:
            body = await future
        except asyncio.CancelledError:
            self._calls.drop(call)
            raise
        return unpack(method.reply_class, body)

    def _turn(self, activity: Activity) -> None:
        self._pulse.turn(activity)
        self._life.turn(activity)
        self._alarm.by(self._pulse.deadline)


def _signed_out() -> Unauthenticated:
    return Unauthenticated("Please sign in first.", reason="signed_out")
