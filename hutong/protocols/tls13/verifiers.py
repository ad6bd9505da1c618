"""Two ways to know a server: by its pinned key, or by the Web's certificate authorities."""

import datetime
import hashlib
import ipaddress
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from hutong.protocols.tls13.codepoints import AlertDescription
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.ports import PublicKey

# What the library raises for certificates it cannot read, or does not like; some are no ValueError.
_BAD = (
    ValueError,
    UnsupportedAlgorithm,
    verification.VerificationError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def pin_of(key: PublicKey) -> bytes:
    """Return a key's pin: the SHA-256 of its SubjectPublicKeyInfo, 32 bytes."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


class PinnedKeys:
    """Trusts a server whose own key is pinned, whatever its certificate says about names and dates."""

    def __init__(self, pins: Iterable[bytes]) -> None:
        self._pins = frozenset(pins)

    def verify(self, chain: Sequence[bytes], server_name: str | None, now: float) -> PublicKey:  # noqa: ARG002
        """Return the server's key. Raises TlsError when it is not pinned."""
        key = _key_of(_load(chain[0]))
        if pin_of(key) not in self._pins:
            raise TlsError(AlertDescription.CERTIFICATE_UNKNOWN, "the server's key is not the pinned one")
        return key


class WebPki:
    """Trusts what the given root certificates vouch for, by RFC 5280 and the CA/Browser Forum's rules."""

    def __init__(self, roots: Iterable[x509.Certificate]) -> None:
        self._store = verification.Store(list(roots))

    def verify(self, chain: Sequence[bytes], server_name: str | None, now: float) -> PublicKey:
        """Return the server's key. Raises TlsError when no root vouches for it, for this name, now."""
        if server_name is None:
            raise TlsError(
                AlertDescription.CERTIFICATE_UNKNOWN, "there is no name to check the server against"
            )
        leaf, *rest = (_load(each) for each in chain)
        time = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(tzinfo=None)
        if not leaf.not_valid_before_utc <= time.replace(tzinfo=datetime.UTC) <= leaf.not_valid_after_utc:
            raise TlsError(
                AlertDescription.CERTIFICATE_EXPIRED, "the server's certificate is out of its time"
            )
        try:
            builder = verification.PolicyBuilder().store(self._store).time(time)
            builder.build_server_verifier(_subject(server_name)).verify(leaf, rest)
        except _BAD:
            raise TlsError(AlertDescription.UNKNOWN_CA, "no trusted root vouches for the server") from None
        return _key_of(leaf)


def _subject(server_name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(server_name))
    except ValueError:
        return x509.DNSName(server_name)


def _load(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except _BAD:
        raise TlsError(AlertDescription.BAD_CERTIFICATE, "a certificate cannot be read") from None


def _key_of(certificate: x509.Certificate) -> PublicKey:
    try:
        key = certificate.public_key()
    except _BAD:
        raise TlsError(AlertDescription.BAD_CERTIFICATE, "a certificate's key cannot be read") from None
    if isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey):
        return key
    raise TlsError(AlertDescription.UNSUPPORTED_CERTIFICATE, "the server's key is of an unknown kind")
