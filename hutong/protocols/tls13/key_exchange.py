"""The key exchanges: X25519, alone and beside ML-KEM-768.

Source: RFC 7748, RFC 8446 section 4.2.8.2, draft-ietf-tls-ecdhe-mlkem (ML-KEM's part comes first in
shares and in the secret), FIPS 203.
"""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from hutong.protocols.tls13.codepoints import AlertDescription, NamedGroup
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.ports import Random

X25519_BYTES = 32
ENCAPSULATION_KEY_BYTES = 1184
CIPHERTEXT_BYTES = 1088
SEED_BYTES = 64
KNOWN_GROUPS = frozenset(map(int, NamedGroup))


class KeyExchange(Protocol):
    """A client's half of a key exchange."""

    @property
    def share(self) -> bytes:
        """What the server gets."""

    def finish(self, answer: bytes) -> bytes:
        """Return the shared secret. Raises TlsError for an answer that is none."""


def start(group: NamedGroup, random: Random) -> KeyExchange:
    """Make a client's half."""
    return _X25519(random) if group is NamedGroup.X25519 else _Hybrid(random)


def answer(group: NamedGroup, share: bytes, random: Random) -> tuple[bytes, bytes]:
    """Return a server's share, and the shared secret. Raises TlsError for a share that is none.

    ML-KEM's encapsulation takes its randomness from the library, which has no way to be given any.
    """
    if group is NamedGroup.X25519:
        own = _X25519(random)
        return own.share, own.finish(share)
    if len(share) != ENCAPSULATION_KEY_BYTES + X25519_BYTES:
        raise _not_a_share()
    try:
        secret, ciphertext = MLKEM768PublicKey.from_public_bytes(
            share[:ENCAPSULATION_KEY_BYTES]
        ).encapsulate()
    except ValueError:
        raise _not_a_share() from None
    own = _X25519(random)
    return ciphertext + own.share, secret + own.finish(share[ENCAPSULATION_KEY_BYTES:])


class _X25519:
    def __init__(self, random: Random) -> None:
        self._private = X25519PrivateKey.from_private_bytes(random(X25519_BYTES))
        self.share = self._private.public_key().public_bytes_raw()

    def finish(self, answer: bytes) -> bytes:
        # The library refuses an all-zero secret (RFC 7748 section 6.1), and a share of another length.
        try:
            return self._private.exchange(X25519PublicKey.from_public_bytes(answer))
        except ValueError:
            raise _not_a_share() from None


class _Hybrid:
    def __init__(self, random: Random) -> None:
        self._private = MLKEM768PrivateKey.from_seed_bytes(random(SEED_BYTES))
        self._x25519 = _X25519(random)
        self.share = self._private.public_key().public_bytes_raw() + self._x25519.share

    def finish(self, answer: bytes) -> bytes:
        if len(answer) != CIPHERTEXT_BYTES + X25519_BYTES:
            raise _not_a_share()
        secret = self._private.decapsulate(answer[:CIPHERTEXT_BYTES])
        return secret + self._x25519.finish(answer[CIPHERTEXT_BYTES:])


def _not_a_share() -> TlsError:
    return TlsError(AlertDescription.ILLEGAL_PARAMETER, "a key share is not valid")
