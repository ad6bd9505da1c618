"""What two devices derive from the keys they told each other: nobody who only carried those knows it.

Source: X25519 (RFC 7748), HKDF (RFC 5869).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hutong.protocols.punch.errors import PunchError

KEY_BYTES = 32
_INFO = b"hutong punch 1"
_PARTS = 5


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of one attempt, as one end has them; `ours` and `theirs` are swapped at the other."""

    probe_ours: bytes = field(repr=False)
    probe_theirs: bytes = field(repr=False)
    proof_ours: bytes = field(repr=False)  # of the certificate that both ends see
    proof_theirs: bytes = field(repr=False)
    tcp: bytes = field(repr=False)  # of the records on a TCP connection


class PrivateKey:
    """Our half. Each attempt has its own."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        """Take 32 random bytes."""
        self._key = X25519PrivateKey.from_private_bytes(random(KEY_BYTES))
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def agree(self, theirs: bytes, *, offerer: bool) -> Secrets:
        """Return the keys both ends have. Raises `PunchError` for a key that is none."""
        if len(theirs) != KEY_BYTES or theirs == self.public:
            raise PunchError("not another end's key")
        try:
            shared = self._key.exchange(X25519PublicKey.from_public_bytes(theirs))
        except ValueError as error:
            raise PunchError("a key that makes no secret") from error
        both = self.public + theirs if offerer else theirs + self.public
        material = HKDF(SHA256(), KEY_BYTES * _PARTS, both, _INFO).derive(shared)
        parts = [material[at : at + KEY_BYTES] for at in range(0, len(material), KEY_BYTES)]
        of_offerer, of_answerer, tcp = parts[0:2], parts[2:4], parts[4]
        ours, others = (of_offerer, of_answerer) if offerer else (of_answerer, of_offerer)
        return Secrets(ours[0], others[0], ours[1], others[1], tcp)
