"""The traces of RFC 8448, by docs/protocol/link.md: LINK7, LINK13.

Our client takes the place of the RFC's: it is given the RFC's ClientHello (which offers things of its time)
and key, and everything it sends and derives is compared. What is left out, because the profile does not have
it: making the server's flights of sections 3 and 4 (an RSA key signs them with a random salt; here the RFC's
are taken), P-256 inside of a connection (5), client certificates (6). Section 7 adds two ChangeCipherSpecs to
section 3, and test_tls_openssl.py has them.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from hutong.protocols.tls13 import (
    ApplicationData,
    CipherSuite,
    ClientConnection,
    HandshakeCompleted,
    NamedGroup,
    PeerClosed,
    PinnedKeys,
    ServerConnection,
    Ticket,
    TicketReceived,
    key_exchange,
    key_schedule,
    pin_of,
)
from hutong.protocols.tls13.client_offer import Offer
from hutong.protocols.tls13.hello import ClientHello
from hutong.protocols.tls13.key_schedule import KeySchedule
from hutong.protocols.tls13.records import Opener, Sealer
from hutong.protocols.tls13.suites import SUITES
from hutong.protocols.tls13.transcript import Transcript
from tests.tls13 import rfc8448 as rfc
from tests.tls13.pair import NOW, client_config, failure, identity, records, server_config, the

SUITE = SUITES[CipherSuite.AES_128_GCM_SHA256]
DATA = bytes(range(50))


def plain(message: bytes, version: bytes = b"\3\3") -> bytes:
    return b"\x16" + version + len(message).to_bytes(2) + message


def sealed(secret: bytes, message: bytes, sequence: int = 0) -> bytes:
    sealer = Sealer(SUITE, secret)
    sealer.sequence = sequence
    return b"".join(sealer.seal(message + b"\x16"))


class TraceClient(ClientConnection):
    """A client that says what the RFC's said."""

    def __init__(
        self, hello: bytes, private: bytes, ticket: Ticket | None = None, early: bytes = b""
    ) -> None:
        self._trace = hello, private, ticket, bool(early)
        key = x509.load_der_x509_certificate(rfc.CERTIFICATE[11:-2]).public_key()
        config = client_config(
            verifier=PinnedKeys({pin_of(key)}),  # type: ignore[arg-type]
            server_name="server",
            alpn=(),
            ticket=ticket,
            early_data=early,
        )
        super().__init__(config, random=lambda _: private, now=NOW)

    def _make_offer(self) -> Offer:
        hello, private, ticket, early = self._trace
        exchange = key_exchange.start(NamedGroup.X25519, lambda _: private)
        return Offer(ClientHello.decode(hello[4:]), {NamedGroup.X25519: exchange}, ticket, early)


def simple_client() -> TraceClient:
    """Go through section 3 up to the ticket."""
    client = TraceClient(rfc.CLIENT_HELLO, rfc.CLIENT_PRIVATE)
    assert client.data_to_send() == plain(rfc.CLIENT_HELLO, b"\3\1")
    client.receive(plain(rfc.SERVER_HELLO), NOW)
    assert client._handshake_secrets == (rfc.CLIENT_HANDSHAKE_SECRET, rfc.SERVER_HANDSHAKE_SECRET)
    assert key_schedule.traffic_keys(SUITE, rfc.SERVER_HANDSHAKE_SECRET) == rfc.SERVER_HANDSHAKE_KEY
    flight = rfc.ENCRYPTED_EXTENSIONS + rfc.CERTIFICATE + rfc.CERTIFICATE_VERIFY + rfc.SERVER_FINISHED
    client.receive(sealed(rfc.SERVER_HANDSHAKE_SECRET, flight), NOW)
    assert the(HandshakeCompleted, client.events()).suite == SUITE.code
    return client


def test_simple_handshake() -> None:
    """LINK13: section 3; every secret, and every record of the client."""
    client = simple_client()
    assert client.data_to_send() == rfc.CLIENT_FINISHED_RECORD
    assert client._sealer is not None
    assert client._opener is not None
    assert client._sealer.secret == rfc.CLIENT_APPLICATION_SECRET
    assert client._opener.secret == rfc.SERVER_APPLICATION_SECRET
    assert client._exporter_secrets[False][1] == rfc.EXPORTER_SECRET
    client.receive(sealed(rfc.SERVER_APPLICATION_SECRET, rfc.NEW_SESSION_TICKET), NOW)
    ticket = the(TicketReceived, client.events()).ticket
    assert (ticket.psk, ticket.lifetime_s, ticket.max_early_data) == (rfc.PSK, 30, 1024)
    client.send(DATA)
    assert client.data_to_send() == rfc.CLIENT_DATA_RECORD
    client.receive(rfc.SERVER_DATA_RECORD, NOW)
    assert client.events() == [ApplicationData(DATA)]
    client.close()
    assert client.data_to_send() == rfc.CLIENT_CLOSE_RECORD
    client.receive(rfc.SERVER_CLOSE_RECORD, NOW)
    assert client.events() == [PeerClosed()]


def test_simple_handshake_of_the_server() -> None:
    """LINK13: section 3; our server's ServerHello, and the secrets of the handshake."""
    values = [rfc.SERVER_RANDOM, rfc.SERVER_PRIVATE]
    config = server_config(
        chain=(identity("p256").der,),
        key=identity("p256").key,
        alpn=(),
        suites=(CipherSuite.AES_128_GCM_SHA256,),
    )
    server = ServerConnection(config, random=lambda _: values.pop(0), now=NOW)
    server.receive(plain(rfc.CLIENT_HELLO, b"\3\1"), NOW)
    assert next(records(server.data_to_send())) == plain(rfc.SERVER_HELLO)
    assert server._opener is not None
    assert server._opener.secret == rfc.CLIENT_HANDSHAKE_SECRET


def test_resumption_with_early_data() -> None:
    """LINK13: section 4; the binder, early data, EndOfEarlyData, and every secret."""
    client = simple_client()
    client.receive(sealed(rfc.SERVER_APPLICATION_SECRET, rfc.NEW_SESSION_TICKET), NOW)
    ticket = the(TicketReceived, client.events()).ticket
    client = TraceClient(rfc.RESUMED_CLIENT_HELLO, rfc.RESUMED_CLIENT_PRIVATE, ticket, b"ABCDEF")
    assert client._exporter_secrets[True][1] == rfc.EARLY_EXPORTER_SECRET
    assert client._sealer is not None
    assert client._sealer.secret == rfc.EARLY_SECRET
    assert client.data_to_send() == plain(rfc.RESUMED_CLIENT_HELLO, b"\3\1") + rfc.EARLY_RECORD
    client.receive(plain(rfc.RESUMED_SERVER_HELLO), NOW)
    flight = rfc.RESUMED_ENCRYPTED_EXTENSIONS + rfc.RESUMED_SERVER_FINISHED
    client.receive(sealed(rfc.RESUMED_SERVER_HANDSHAKE_SECRET, flight), NOW)
    agreed = the(HandshakeCompleted, client.events())
    assert agreed.resumed
    assert agreed.early_data_accepted
    assert client.data_to_send() == sealed(rfc.EARLY_SECRET, b"\5\0\0\0", 1) + sealed(
        rfc.RESUMED_CLIENT_HANDSHAKE_SECRET, rfc.RESUMED_CLIENT_FINISHED
    )
    assert client._opener is not None
    assert client._sealer.secret == rfc.RESUMED_CLIENT_APPLICATION_SECRET
    assert client._opener.secret == rfc.RESUMED_SERVER_APPLICATION_SECRET
    assert client._exporter_secrets[False][1] == rfc.RESUMED_EXPORTER_SECRET
    assert client._resumption_secret == rfc.RESUMED_RESUMPTION_SECRET


def test_hello_retry_request() -> None:
    """LINK7, LINK13: section 5; its transcript and its secrets, with the exchange made beside the profile."""
    transcript = Transcript.after_retry(SUITE.hash, rfc.RETRY_FIRST_HELLO, rfc.RETRY_REQUEST)
    transcript.add(rfc.RETRY_SECOND_HELLO)
    transcript.add(rfc.RETRY_SERVER_HELLO)
    assert transcript.digest() == rfc.RETRY_TRANSCRIPT
    private = ec.derive_private_key(int.from_bytes(rfc.RETRY_CLIENT_P256_PRIVATE), ec.SECP256R1())
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), rfc.RETRY_SERVER_P256)
    schedule = KeySchedule(SUITE)
    schedule.mix(private.exchange(ec.ECDH(), public))
    secrets = schedule.handshake_traffic(transcript.digest())
    assert secrets == (rfc.RETRY_CLIENT_HANDSHAKE_SECRET, rfc.RETRY_SERVER_HANDSHAKE_SECRET)
    assert key_schedule.traffic_keys(SUITE, secrets[1]) == rfc.RETRY_SERVER_HANDSHAKE_KEY


def test_a_retry_for_a_group_we_do_not_have() -> None:
    """LINK7: section 5 asks for P-256, which the RFC's client has offered and ours cannot do."""
    client = TraceClient(rfc.RETRY_FIRST_HELLO, rfc.CLIENT_PRIVATE)
    client.data_to_send()
    assert "group" in failure(client, plain(rfc.RETRY_REQUEST)).reason


def test_an_opener_opens_what_the_rfc_sealed() -> None:
    """LINK13: the records of section 3 from the other side."""
    opener = Opener(SUITE, rfc.CLIENT_HANDSHAKE_SECRET)
    record = memoryview(rfc.CLIENT_FINISHED_RECORD)
    assert opener.open(bytes(record[:5]), record[5:]) == rfc.CLIENT_FINISHED + b"\x16"
