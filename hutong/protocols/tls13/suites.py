"""The cipher suites: which hash and which AEAD each stands for.

Source: RFC 8446 appendix B.4.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from hutong.protocols.tls13.codepoints import CipherSuite

TAG_BYTES = 16
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite's parts; `aead` makes the cipher from a key of `key_bytes`."""

    code: CipherSuite
    hash: hashes.HashAlgorithm
    key_bytes: int
    aead: Callable[[bytes], AESGCM | ChaCha20Poly1305]

    @property
    def hash_bytes(self) -> int:
        """The length of the hash, and so of every secret."""
        return self.hash.digest_size


SUITES = {
    suite.code: suite
    for suite in (
        Suite(CipherSuite.AES_128_GCM_SHA256, hashes.SHA256(), 16, AESGCM),
        Suite(CipherSuite.AES_256_GCM_SHA384, hashes.SHA384(), 32, AESGCM),
        Suite(CipherSuite.CHACHA20_POLY1305_SHA256, hashes.SHA256(), 32, ChaCha20Poly1305),
    )
}
