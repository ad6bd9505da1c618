"""A client and a server of ours, joined without sockets, with a clock and randomness that stand still."""

from __future__ import annotations

import datetime
import functools
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hutong.protocols.tls13 import (
    ClientConfig,
    ClientConnection,
    Connection,
    Event,
    HandshakeCompleted,
    PinnedKeys,
    ServerConfig,
    ServerConnection,
    Ticket,
    TicketOffered,
    TicketReceived,
    TlsError,
    pin_of,
)

NAME = "hutong.example"
NOW = 1_800_000_000.0
ALPN = ("hutong/1",)

AnyKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
EventT = TypeVar("EventT")


@dataclass(frozen=True)
class Identity:
    """A self-signed certificate for `NAME` and 127.0.0.1."""

    key: Any
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        pem: bytes = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return pem

    @property
    def pin(self) -> bytes:
        return pin_of(self.key.public_key())


def certificate(
    key: AnyKey, signer: AnyKey, issuer: str, name: str = NAME, *, ca: bool = False
) -> x509.Certificate:
    start = datetime.datetime.fromtimestamp(NOW, datetime.UTC) - datetime.timedelta(days=1)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not ca:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def identity(kind: str = "ed25519") -> Identity:
    return _identity(kind)


@functools.cache
def _identity(kind: str) -> Identity:
    key: AnyKey
    if kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    elif kind == "p256":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, 2048)
    return Identity(key, certificate(key, key, NAME))


def client_config(**changes: Any) -> ClientConfig:
    wanted: dict[str, Any] = {
        "verifier": PinnedKeys({identity().pin}),
        "server_name": NAME,
        "alpn": ALPN,
        **changes,
    }
    return ClientConfig(**wanted)


def server_config(**changes: Any) -> ServerConfig:
    wanted: dict[str, Any] = {"chain": (identity().der,), "key": identity().key, "alpn": ALPN, **changes}
    return ServerConfig(**wanted)


@dataclass
class Store:
    """Tickets by identity; what is taken is gone. `taken` counts."""

    tickets: dict[bytes, Ticket] = field(default_factory=dict)
    taken: int = 0

    def put(self, ticket: Ticket) -> None:
        self.tickets[ticket.identity] = ticket

    def answer(self, server: ServerConnection, offered: TicketOffered, *, accept_early: bool = True) -> None:
        """Do what a shell does."""
        ticket = self.tickets.get(offered.identity)
        if ticket is not None and server.fits(ticket):
            del self.tickets[offered.identity]
            self.taken += 1
        else:
            ticket = None
        server.resume(ticket, accept_early=accept_early)


class Pair:
    """One connection, both ends. Events are kept in `at_client` and `at_server`."""

    def __init__(
        self,
        client: ClientConfig | None = None,
        server: ServerConfig | None = None,
        *,
        store: Store | None = None,
        now: float = NOW,
        accept_early: bool = True,
        seed: int = 1,
    ) -> None:
        self.now = now
        self.store = store or Store()
        self.accept_early = accept_early
        source = random.Random(seed)
        self.client = ClientConnection(client or client_config(), random=source.randbytes, now=now)
        self.server = ServerConnection(server or server_config(), random=source.randbytes, now=now)
        self.at_client: list[Event] = []
        self.at_server: list[Event] = []
        self._tickets = itertools.count()

    def to_server(self, data: bytes) -> None:
        """Give the server bytes, and answer when it asks for a ticket."""
        try:
            self.server.receive(data, self.now)
        finally:
            self._serve()

    def _serve(self) -> None:
        fresh = self.server.events()
        self.at_server += fresh
        for event in fresh:
            if isinstance(event, TicketOffered):
                self.store.answer(self.server, event, accept_early=self.accept_early)
                self.at_server += self.server.events()

    def to_client(self, data: bytes) -> None:
        try:
            self.client.receive(data, self.now)
        finally:
            self.at_client += self.client.events()

    def run(self) -> Pair:
        """Carry bytes both ways until none are left."""
        while up := self.client.data_to_send():
            self.to_server(up)
            if down := self.server.data_to_send():
                self.to_client(down)
        if down := self.server.data_to_send():
            self.to_client(down)
            return self.run()
        return self

    def give_ticket(self, *, lifetime_s: int = 3600, max_early_data: int = 16384) -> Ticket:
        """Issue a ticket, keep it in the store, and return the client's side of it."""
        number = next(self._tickets)
        self.store.put(
            self.server.issue_ticket(
                identity=number.to_bytes(32),
                lifetime_s=lifetime_s,
                age_add=0xFFFFFFF0,
                nonce=number.to_bytes(2),
                max_early_data=max_early_data,
            )
        )
        self.run()
        return the(TicketReceived, self.at_client[-1:]).ticket

    def say(self, up: bytes = b"up", down: bytes = b"down") -> None:
        """Check that the connection works both ways."""
        seen = len(self.at_client), len(self.at_server)
        self.client.send(up)
        self.server.send(down)
        self.run()
        assert data_of(self.at_server[seen[1] :]) == up
        assert data_of(self.at_client[seen[0] :]) == down


def the(kind: type[EventT], events: list[Any]) -> EventT:
    """Return the one event of a kind."""
    found = [event for event in events if isinstance(event, kind)]
    assert len(found) == 1, events
    return found[0]


def data_of(events: list[Event]) -> bytes:
    return b"".join(getattr(event, "data", b"") for event in events)


def completed(pair: Pair) -> HandshakeCompleted:
    """Return what the two sides agreed on, once they have."""
    client, server = the(HandshakeCompleted, pair.at_client), the(HandshakeCompleted, pair.at_server)
    assert replace(client, peer_chain=()) == server
    return client


def with_ticket(**changes: Any) -> tuple[Ticket, Store]:
    """Return a client's ticket, and the store that knows it."""
    pair = Pair().run()
    return pair.give_ticket(**changes), pair.store


def failure(connection: Connection, data: bytes, now: float = NOW) -> TlsError:
    """Give bytes that must end the connection, and return why; the alert is to be sent."""
    try:
        connection.receive(data, now)
    except TlsError as error:
        return error
    raise AssertionError("the bytes were taken")


def records(data: bytes) -> Iterator[bytes]:
    """Cut bytes into records."""
    while data:
        stop = 5 + int.from_bytes(data[3:5])
        assert len(data) >= stop
        yield data[:stop]
        data = data[stop:]
