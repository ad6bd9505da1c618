"""The TLS-on-TCP carrier (CONN3) on our own TLS 1.3, which has what Python's has not: 0-RTT (LINK51)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hutong.client.address import Address
from hutong.client.carrier import CarrierError, OpenCarrier, Receiver, explain, hung_up
from hutong.client.early import EarlyRandom
from hutong.client.framing import FramingError, Unframer, frame
from hutong.client.identity import ServerIdentity
from hutong.client.memory import Memory
from hutong.client.sockets import LINGER_S, limit_writes, prepare_socket
from hutong.platform.clock import Clock, Randomness
from hutong.platform.leaf import good_until_ms
from hutong.protocols.sealed import EXPORTER_BYTES
from hutong.protocols.tls13.client import ClientConnection
from hutong.protocols.tls13.codepoints import AlertDescription
from hutong.protocols.tls13.config import ClientConfig
from hutong.protocols.tls13.errors import TicketFormatError, TlsError
from hutong.protocols.tls13.events import ApplicationData, HandshakeCompleted, PeerClosed, TicketReceived
from hutong.protocols.tls13.ports import PublicKey
from hutong.protocols.tls13.ticket import Ticket

ALPN = "hutong/1"
_EXPORTER = "EXPORTER-hutong-sealed"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the carriers of one server share."""

    identity: ServerIdentity
    memory: Memory
    clock: Clock
    random: Randomness

    def now(self) -> float:
        """Return Unix time in seconds."""
        return self.clock.now_ms() / 1000


class _SignedByRoot:
    """Trusts a leaf that the pinned root signed; before the first contact, any (the sealed layer decides)."""

    def __init__(self, identity: ServerIdentity) -> None:
        self._identity = identity

    def verify(self, chain: Sequence[bytes], server_name: str | None, now: float) -> PublicKey:
        """Return the leaf's key. Raises `TlsError`."""
        del server_name  # whoever has the root's signature is the server, whatever it is called
        try:
            key = x509.load_der_x509_certificate(chain[0]).public_key()
        except ValueError:
            raise TlsError(AlertDescription.BAD_CERTIFICATE, "the certificate cannot be read") from None
        if not isinstance(key, Ed25519PublicKey):
            raise TlsError(AlertDescription.UNSUPPORTED_CERTIFICATE, "the server's key is no Ed25519 key")
        root = self._identity.root
        if root and good_until_ms(chain[0], root, key.public_bytes_raw()) < now * 1000:
            raise TlsError(AlertDescription.UNKNOWN_CA, "the server's root has not signed its certificate")
        return key


class _StreamProtocol(asyncio.Protocol):
    """One connection; its own carrier."""

    def __init__(self, address: Address, receiver: Receiver, around: Surroundings) -> None:
        self._address = address
        self._receiver: Receiver | None = receiver
        self._around = around
        self._transport: asyncio.Transport | None = None
        self._tls: ClientConnection
        self._unframer = Unframer()
        self._opened = self._early = self._complete = False
        # Frames that wait for the handshake.
        self._held: list[bytes] = []
        self._exporter = b""
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = loop.create_future()
        # Done when the receiver has its carrier, or cannot get it.
        self.ready: asyncio.Future[None] = loop.create_future()

    # ---- protocol ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello; with a ticket, the sealed OPEN goes with it (LINK51)."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour only
        prepare_socket(transport)
        limit_writes(self._transport)
        ticket = self._take_ticket()
        if ticket is not None and ticket.max_early_data:
            self._begin_early(ticket)
        else:
            self._tls = self._client(ticket, self._around.now())
        self._write()

    def data_received(self, data: bytes) -> None:
        """Open the records; what a broken peer is told goes out before the end."""
        try:
            self._tls.receive(data, self._around.now())
        except TlsError as error:
            self._handle()
            self._write()
            self._fail(_explain(error, self._address))
        else:
            self._handle()
            self._write()

    def resume_writing(self) -> None:
        """There is room for bulk again."""
        if self._receiver is not None and self._opened:
            self._receiver.drained()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended.set_result(None)
        self._fail(explain(error, self._address) if error is not None else hung_up())

    # ---- the handshake ----

    def _begin_early(self, ticket: Ticket) -> None:
        """Make the first flight twice, alike to the bit: what is early is sealed to the ClientHello."""
        random = EarlyRandom(self._around.random.token)
        now = self._around.now()
        draft = self._client(ticket, now, b"\x00", random)
        random.rewind()
        self._exporter = draft.export(_EXPORTER, b"", EXPORTER_BYTES, early=True)
        self._early = True
        self._tell_opened()
        early: list[bytes] = []
        room = ticket.max_early_data
        while self._held and len(self._held[0]) <= room:
            early.append(self._held.pop(0))
            room -= len(early[-1])
        self._early = bool(early)
        self._tls = self._client(ticket, now, b"".join(early), random)
        assert not early or self._exporter == self._tls.export(_EXPORTER, b"", EXPORTER_BYTES, early=True)

    def _client(
        self,
        ticket: Ticket | None,
        now: float,
        early_data: bytes = b"",
        random: EarlyRandom | None = None,
    ) -> ClientConnection:
        config = ClientConfig(
            verifier=_SignedByRoot(self._around.identity),
            server_name=self._address.host,
            alpn=(ALPN,),
            ticket=ticket,
            early_data=early_data,
        )
        chance = random.token if random is not None else self._around.random.token
        return ClientConnection(config, random=chance, now=now)

    def _take_ticket(self) -> Ticket | None:
        now_ms = self._around.clock.now_ms()
        while kept := self._around.memory.take_ticket(self._address.authority, now_ms):
            try:
                ticket = Ticket.from_bytes(kept)
            except TicketFormatError:
                continue
            if ticket.is_live(now_ms / 1000) and ticket.alpn == ALPN:
                return ticket
        return None

    def _handle(self) -> None:
        for event in self._tls.events():
            if isinstance(event, ApplicationData):
                self._take(event.data)
            elif isinstance(event, TicketReceived):
                self._around.memory.keep_ticket(self._address.authority, event.ticket.to_bytes())
            elif isinstance(event, HandshakeCompleted):
                self._completed(event)
            elif isinstance(event, PeerClosed):
                self._fail(hung_up())

    def _completed(self, done: HandshakeCompleted) -> None:
        self._complete = True
        if self._early and done.early_data_accepted:
            held, self._held = self._held, []
            for framed in held:
                self._tls.send(framed)
            return
        # The early flight is lost as a whole: nothing of it may be sent under these keys (LINK53).
        self._held = []
        self._exporter = self._tls.export(_EXPORTER, b"", EXPORTER_BYTES)
        if not self._opened:
            self._tell_opened()
        elif self._receiver is not None:
            self._receiver.restarted()

    def _tell_opened(self) -> None:
        self._opened = True
        if self._receiver is not None:
            self._receiver.opened(self)
        if not self.ready.done():
            self.ready.set_result(None)

    def _take(self, data: bytes) -> None:
        try:
            for message in self._unframer.feed(data):
                if self._receiver is not None:
                    self._receiver.received(message)
        except FramingError:
            self._fail(CarrierError("The server does not speak as it should."))

    def _write(self) -> None:
        data = self._tls.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _fail(self, error: CarrierError) -> None:
        receiver, self._receiver = self._receiver, None
        if self._transport is not None:
            self._transport.close()
            asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)
        if not self.ready.done():
            self.ready.set_exception(error)
        elif receiver is not None:
            receiver.lost(error)

    # ---- carrier ----

    @property
    def exporter(self) -> bytes:
        """That of the early data if it was sent and not refused, else that of the handshake (SEAL4)."""
        return self._exporter

    def send(self, message: bytes) -> None:
        if not self._complete:
            self._held.append(frame(message))
            return
        now = self._around.now()
        if (due := self._tls.deadline) is not None and now >= due:
            self._tls.advance(now)
        self._tls.send(frame(message))
        self._write()

    def waiting_bytes(self) -> int:
        assert self._transport is not None
        return self._transport.get_write_buffer_size() + sum(map(len, self._held))

    def close(self, *, at_once: bool) -> None:
        self._receiver = None
        if self._transport is None or self._transport.is_closing():
            return
        if at_once:
            self._transport.abort()
            return
        self._tls.close()
        self._write()
        self._transport.close()
        asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)

    async def wait_closed(self) -> None:
        await asyncio.wait([self._ended], timeout=LINGER_S)


def _explain(error: TlsError, address: Address) -> CarrierError:
    if error.alert is AlertDescription.NO_APPLICATION_PROTOCOL:
        return CarrierError(f"{address.authority} is no link port of a Hutong server.", hopeless=True)
    if error.alert in {AlertDescription.UNKNOWN_CA, AlertDescription.UNSUPPORTED_CERTIFICATE}:
        return CarrierError(
            f"{address.authority} is not the server that is meant: {error.reason}. "
            "Either the address is out of date, or somebody stands between you and the server.",
            hopeless=True,
        )
    return CarrierError(f"{address.authority} does not speak TLS as it should ({error.reason}).")


async def _open(address: Address, host: str, around: Surroundings, receiver: Receiver) -> None:
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.create_connection(
            lambda: _StreamProtocol(address, receiver, around), host, address.port
        )
        try:
            await protocol.ready
        except BaseException:
            transport.abort()
            raise
    except Exception as error:
        raise explain(error, address) from error


def stream(address: Address, around: Surroundings, host: str = "") -> OpenCarrier:
    """Return what opens this carrier to a `hutong://` address; `host` is its IP address, if known."""
    return partial(_open, address, host or address.host, around)
