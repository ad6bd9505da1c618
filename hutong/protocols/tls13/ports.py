"""What a connection needs from outside."""

from collections.abc import Callable, Sequence
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Random = Callable[[int], bytes]
"""Returns that many bytes nobody can guess, such as `secrets.token_bytes`."""

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey


class Verifier(Protocol):
    """Decides whether a server is the one that is wanted."""

    def verify(self, chain: Sequence[bytes], server_name: str | None, now: float) -> PublicKey:
        """Return the public key of the first certificate. Raises TlsError when it is not to be trusted.

        `chain` holds DER certificates, the server's own first; `now` is in seconds since 1970.
        """
