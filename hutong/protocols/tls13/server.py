"""The server's side of the handshake.

Source: RFC 8446 section 4 and appendix A.2.
"""

from typing import ClassVar

from hutong.protocols.tls13 import (
    extensions,
    key_exchange,
    key_schedule,
    limits,
    messages,
    resumption,
    signatures,
)
from hutong.protocols.tls13.client_wishes import Wishes
from hutong.protocols.tls13.codepoints import TLS13_VERSION, AlertDescription, ExtensionType, NamedGroup
from hutong.protocols.tls13.config import ServerConfig
from hutong.protocols.tls13.connection import Connection
from hutong.protocols.tls13.errors import TlsError, TlsStateError
from hutong.protocols.tls13.events import ApplicationData, HandshakeCompleted, TicketOffered
from hutong.protocols.tls13.hello import HELLO_RETRY_RANDOM, ClientHello, ServerHello
from hutong.protocols.tls13.key_schedule import KeySchedule
from hutong.protocols.tls13.ports import Random
from hutong.protocols.tls13.records import Opener, Sealer
from hutong.protocols.tls13.suites import SUITES, Suite
from hutong.protocols.tls13.ticket import Ticket
from hutong.protocols.tls13.transcript import Transcript
from hutong.protocols.tls13.transitions import SERVER, State, Table

_RANDOM_BYTES = 32


class ServerConnection(Connection):
    """A server's connection. When `events()` has a TicketOffered, the shell looks the ticket up.

    - There is none under that identity: `resume(None)`.
    - `fits(ticket)` is False: `resume(None)`, and the ticket stays in the store.
    - It fits: take it out of the store for good, and only if that worked `resume(ticket, accept_early=...)`.
    """

    _transitions: ClassVar[Table] = SERVER

    def __init__(self, config: ServerConfig, *, random: Random, now: float) -> None:
        super().__init__(State.START, config.key_life, now)
        self._config = config
        self._random = random
        self._retried = self._early_accepted = False
        self._early_bytes_left = 0
        self._tickets = 0
        self._ticket: Ticket | None = None
        # These stand from the ClientHello on.
        self._hello_message: bytes
        self._wishes: Wishes
        self._suite: Suite
        self._group: NamedGroup
        self._alpn: str | None
        self._transcript: Transcript
        self._schedule: KeySchedule
        self._client_secret: bytes
        self._client_traffic: bytes
        self._resumption_secret: bytes

    # The hellos.

    def _on_client_hello(self, message: bytes) -> None:
        config = self._config
        self._wishes = wishes = Wishes.of(ClientHello.decode(message[4:]))
        self._hello_message = message
        self._suite = SUITES[wishes.first_suite(config.suites)]
        self._alpn = wishes.first_protocol(config.alpn)
        if wishes.early_data:
            self._skippable_bytes = config.max_early_data
        group = wishes.first_shared_group(config.groups)
        if group is None:
            self._ask_again(wishes.first_group(config.groups))
        else:
            self._group = group
            self._consider_ticket()

    def _ask_again(self, group: NamedGroup) -> None:
        """Send a HelloRetryRequest for a group the client knows but has sent no share of."""
        self._group = group
        retry = ServerHello(
            HELLO_RETRY_RANDOM,
            self._wishes.hello.session_id,
            self._suite.code,
            {
                ExtensionType.KEY_SHARE: group.to_bytes(2),
                ExtensionType.SUPPORTED_VERSIONS: TLS13_VERSION.to_bytes(2),
            },
        ).encode()
        self._transcript = Transcript.after_retry(self._suite.hash, self._hello_message, retry)
        self._send_handshake(retry)
        self._send_compatibility_record()
        self._retried = True
        self._state = State.START_AGAIN

    def _on_second_client_hello(self, message: bytes) -> None:
        wishes = Wishes.of(ClientHello.decode(message[4:]))
        wishes.check_second(self._wishes, self._group)
        self._wishes, self._hello_message = wishes, message
        # Early data ends with the second ClientHello (RFC 8446 section 4.2.10).
        self._skippable_bytes = 0
        self._consider_ticket()

    def _send_compatibility_record(self) -> None:
        """Send a ChangeCipherSpec after the first hello of ours, if the client wants it (appendix D.4)."""
        if self._wishes.hello.session_id and not self._retried:
            self._send_change_cipher_spec()

    # Tickets.

    def _consider_ticket(self) -> None:
        """Ask the shell about the first ticket, if it could be one of ours at all."""
        offer = self._wishes.ticket_offer
        if offer is None or len(offer.identities[0][0]) != limits.TICKET_IDENTITY_BYTES:
            self._answer(None, take_early=False)
            return
        identity, age = offer.identities[0]
        self._state = State.RECVD_CH
        self._emit(
            TicketOffered(
                identity=identity,
                obfuscated_age=age,
                early_data=self._wishes.early_data,
                server_name=self._wishes.server_name,
                alpn=self._alpn,
            )
        )

    def fits(self, ticket: Ticket) -> bool:
        """Tell whether the ticket could be used for what the client offered; asking does not use it up.

        Raises TlsError when the client does not know the ticket's secret: the connection is over then. The
        client's proof covers the whole ClientHello: who has only seen the identity cannot use the ticket up.
        Raises TlsStateError when no ticket is being looked up.
        """
        self._check_waiting()
        try:
            return self._fits(ticket)
        except TlsError as error:
            self._fail(error)
            raise

    def _fits(self, ticket: Ticket) -> bool:
        return resumption.fits(
            ticket,
            self._wishes,
            self._hello_message,
            suites=(self._suite.code,) if self._retried else self._config.suites,
            retry=self._transcript if self._retried else None,
            now=self._now,
        )

    def resume(self, ticket: Ticket | None, *, accept_early: bool = False) -> None:
        """Go on after TicketOffered, with the ticket (which must be out of the store by now) or without.

        Early data is taken only if `accept_early`, and the ticket, its age, its suite and its protocol allow
        it; else it is skipped, and the client sends it again. Raises TlsError when the connection is over,
        and TlsStateError when no ticket is being looked up.
        """
        self._check_waiting()
        try:
            if ticket is not None and not self._fits(ticket):
                ticket = None
            take_early = (
                accept_early
                and ticket is not None
                and resumption.may_take_early(
                    ticket,
                    self._wishes,
                    alpn=self._alpn,
                    window_s=self._config.early_data_age_window_s,
                    now=self._now,
                )
            )
            self._answer(ticket, take_early=take_early)
            self._read(b"")
        except TlsError as error:
            self._fail(error)
            raise

    def _check_waiting(self) -> None:
        if self._state is not State.RECVD_CH or self._error is not None:
            raise TlsStateError("no ticket is being looked up")

    # The server's flight.

    def _answer(self, ticket: Ticket | None, *, take_early: bool) -> None:
        """Send everything up to the server's Finished."""
        if ticket is None:
            self._wishes.check_signature(self._config.key)
        else:
            self._suite = SUITES[ticket.suite]
        suite = self._suite
        self._ticket = ticket
        if not self._retried:
            self._transcript = Transcript(suite.hash)
        self._transcript.add(self._hello_message)
        self._schedule = KeySchedule(suite, None if ticket is None else ticket.psk)
        early_secret = b""
        if take_early and ticket is not None:
            self._early_accepted = True
            self._early_bytes_left = ticket.max_early_data
            self._skippable_bytes = 0
            hello_hash = self._transcript.digest()
            early_secret = self._schedule.client_early_traffic(hello_hash)
            self._exporter_secrets[True] = suite, self._schedule.early_exporter(hello_hash)
        self._send_server_hello()
        self._client_secret, server_secret = self._schedule.handshake_traffic(self._transcript.digest())
        self._sealer = Sealer(suite, server_secret)
        self._send_until_finished(server_secret)
        self._state = State.WAIT_EOED if self._early_accepted else State.WAIT_FINISHED
        self._opener = Opener(suite, early_secret or self._client_secret)

    def _send_server_hello(self) -> None:
        random = self._random(_RANDOM_BYTES)
        share, secret = key_exchange.answer(self._group, self._wishes.shares[self._group], self._random)
        found: dict[int, bytes] = {}
        if self._ticket is not None:
            found[ExtensionType.PRE_SHARED_KEY] = bytes(2)
        found[ExtensionType.KEY_SHARE] = extensions.encode_key_share(self._group, share)
        found[ExtensionType.SUPPORTED_VERSIONS] = TLS13_VERSION.to_bytes(2)
        hello = ServerHello(random, self._wishes.hello.session_id, self._suite.code, found).encode()
        self._transcript.add(hello)
        self._send_handshake(hello)
        self._send_compatibility_record()
        self._schedule.mix(secret)

    def _send_until_finished(self, server_secret: bytes) -> None:
        """Send EncryptedExtensions, the certificate unless resumed, and Finished, in one piece."""
        transcript, config = self._transcript, self._config
        found: dict[int, bytes] = {}
        if self._alpn is not None:
            found[ExtensionType.ALPN] = extensions.encode_alpn((self._alpn,))
        if self._early_accepted:
            found[ExtensionType.EARLY_DATA] = b""
        flight = [messages.encode_encrypted_extensions(found)]
        transcript.add(flight[0])
        if self._ticket is None:
            flight.append(messages.encode_certificate(config.chain))
            transcript.add(flight[-1])
            signature = signatures.sign(config.key, transcript.digest())
            flight.append(messages.encode_certificate_verify(signatures.scheme_of(config.key), signature))
            transcript.add(flight[-1])
        verify_data = key_schedule.finished(self._suite, server_secret, transcript.digest())
        flight.append(messages.encode_finished(verify_data))
        transcript.add(flight[-1])
        self._send_handshake(b"".join(flight))
        self._schedule.finish()
        finished_hash = transcript.digest()
        self._client_traffic, server_traffic = self._schedule.application_traffic(finished_hash)
        self._exporter_secrets[False] = self._suite, self._schedule.exporter(finished_hash)
        self._sealer = Sealer(self._suite, server_traffic)
        self._sendable = config.half_rtt

    # The client's flight.

    def _take_early_data(self, content: bytes) -> None:
        if self._state is not State.WAIT_EOED:
            super()._take_early_data(content)
        self._early_bytes_left -= len(content)
        if self._early_bytes_left < 0:
            raise TlsError(AlertDescription.UNEXPECTED_MESSAGE, "there is more early data than allowed")
        if content:
            self._emit(ApplicationData(content, early=True))

    def _on_end_of_early_data(self, message: bytes) -> None:
        self._transcript.add(message)
        self._opener = Opener(self._suite, self._client_secret)
        self._state = State.WAIT_FINISHED

    def _on_finished(self, message: bytes) -> None:
        expected = key_schedule.finished(self._suite, self._client_secret, self._transcript.digest())
        if not key_schedule.same(message[4:], expected):
            raise TlsError(AlertDescription.DECRYPT_ERROR, "the client's Finished is wrong")
        self._transcript.add(message)
        self._resumption_secret = self._schedule.resumption(self._transcript.digest())
        self._opener = Opener(self._suite, self._client_traffic)
        self._become_connected()
        self._emit(
            HandshakeCompleted(
                suite=self._suite.code,
                group=self._group,
                alpn=self._alpn,
                server_name=self._wishes.server_name,
                resumed=self._ticket is not None,
                early_data_accepted=self._early_accepted,
                peer_chain=(),
            )
        )

    def issue_ticket(
        self, *, identity: bytes, lifetime_s: int, age_add: int, nonce: bytes, max_early_data: int
    ) -> Ticket:
        """Give the client a ticket, and return it for the store.

        `identity` is 32 random bytes, `age_add` 32 random bits, `nonce` differs from the connection's other
        tickets'. Raises TlsStateError before the client's Finished was right, and after too many tickets;
        ValueError for values beyond the profile's bounds.
        """
        if not self.is_connected or not self._sendable or self._tickets >= limits.TICKETS_PER_CONNECTION_MAX:
            raise TlsStateError("no ticket can be given now")
        if (
            len(identity) != limits.TICKET_IDENTITY_BYTES
            or not 0 < lifetime_s <= limits.TICKET_LIFETIME_S_MAX
            or not 0 <= max_early_data <= self._config.max_early_data
        ):
            raise ValueError("the ticket's identity, lifetime or early data is out of bounds")
        self._tickets += 1
        self._send_handshake(
            messages.NewSessionTicket(lifetime_s, age_add, nonce, identity, max_early_data).encode()
        )
        return Ticket(
            identity=identity,
            psk=key_schedule.resumption_psk(self._suite, self._resumption_secret, nonce),
            suite=self._suite.code,
            issued_at=self._now,
            lifetime_s=lifetime_s,
            age_add=age_add,
            alpn=self._alpn,
            server_name=self._wishes.server_name,
            max_early_data=max_early_data,
        )
