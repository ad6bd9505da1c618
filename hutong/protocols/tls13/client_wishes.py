"""A ClientHello as a server reads it: checked, and what of it counts.

Source: RFC 8446 sections 4.1.2, 4.2 and 9.2.
"""

from dataclasses import dataclass

from hutong.protocols.tls13 import extensions, signatures
from hutong.protocols.tls13.codepoints import (
    TLS13_VERSION,
    AlertDescription,
    CipherSuite,
    ExtensionType,
    NamedGroup,
    PskMode,
)
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.extensions import PskOffer
from hutong.protocols.tls13.hello import ClientHello
from hutong.protocols.tls13.ports import PrivateKey

# What may change in the answer to a HelloRetryRequest (RFC 8446 section 4.1.2).
_MAY_CHANGE = frozenset(
    (
        ExtensionType.KEY_SHARE,
        ExtensionType.EARLY_DATA,
        ExtensionType.COOKIE,
        ExtensionType.PRE_SHARED_KEY,
        ExtensionType.PADDING,
    )
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a client wants. `ticket_offer` is None when its tickets are not for `psk_dhe_ke`."""

    hello: ClientHello
    groups: tuple[int, ...]
    shares: dict[int, bytes]
    server_name: str | None
    protocols: tuple[bytes, ...]
    ticket_offer: PskOffer | None
    early_data: bool

    @classmethod
    def of(cls, hello: ClientHello) -> "Wishes":
        """Check a ClientHello. Raises TlsError."""
        found = hello.extensions
        versions = found.get(ExtensionType.SUPPORTED_VERSIONS)
        if versions is None or TLS13_VERSION not in extensions.decode_numbers(versions, 1, 2):
            raise TlsError(AlertDescription.PROTOCOL_VERSION, "the client does not speak TLS 1.3")
        if ExtensionType.SUPPORTED_GROUPS not in found or ExtensionType.KEY_SHARE not in found:
            raise TlsError(AlertDescription.MISSING_EXTENSION, "the client offers no key exchange")
        groups = extensions.decode_numbers(found[ExtensionType.SUPPORTED_GROUPS], 2, 2)
        shares = extensions.decode_key_shares(found[ExtensionType.KEY_SHARE])
        if not shares.keys() <= set(groups):
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "a key share is of no offered group")
        name = found.get(ExtensionType.SERVER_NAME)
        alpn = found.get(ExtensionType.ALPN)
        early = found.get(ExtensionType.EARLY_DATA)
        if early is not None:
            extensions.decode_empty(early)
            if ExtensionType.PRE_SHARED_KEY not in found:
                raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "early data comes without a ticket")
        return cls(
            hello=hello,
            groups=groups,
            shares=shares,
            server_name=None if name is None else extensions.decode_server_name(name),
            protocols=() if alpn is None else extensions.decode_alpn(alpn),
            ticket_offer=_ticket_offer(hello),
            early_data=early is not None,
        )

    def check_second(self, first: "Wishes", group: NamedGroup) -> None:
        """Refuse an answer to a HelloRetryRequest that changes more than it may, or has the wrong share."""
        if (
            tuple(self.shares) != (group,)
            or self.early_data
            or _unchangeable(self.hello) != _unchangeable(first.hello)
        ):
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "the second ClientHello is a different one")

    def first_suite(self, wanted: tuple[CipherSuite, ...]) -> CipherSuite:
        """Return the suite the server likes best. Raises TlsError when there is none."""
        for suite in wanted:
            if suite in self.hello.cipher_suites:
                return suite
        raise TlsError(AlertDescription.HANDSHAKE_FAILURE, "no cipher suite is known to both sides")

    def first_protocol(self, wanted: tuple[str, ...]) -> str | None:
        """Return the application protocol the server likes best, None when it wants none. Raises TlsError."""
        for name in wanted:
            if name.encode() in self.protocols:
                return name
        if wanted:
            raise TlsError(AlertDescription.NO_APPLICATION_PROTOCOL, "no protocol is known to both sides")
        return None

    def first_shared_group(self, wanted: tuple[NamedGroup, ...]) -> NamedGroup | None:
        """Return the best group the client has sent a share of; None when it has sent none that is wanted."""
        return next((group for group in wanted if group in self.shares), None)

    def first_group(self, wanted: tuple[NamedGroup, ...]) -> NamedGroup:
        """Return the best group the client knows. Raises TlsError when there is none."""
        for group in wanted:
            if group in self.groups:
                return group
        raise TlsError(AlertDescription.HANDSHAKE_FAILURE, "no key exchange is known to both sides")

    def check_signature(self, key: PrivateKey) -> None:
        """Refuse a client that cannot verify the server's key."""
        body = self.hello.extensions.get(ExtensionType.SIGNATURE_ALGORITHMS)
        if body is None:
            raise TlsError(AlertDescription.MISSING_EXTENSION, "the client offers no signatures")
        if signatures.scheme_of(key) not in extensions.decode_numbers(body, 2, 2):
            raise TlsError(AlertDescription.HANDSHAKE_FAILURE, "the client cannot verify the server's key")


def _ticket_offer(hello: ClientHello) -> PskOffer | None:
    body = hello.extensions.get(ExtensionType.PRE_SHARED_KEY)
    if body is None:
        return None
    modes = hello.extensions.get(ExtensionType.PSK_KEY_EXCHANGE_MODES)
    if modes is None:
        raise TlsError(AlertDescription.MISSING_EXTENSION, "the client does not say how to use its tickets")
    offer = extensions.decode_psk_offer(body)
    return offer if PskMode.PSK_DHE_KE in extensions.decode_numbers(modes, 1, 1) else None


def _unchangeable(hello: ClientHello) -> tuple[object, ...]:
    kept = {kind: body for kind, body in hello.extensions.items() if kind not in _MAY_CHANGE}
    return hello.random, hello.session_id, hello.cipher_suites, kept
