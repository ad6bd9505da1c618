"""The core as an edge sees it: behind a wire that comes and goes."""

from __future__ import annotations

import asyncio
import contextlib

from hutong.edge.apart.address import check, connect
from hutong.edge.apart.frames import (
    CHANNEL_MAX,
    FrameError,
    Kind,
    encode_arrival,
    encode_endpoints,
    encode_taken,
)
from hutong.edge.apart.wire import Secret, Wire
from hutong.platform import journal
from hutong.platform.door import CARRIER_MESSAGE_BYTES_MIN, LOW_WATER_BYTES, Arrival, Carrier, Inlet
from hutong.platform.endpoints import Endpoints
from hutong.platform.metrics import Metrics
from hutong.platform.settings import Settings
from hutong.platform.web_api import WebApis
from hutong.protocols.sealed import refuse
from hutong.schema import sealed_pb2

CHANNELS_MAX = 100_000
# More than this waits only when the core is stuck: whoever sends then is cut off, and comes back.
WIRE_BYTES_MAX = 16 * 1024 * 1024
START_TIMEOUT_S = 30.0
CERTIFY_TIMEOUT_S = 10.0
_RETRY_S_MIN = 0.1
_RETRY_S_MAX = 2.0
# What a client has not taken up to here counts as taken: its socket always holds a little.
_SLACK_BYTES = LOW_WATER_BYTES // 2
_REPORT_BYTES = 2048
_ROOT_BYTES = 32

log = journal.get(__name__)


class RemoteInlet:
    """One client, passed on. Once `closed` was called it says nothing: the core has forgotten its channel."""

    def __init__(self, core: RemoteCore, wire: Wire, channel: int, carrier: Carrier) -> None:
        self._core = core
        self._wire = wire
        self._channel = channel
        self.carrier = carrier
        self._received = 0
        self._reported = 0
        self._over = False

    # ---- what the client does ----

    def receive(self, message: bytes) -> None:
        """Pass a carrier message on."""
        if self._over:
            return
        # A frame for each of countless empty messages would hold up everybody, here and in the core.
        if len(message) < CARRIER_MESSAGE_BYTES_MIN or self._wire.waiting_bytes() > WIRE_BYTES_MAX:
            self.carrier.close(at_once=True)
            return
        self._wire.send(Kind.DATA, self._channel, message)

    def finished(self) -> None:
        """Pass on that the client will say no more."""
        if not self._over:
            self._wire.send(Kind.FINISHED, self._channel)

    def drained(self) -> None:
        """Let the core know that there is room again."""
        self.report()

    def closed(self) -> None:
        """Pass on that the client is gone."""
        if self._over:
            return
        self._over = True
        self._wire.send(Kind.CLOSED, self._channel)
        self._core.forget(self._channel)

    # ---- what the core does ----

    def handle(self, kind: Kind, payload: bytes) -> None:
        """Do what the core says. Raises `FrameError`."""
        match kind:
            case Kind.DATA:
                self._received += len(payload)
                self.carrier.send(payload)
            case Kind.IDENTIFIED:
                self.carrier.identified(payload)
            case Kind.CLOSE:
                self.carrier.close(at_once=payload == b"\x01")
            case _:
                raise FrameError("a frame that a core does not send")

    def report(self) -> None:
        """Tell the core how much has left for the client, once that is worth a frame."""
        if self._over:
            return
        waiting = max(0, self.carrier.waiting_bytes() - _SLACK_BYTES)
        taken = self._received - waiting - self._reported
        if taken >= _REPORT_BYTES:
            self._reported += taken
            self._wire.send(Kind.TAKEN, self._channel, encode_taken(taken))


class _Closed:
    """The inlet of a client that comes while there is no core."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier: Carrier | None = carrier

    def receive(self, _message: bytes) -> None:
        """Refuse, once (SEAL1)."""
        if self._carrier is not None:
            carrier, self._carrier = self._carrier, None
            carrier.send(refuse(sealed_pb2.REFUSAL_BUSY))
            carrier.close(at_once=False)

    def finished(self) -> None:
        """End."""
        if self._carrier is not None:
            self._carrier.close(at_once=False)

    def drained(self) -> None:
        """Nothing waits."""

    def closed(self) -> None:
        """Nobody has to be told."""
        self._carrier = None


class RemoteCore:
    """Implements `CoreAccess` and `Door`."""

    def __init__(self, settings: Settings, secret: Secret) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.web_apis = WebApis()
        self.root = b""
        self.server_name = settings.server_name
        self.relay_secret = secret.derive(b"relay")
        self._secret = secret
        self._endpoints: Endpoints | None = None
        self._wire: Wire | None = None
        self._channels: dict[int, RemoteInlet] = {}
        self._touched: set[RemoteInlet] = set()
        self._next_channel = 1
        self._certified: asyncio.Future[bytes] | None = None
        self._welcomed = asyncio.Event()
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def door(self) -> RemoteCore:
        """New carriers come in here."""
        return self

    @property
    def ready(self) -> bool:
        """Whether the core is there."""
        return self._wire is not None and self._welcomed.is_set()

    async def start(self) -> None:
        """Reach the core. Raises `OSError` when it does not answer, `SettingsError` for no address."""
        check(self.settings.core_address)
        self._keeper = asyncio.create_task(self._keep_connected())
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._welcomed.wait()
        except TimeoutError as error:
            await self.close()
            raise OSError(f"the core at {self.settings.core_address} does not answer") from error

    async def close(self) -> None:
        """Leave the core."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._wire is not None:
            self._wire.close()

    # ---- for the listeners ----

    def open(self, carrier: Carrier, arrival: Arrival) -> Inlet:
        """Pass a new client on, or refuse it while the core is away."""
        wire = self._wire
        if wire is None or not self.ready or len(self._channels) >= CHANNELS_MAX:
            return _Closed(carrier)
        while self._next_channel in self._channels:
            self._next_channel = self._next_channel % CHANNEL_MAX + 1
        channel = self._next_channel
        self._next_channel = channel % CHANNEL_MAX + 1
        inlet = RemoteInlet(self, wire, channel, carrier)
        self._channels[channel] = inlet
        wire.send(Kind.OPEN, channel, encode_arrival(arrival))
        return inlet

    def forget(self, channel: int) -> None:
        """Be told that a client is gone."""
        self._channels.pop(channel, None)

    async def certify(self, public_key: bytes, host: str) -> bytes:
        """Have the core's root sign the link port's key. Raises `OSError`."""
        if self._wire is None:
            raise OSError("the core is away")
        self._certified = asyncio.get_running_loop().create_future()
        self._wire.send(Kind.CERTIFY, 0, public_key + host.encode())
        try:
            async with asyncio.timeout(CERTIFY_TIMEOUT_S):
                leaf = await self._certified
        except TimeoutError as error:
            raise OSError("the core does not sign") from error
        if not leaf:
            raise OSError("the core has no root key to sign with")
        return leaf

    def announce(self, endpoints: Endpoints) -> None:
        """Let the core know where this edge is reached, now and whenever it comes back."""
        self._endpoints = endpoints
        self._greet()

    def collect(self) -> None:
        """Bring the metrics up to date."""
        self.metrics.connections.set(len(self._channels))

    # ---- the wire ----

    async def _keep_connected(self) -> None:
        wait_s = _RETRY_S_MIN
        while True:
            self._lost.clear()
            wire = Wire.dialling(
                self._secret,
                on_ready=self._on_ready,
                on_frame=self._on_frame,
                on_batch=self._on_batch,
                on_lost=self._on_lost,
            )
            try:
                await connect(self.settings.core_address, wire)
            except OSError as error:
                log.debug("core_not_reached", error=str(error))
            else:
                await self._lost.wait()
                if self._welcomed.is_set():
                    wait_s = _RETRY_S_MIN
                    log.warning("core_lost")
                self._welcomed.clear()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _RETRY_S_MAX)

    def _on_ready(self, wire: Wire) -> None:
        self._wire = wire
        self._greet()

    def _greet(self) -> None:
        if self._wire is not None:
            self._wire.send(Kind.HELLO, 0, encode_endpoints(self._endpoints))

    def _on_frame(self, kind: Kind, channel: int, payload: bytes) -> None:
        if channel:
            inlet = self._channels.get(channel)
            if inlet is not None:  # else its client has gone, and the core will hear of it
                inlet.handle(kind, payload)
                self._touched.add(inlet)
        elif kind is Kind.WELCOME:
            self._welcome(payload)
        elif kind is Kind.CERTIFIED:
            if self._certified is not None and not self._certified.done():
                self._certified.set_result(payload)
        else:
            raise FrameError("a frame that a core does not send")

    def _on_batch(self) -> None:
        touched, self._touched = self._touched, set()
        for inlet in touched:
            inlet.report()

    def _welcome(self, payload: bytes) -> None:
        root = payload[:_ROOT_BYTES]
        if len(root) != _ROOT_BYTES or (self.root and root != self.root):
            raise FrameError("the core has another root than before")
        self.root = root
        self._welcomed.set()

    def _on_lost(self, wire: Wire) -> None:
        if self._wire is wire:
            self._wire = None
        channels, self._channels = self._channels, {}
        for inlet in channels.values():
            # They come back by themselves, and are refused until the core is there again.
            inlet.carrier.close(at_once=False)
        self._lost.set()
