"""The stream between an edge and its core: TLS 1.3 with a pre-shared key, frames, signs of life."""

from __future__ import annotations

import asyncio
import hmac
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.edge.apart.frames import FrameCutter, FrameError, Kind, frame
from hutong.edge.sockets import LINGER_S, tune
from hutong.platform import journal
from hutong.platform.settings import SettingsError
from hutong.protocols.tls13 import (
    AlertDescription,
    ApplicationData,
    CipherSuite,
    ClientConfig,
    ClientConnection,
    HandshakeCompleted,
    PeerClosed,
    PublicKey,
    ServerConfig,
    ServerConnection,
    Ticket,
    TicketOffered,
    TlsError,
)

ALPN = "hutong-core/1"
HANDSHAKE_TIMEOUT_S = 10.0
PING_EVERY_S = 5.0
SILENCE_S = 20.0
_SECRET_BYTES_MIN = 32

log = journal.get(__name__)


class Secret:
    """What both sides know; each use has a key of its own."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SECRET_BYTES_MIN:
            raise SettingsError("The secret of edge and core is too short.")
        self._secret = secret

    def derive(self, label: bytes, digest: str = "sha256") -> bytes:
        """Return the key of a use."""
        return hmac.digest(self._secret, b"hutong apart v1\x00" + label, digest)

    def ticket(self) -> Ticket:
        """Return the pre-shared key in the form our TLS takes one; both sides make the same."""
        return Ticket(
            identity=self.derive(b"identity"),
            psk=self.derive(b"psk", "sha384"),
            suite=CipherSuite.AES_256_GCM_SHA384,
            issued_at=time.time(),
            lifetime_s=3600,
            age_add=0,
            alpn=ALPN,
            server_name=None,
            max_early_data=0,
        )


def read_secret(path: Path) -> Secret:
    """Read the secret from its file. Raises `SettingsError`."""
    try:
        return Secret(bytes.fromhex(path.read_text()))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path} cannot be read: copy it from the core's data folder, or name it in core_secret_file."
        ) from error


class _Nobody:
    """Believes no certificate: who cannot show the secret is not the core."""

    def verify(self, chain: Sequence[bytes], server_name: str | None, now: float) -> PublicKey:
        """Refuse."""
        del chain, server_name, now
        raise TlsError(AlertDescription.CERTIFICATE_UNKNOWN, "the core does not know the secret")


class Wire(asyncio.Protocol):
    """One end. `on_frame` gets every frame, `on_ready` and `on_lost` are called at most once each."""

    def __init__(
        self,
        tls: ClientConnection | ServerConnection,
        secret: Secret,
        *,
        on_ready: Callable[[Wire], object],
        on_frame: Callable[[Kind, int, bytes], object],
        on_batch: Callable[[], object],
        on_lost: Callable[[Wire], object],
    ) -> None:
        self._tls = tls
        self._secret = secret
        self._on_ready = on_ready
        self._on_frame = on_frame
        self._on_batch = on_batch
        self._on_lost = on_lost
        self._cutter = FrameCutter()
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._ending = False
        self.ready = False
        self.address = ""
        self._transport: asyncio.Transport

    @classmethod
    def dialling(cls, secret: Secret, **callbacks: Callable[..., object]) -> Wire:
        """Return an edge's end."""
        config = ClientConfig(verifier=_Nobody(), alpn=(ALPN,), ticket=secret.ticket())
        return cls(ClientConnection(config, random=os.urandom, now=time.time()), secret, **callbacks)

    @classmethod
    def listening(cls, secret: Secret, **callbacks: Callable[..., object]) -> Wire:
        """Return a core's end."""
        # Its certificate is shown to nobody who could show the secret.
        config = ServerConfig(chain=(b"-",), key=Ed25519PrivateKey.generate(), alpn=(ALPN,), max_early_data=0)
        return cls(ServerConnection(config, random=os.urandom, now=time.time()), secret, **callbacks)

    # ---- protocol ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by behaviour only
        tune(transport.get_extra_info("socket"), 0)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE_TIMEOUT_S, self.abort)
        self._write()

    def data_received(self, data: bytes) -> None:
        """Open records, cut frames, hand them on."""
        if self._ending:
            return
        self._heard_at = time.monotonic()
        try:
            self._tls.receive(data, time.time())
            self._handle()
        except (TlsError, FrameError) as error:
            # Of strangers the gate tells, now and then.
            known = self.ready or isinstance(self._tls, ClientConnection)
            (log.warning if known else log.debug)("wire_broken", error=str(error), address=self.address)
            self._end()
            return
        self._write()

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell the owner."""
        self._ending = True
        self.ready = False
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._on_lost(self)

    def _handle(self) -> None:
        for event in self._tls.events():
            match event:
                case ApplicationData(data=data):
                    for kind, channel, payload in self._cutter.feed(data):
                        if kind is not Kind.PING:
                            self._on_frame(kind, channel, payload)
                    self._on_batch()
                case TicketOffered(identity=identity):
                    assert isinstance(self._tls, ServerConnection)
                    ticket = self._secret.ticket()
                    if not hmac.compare_digest(identity, ticket.identity):
                        raise FrameError("the edge does not know the secret")
                    self._tls.resume(ticket)
                case HandshakeCompleted(resumed=resumed):
                    if not resumed:
                        raise FrameError("the edge does not know the secret")
                    self._become_ready()
                case PeerClosed():
                    self._end()

    def _become_ready(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.ready = True
        self._heard_at = time.monotonic()
        self._write()
        self._on_ready(self)
        self._beat()

    def _beat(self) -> None:
        if self._ending:
            return
        if time.monotonic() - self._heard_at > SILENCE_S:
            log.warning("wire_silent", address=self.address)
            self.abort()
            return
        self.send(Kind.PING, 0)
        self._timer = asyncio.get_running_loop().call_later(PING_EVERY_S, self._beat)

    # ---- sending ----

    def send(self, kind: Kind, channel: int, payload: bytes = b"") -> None:
        """Queue a frame; all of one turn of the loop leave in few records."""
        if self._ending or not self.ready:
            return
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._flush)
        framed = frame(kind, channel, payload)
        self._queue.append(framed)
        self._queued_bytes += len(framed)

    def waiting_bytes(self) -> int:
        """Return what the other side has not taken yet."""
        return self._queued_bytes + self._transport.get_write_buffer_size()

    def close(self) -> None:
        """End, after what is queued."""
        if not self._ending:
            self._flush()
            self._end()

    def abort(self) -> None:
        """End at once."""
        self._ending = True
        self._transport.abort()

    def _flush(self) -> None:
        if self._ending or not self._queue:
            return
        data = b"".join(self._queue)
        self._queue.clear()
        self._queued_bytes = 0
        self._tls.send(data)
        self._write()

    def _write(self) -> None:
        data = self._tls.data_to_send()
        if data:
            self._transport.write(data)

    def _end(self) -> None:
        self._ending = True
        self._tls.close()
        self._write()
        self._transport.close()
        asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)
