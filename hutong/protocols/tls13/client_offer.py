"""What a client offers: its ClientHello, with what is needed to follow the answer.

Source: RFC 8446 sections 4.1.2, 4.2.8 and 4.2.11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hutong.protocols.tls13 import extensions, key_exchange, key_schedule, wire
from hutong.protocols.tls13.codepoints import (
    TLS13_VERSION,
    AlertDescription,
    CipherSuite,
    ExtensionType,
    NamedGroup,
    PskMode,
    SignatureScheme,
)
from hutong.protocols.tls13.config import ClientConfig
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.extensions import PskOffer
from hutong.protocols.tls13.hello import ClientHello, ServerHello
from hutong.protocols.tls13.key_exchange import KeyExchange
from hutong.protocols.tls13.key_schedule import KeySchedule
from hutong.protocols.tls13.ports import Random
from hutong.protocols.tls13.suites import SUITES
from hutong.protocols.tls13.ticket import Ticket
from hutong.protocols.tls13.transcript import Transcript

_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Offer:
    """One ClientHello; the binder in its pre_shared_key is zeros until `message`."""

    hello: ClientHello
    exchanges: Mapping[int, KeyExchange]
    ticket: Ticket | None
    early_data: bool

    @classmethod
    def first(cls, config: ClientConfig, random: Random, now: float) -> "Offer":
        """Make the first offer of a connection."""
        ticket = config.ticket
        if ticket is not None and (not ticket.is_live(now) or ticket.suite not in config.suites):
            ticket = None
        early_data = ticket is not None and bool(config.early_data)
        nonce = random(_RANDOM_BYTES)
        session_id = random(_RANDOM_BYTES) if config.middlebox_compatibility else b""
        exchanges = {int(group): key_exchange.start(group, random) for group in config.share_groups}
        found: dict[int, bytes] = {}
        if config.sent_name is not None:
            found[ExtensionType.SERVER_NAME] = extensions.encode_server_name(config.sent_name)
        found[ExtensionType.SUPPORTED_VERSIONS] = wire.numbers(1, 2, (TLS13_VERSION,))
        found[ExtensionType.SUPPORTED_GROUPS] = wire.numbers(2, 2, config.groups)
        found[ExtensionType.SIGNATURE_ALGORITHMS] = wire.numbers(2, 2, tuple(SignatureScheme))
        found[ExtensionType.KEY_SHARE] = _shares(exchanges)
        if config.alpn:
            found[ExtensionType.ALPN] = extensions.encode_alpn(config.alpn)
        found[ExtensionType.PSK_KEY_EXCHANGE_MODES] = wire.numbers(1, 1, (PskMode.PSK_DHE_KE,))
        if early_data:
            found[ExtensionType.EARLY_DATA] = b""
        if ticket is not None:
            found[ExtensionType.PRE_SHARED_KEY] = _unbound(ticket, ticket.obfuscated_age(now))
        hello = ClientHello(nonce, session_id, tuple(config.suites), found)
        return cls(hello, exchanges, ticket, early_data)

    def second(self, retry: ServerHello, random: Random) -> "Offer":
        """Make the offer a HelloRetryRequest asks for (RFC 8446 section 4.1.2). Raises TlsError."""
        found = dict(self.hello.extensions)
        found.pop(ExtensionType.EARLY_DATA, None)
        psk = found.pop(ExtensionType.PRE_SHARED_KEY, None)
        exchanges = self.exchanges
        share = retry.extensions.get(ExtensionType.KEY_SHARE)
        cookie = retry.extensions.get(ExtensionType.COOKIE)
        if share is None and cookie is None:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "a retry changes nothing")
        if share is not None:
            group = extensions.decode_number(share, 2)
            offered = extensions.decode_numbers(found[ExtensionType.SUPPORTED_GROUPS], 2, 2)
            if group not in offered or group not in key_exchange.KNOWN_GROUPS or group in exchanges:
                raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "a retry asks for the wrong group")
            exchanges = {group: key_exchange.start(NamedGroup(group), random)}
            found[ExtensionType.KEY_SHARE] = _shares(exchanges)
        if cookie is not None:
            found[ExtensionType.COOKIE] = wire.vector(2, extensions.decode_cookie(cookie))
        ticket = self.ticket
        # A ticket of another hash cannot be bound to this transcript (RFC 8446 section 4.1.4).
        suite = SUITES[CipherSuite(retry.cipher_suite)]
        if ticket is not None and SUITES[ticket.suite].hash.name != suite.hash.name:
            ticket = None
        if ticket is not None and psk is not None:
            found[ExtensionType.PRE_SHARED_KEY] = psk
        return Offer(replace(self.hello, extensions=found), exchanges, ticket, early_data=False)

    def message(self, transcript: Transcript | None = None) -> bytes:
        """Return the ClientHello message, bound to the ticket; `transcript` holds what came before it."""
        encoded = self.hello.encode()
        if self.ticket is None:
            return encoded
        suite = SUITES[self.ticket.suite]
        psk = extensions.decode_psk_offer(self.hello.extensions[ExtensionType.PRE_SHARED_KEY])
        start = len(encoded) - extensions.binders_size(psk)
        hashed = (transcript or Transcript(suite.hash)).digest(encoded[:start])
        binder = key_schedule.finished(suite, KeySchedule(suite, self.ticket.psk).binder_key(), hashed)
        return encoded[:start] + wire.vector(2, wire.vector(1, binder))


def _shares(exchanges: Mapping[int, KeyExchange]) -> bytes:
    return extensions.encode_key_shares({group: each.share for group, each in exchanges.items()})


def _unbound(ticket: Ticket, age: int) -> bytes:
    """Return pre_shared_key with zeros where the binder will be."""
    zeros = bytes(SUITES[ticket.suite].hash_bytes)
    return extensions.encode_psk_offer(PskOffer(((ticket.identity, age),), (zeros,)))
