"""How many handshakes a second one core of a server does: its side only is timed, the client's is not."""

from __future__ import annotations

import contextlib
import os
import ssl
import time

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench._certificate import Certificate, client_context
from hutong.protocols.sealed import Accepted, ClientSession, ServerSession
from hutong.protocols.tls13 import (
    ClientConfig,
    ClientConnection,
    PinnedKeys,
    ServerConfig,
    ServerConnection,
    Ticket,
    TicketOffered,
    TicketReceived,
    pin_of,
)
from hutong.schema import sealed_pb2


class _Ours:
    """Handshakes of our TLS in memory; two tickets are given for each, as the link port does."""

    def __init__(self, certificate: Certificate) -> None:
        self._server_config = ServerConfig(chain=(certificate.leaf,), key=certificate.key)
        self._verifier = PinnedKeys([pin_of(certificate.key.public_key())])
        self.spent_s = 0.0

    def shake(self, given: tuple[Ticket, Ticket] | None) -> tuple[Ticket, Ticket]:
        """Do one handshake; return the client's and the server's form of a ticket."""
        now = time.time()
        config = ClientConfig(verifier=self._verifier, ticket=given[0] if given else None)
        client = ClientConnection(config, random=os.urandom, now=now)
        hello = client.data_to_send()
        begin = time.perf_counter()
        server = ServerConnection(self._server_config, random=os.urandom, now=now)
        server.receive(hello, now)
        if given is not None:
            assert isinstance(server.events()[0], TicketOffered)
            server.resume(given[1])
        flight = server.data_to_send()
        self.spent_s += time.perf_counter() - begin
        client.receive(flight, now)
        finished = client.data_to_send()
        begin = time.perf_counter()
        server.receive(finished, now)
        for number in range(2):
            kept = server.issue_ticket(
                identity=os.urandom(32),
                lifetime_s=3600,
                age_add=number,
                nonce=bytes((number,)),
                max_early_data=0,
            )
        tickets = server.data_to_send()
        self.spent_s += time.perf_counter() - begin
        client.receive(tickets, now)
        received = [event.ticket for event in client.events() if isinstance(event, TicketReceived)]
        assert server.is_connected
        return received[-1], kept


class _PythonSsl:
    """The same with Python's `ssl`."""

    def __init__(self, certificate: Certificate) -> None:
        self._server = certificate.server_context()
        self._client = client_context()
        self.spent_s = 0.0

    def shake(self, session: ssl.SSLSession | None) -> ssl.SSLSession | None:
        """Do one handshake; return the client's session."""
        up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self._client.wrap_bio(down, up, session=session)
        _step(client)
        begin = time.perf_counter()
        server = self._server.wrap_bio(up, down, server_side=True)
        _step(server)
        self.spent_s += time.perf_counter() - begin
        _step(client)
        begin = time.perf_counter()
        server.do_handshake()
        self.spent_s += time.perf_counter() - begin
        with contextlib.suppress(ssl.SSLWantReadError):
            client.read(1)  # takes the tickets
        assert client.session_reused == (session is not None)
        return client.session


def _step(end: ssl.SSLObject) -> None:
    with contextlib.suppress(ssl.SSLWantReadError):
        end.do_handshake()


def _opens(count: int) -> float:
    """Return OPENs of the sealed layer a second."""
    key = X25519PrivateKey.generate()
    manifest = sealed_pb2.Manifest(epoch=1, service_key=key.public_key().public_bytes_raw())
    spent_s = 0.0
    for _ in range(count):
        client, server = ClientSession(manifest, os.urandom), ServerSession()
        begin = time.perf_counter()
        accept = server.accept(client.opening, b"", lambda _epoch: key, os.urandom)
        spent_s += time.perf_counter() - begin
        assert isinstance(client.receive(accept), Accepted)
    return count / spent_s


def measure(certificate: Certificate, count: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return ours and the peers' handshakes a second, full and resumed."""
    ours, resuming = _Ours(certificate), _Ours(certificate)
    peer, peer_resuming = _PythonSsl(certificate), _PythonSsl(certificate)
    tickets, session = resuming.shake(None), peer_resuming.shake(None)
    resuming.spent_s = peer_resuming.spent_s = 0.0
    for _ in range(count):  # in turns, as the machine is never quiet
        ours.shake(None)
        tickets = resuming.shake(tickets)
        peer.shake(None)
        session = peer_resuming.shake(session)
    metrics = {
        "handshakes_per_s": count / ours.spent_s,
        "resumed_handshakes_per_s": count / resuming.spent_s,
        "sealed_opens_per_s": _opens(count),
    }
    peers = {
        "ssl_handshakes_per_s": count / peer.spent_s,
        "ssl_resumed_handshakes_per_s": count / peer_resuming.spent_s,
    }
    return metrics, peers
