"""The client's side of the handshake.

Source: RFC 8446 section 4 and appendix A.1.
"""

from typing import ClassVar

from hutong.protocols.tls13 import extensions, key_schedule, limits, messages, signatures
from hutong.protocols.tls13.client_offer import Offer
from hutong.protocols.tls13.codepoints import (
    TLS13_VERSION,
    AlertDescription,
    CipherSuite,
    ExtensionType,
    NamedGroup,
)
from hutong.protocols.tls13.config import ClientConfig
from hutong.protocols.tls13.connection import Connection
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.events import HandshakeCompleted, TicketReceived
from hutong.protocols.tls13.hello import ServerHello
from hutong.protocols.tls13.key_schedule import KeySchedule
from hutong.protocols.tls13.ports import PublicKey, Random
from hutong.protocols.tls13.records import Opener, Sealer
from hutong.protocols.tls13.suites import SUITES, Suite
from hutong.protocols.tls13.ticket import Ticket
from hutong.protocols.tls13.transcript import Transcript
from hutong.protocols.tls13.transitions import CLIENT, State, Table


class ClientConnection(Connection):
    """A client's connection; its first flight, with early data if there is any, waits in `data_to_send()`."""

    _transitions: ClassVar[Table] = CLIENT

    def __init__(self, config: ClientConfig, *, random: Random, now: float) -> None:
        super().__init__(State.WAIT_SH, config.key_life, now)
        self._config = config
        self._random = random
        self._offer = self._make_offer()
        self._first_hello = self._offer.message()
        self._ccs_sent = False
        self._resumed = self._early_accepted = False
        self._alpn: str | None = None
        self._chain: tuple[bytes, ...] = ()
        self._tickets = 0
        # These stand from ServerHello, Certificate and Finished on.
        self._suite: Suite
        self._schedule: KeySchedule
        self._transcript: Transcript
        self._group: NamedGroup
        self._retry_suite: int | None = None
        self._handshake_secrets: tuple[bytes, bytes]
        self._server_key: PublicKey
        self._resumption_secret: bytes
        self._send_handshake(self._first_hello, first=True)
        if self._offer.early_data:
            self._send_early_data()

    def _make_offer(self) -> Offer:
        return Offer.first(self._config, self._random, self._now)

    def _send_early_data(self) -> None:
        ticket = self._offer.ticket
        assert ticket is not None
        self._send_compatibility_record()
        suite = SUITES[ticket.suite]
        schedule, transcript = KeySchedule(suite, ticket.psk), Transcript(suite.hash)
        hello_hash = transcript.digest(self._first_hello)
        self._exporter_secrets[True] = suite, schedule.early_exporter(hello_hash)
        self._sealer = Sealer(suite, schedule.client_early_traffic(hello_hash))
        self._sendable = True
        self.send(self._config.early_data)
        self._sendable = False

    def _send_compatibility_record(self) -> None:
        """Send a ChangeCipherSpec once, before what follows the first ClientHello (RFC 8446 appendix D.4)."""
        if self._offer.hello.session_id and not self._ccs_sent:
            self._send_change_cipher_spec()
            self._ccs_sent = True

    def _on_server_hello(self, message: bytes) -> None:
        hello = ServerHello.decode(message[4:])
        if hello.is_retry_request and self._state is State.WAIT_SH_AGAIN:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "a second HelloRetryRequest comes")
        self._check_hello(hello)
        if hello.is_retry_request:
            self._retry(hello, message)
        else:
            self._accept(hello, message)

    def _check_hello(self, hello: ServerHello) -> None:
        """Check what a ServerHello and a HelloRetryRequest have in common."""
        offered = self._offer.hello
        version = hello.extensions.get(ExtensionType.SUPPORTED_VERSIONS)
        if version is None:
            raise TlsError(AlertDescription.PROTOCOL_VERSION, "the server does not speak TLS 1.3")
        if (
            extensions.decode_number(version, 2) != TLS13_VERSION
            or hello.session_id != offered.session_id
            or hello.cipher_suite not in offered.cipher_suites
            or hello.cipher_suite not in SUITES
            or self._retry_suite not in {None, hello.cipher_suite}
        ):
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "the server chose what was not offered")
        known: set[int] = {ExtensionType.SUPPORTED_VERSIONS, ExtensionType.KEY_SHARE}
        known.add(ExtensionType.COOKIE if hello.is_retry_request else ExtensionType.PRE_SHARED_KEY)
        extensions.check_solicited(hello.extensions, offered.extensions, known)

    def _retry(self, retry: ServerHello, message: bytes) -> None:
        """Answer a HelloRetryRequest; early data is lost with it, and its keys (RFC 8446 section 4.2.10)."""
        self._sealer = None
        self._exporter_secrets.clear()
        self._retry_suite = retry.cipher_suite
        suite = SUITES[CipherSuite(retry.cipher_suite)]
        self._transcript = Transcript.after_retry(suite.hash, self._first_hello, message)
        self._offer = self._offer.second(retry, self._random)
        self._send_compatibility_record()
        second_hello = self._offer.message(self._transcript)
        self._transcript.add(second_hello)
        self._send_handshake(second_hello)
        self._state = State.WAIT_SH_AGAIN

    def _accept(self, hello: ServerHello, message: bytes) -> None:
        """Follow a ServerHello: the group, the PSK, the keys of the handshake."""
        self._suite = suite = SUITES[CipherSuite(hello.cipher_suite)]
        if self._state is State.WAIT_SH:
            self._transcript = Transcript(suite.hash)
            self._transcript.add(self._first_hello)
        self._transcript.add(message)
        self._schedule = KeySchedule(suite, self._accepted_psk(hello, suite))
        share = hello.extensions.get(ExtensionType.KEY_SHARE)
        if share is None:
            raise TlsError(AlertDescription.MISSING_EXTENSION, "the server has no key share")
        group, answer = extensions.decode_key_share(share)
        exchange = self._offer.exchanges.get(group)
        if exchange is None:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "no such key share was sent")
        self._group = NamedGroup(group)
        self._schedule.mix(exchange.finish(answer))
        self._handshake_secrets = self._schedule.handshake_traffic(self._transcript.digest())
        self._opener = Opener(suite, self._handshake_secrets[1])
        if not (self._offer.early_data and self._resumed):
            self._leave_early_data()
        self._state = State.WAIT_EE

    def _accepted_psk(self, hello: ServerHello, suite: Suite) -> bytes | None:
        chosen = hello.extensions.get(ExtensionType.PRE_SHARED_KEY)
        if chosen is None:
            return None
        ticket = self._offer.ticket
        if (
            ticket is None
            or extensions.decode_number(chosen, 2) != 0
            or SUITES[ticket.suite].hash.name != suite.hash.name
        ):
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "no such ticket was offered")
        self._resumed = True
        return ticket.psk

    def _leave_early_data(self) -> None:
        """Send with the handshake's keys from here on: no early data was sent, or it was not accepted."""
        self._sealer = None
        self._exporter_secrets.clear()
        self._send_compatibility_record()
        self._sealer = Sealer(self._suite, self._handshake_secrets[0])

    def _on_encrypted_extensions(self, message: bytes) -> None:
        found = messages.decode_encrypted_extensions(message[4:])
        extensions.check_solicited(found, self._offer.hello.extensions, _IN_ENCRYPTED_EXTENSIONS)
        if ExtensionType.COOKIE in found:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "a cookie is in the wrong message")
        if ExtensionType.SERVER_NAME in found:
            extensions.decode_empty(found[ExtensionType.SERVER_NAME])
        self._alpn = self._chosen_alpn(found.get(ExtensionType.ALPN))
        early = found.get(ExtensionType.EARLY_DATA)
        if early is not None:
            extensions.decode_empty(early)
            ticket = self._offer.ticket if self._resumed else None
            if ticket is None or (ticket.suite, ticket.alpn) != (self._suite.code, self._alpn):
                raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "early data is taken that must not be")
            self._early_accepted = True
        elif self._offer.early_data and self._resumed:
            self._leave_early_data()
        self._transcript.add(message)
        self._state = State.WAIT_FINISHED if self._resumed else State.WAIT_CERT

    def _chosen_alpn(self, body: bytes | None) -> str | None:
        wanted = self._config.alpn
        if body is None:
            if wanted:
                raise TlsError(AlertDescription.NO_APPLICATION_PROTOCOL, "the server agrees to no protocol")
            return None
        chosen = extensions.decode_alpn(body)
        if len(chosen) != 1 or chosen[0] not in {name.encode() for name in wanted}:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "no such protocol was offered")
        return chosen[0].decode()

    def _on_certificate(self, message: bytes) -> None:
        self._chain = messages.decode_certificate(message[4:])
        self._server_key = self._config.verifier.verify(self._chain, self._config.server_name, self._now)
        self._transcript.add(message)
        self._state = State.WAIT_CV

    def _on_certificate_verify(self, message: bytes) -> None:
        scheme, signature = messages.decode_certificate_verify(message[4:])
        signatures.verify(self._server_key, scheme, signature, self._transcript.digest())
        self._transcript.add(message)
        self._state = State.WAIT_FINISHED

    def _on_finished(self, message: bytes) -> None:
        suite, (client_secret, server_secret) = self._suite, self._handshake_secrets
        expected = key_schedule.finished(suite, server_secret, self._transcript.digest())
        if not key_schedule.same(message[4:], expected):
            raise TlsError(AlertDescription.DECRYPT_ERROR, "the server's Finished is wrong")
        self._transcript.add(message)
        self._schedule.finish()
        finished_hash = self._transcript.digest()
        client_traffic, server_traffic = self._schedule.application_traffic(finished_hash)
        self._exporter_secrets[False] = suite, self._schedule.exporter(finished_hash)
        if self._early_accepted:
            self._transcript.add(messages.END_OF_EARLY_DATA)
            self._send_handshake(messages.END_OF_EARLY_DATA)
            self._sealer = Sealer(suite, client_secret)
        verify_data = key_schedule.finished(suite, client_secret, self._transcript.digest())
        own_finished = messages.encode_finished(verify_data)
        self._transcript.add(own_finished)
        self._send_handshake(own_finished)
        self._resumption_secret = self._schedule.resumption(self._transcript.digest())
        self._sealer = Sealer(suite, client_traffic)
        self._opener = Opener(suite, server_traffic)
        self._become_connected()
        self._emit(
            HandshakeCompleted(
                suite=suite.code,
                group=self._group,
                alpn=self._alpn,
                server_name=self._config.server_name,
                resumed=self._resumed,
                early_data_accepted=self._early_accepted,
                peer_chain=self._chain,
            )
        )

    def _on_new_session_ticket(self, message: bytes) -> None:
        found = messages.NewSessionTicket.decode(message[4:])
        self._tickets += 1
        if self._tickets > limits.TICKETS_PER_CONNECTION_MAX:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "the server gives too many tickets")
        if not found.lifetime_s:
            return
        self._emit(
            TicketReceived(
                Ticket(
                    identity=found.identity,
                    psk=key_schedule.resumption_psk(self._suite, self._resumption_secret, found.nonce),
                    suite=self._suite.code,
                    issued_at=self._now,
                    lifetime_s=min(found.lifetime_s, limits.TICKET_LIFETIME_S_MAX),
                    age_add=found.age_add,
                    alpn=self._alpn,
                    server_name=self._config.sent_name,
                    max_early_data=found.max_early_data,
                )
            )
        )


_IN_ENCRYPTED_EXTENSIONS: set[int] = {
    ExtensionType.SERVER_NAME,
    ExtensionType.SUPPORTED_GROUPS,
    ExtensionType.ALPN,
    ExtensionType.EARLY_DATA,
}
