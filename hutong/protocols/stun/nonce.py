"""Nonces that need no table: each says when it was issued, and a MAC binds it to its client.

Source: RFC 8489 section 9.2.4, RFC 8656 section 5 (a nonce expires at least once an hour).
"""

import base64
import binascii
import hmac
import struct

from hutong.protocols.stun.address import Address

_ISSUED_BYTES = 4
# 64 bits cannot be guessed through a rate limit, and keep a 401 small.
_MAC_BYTES = 8
_WRAP = 2**32


class NonceIssuer:
    """Issues and checks nonces with a key that only this process knows."""

    def __init__(self, key: bytes, lifetime_s: int) -> None:
        self._key = key
        self._lifetime_s = lifetime_s

    def issue(self, client: Address, now: float) -> bytes:
        """Issue a nonce of 16 characters for that client address."""
        issued = struct.pack("!I", int(now) % _WRAP)
        return base64.b64encode(issued + self._mac(issued, client))

    def is_fresh(self, nonce: bytes, client: Address, now: float) -> bool:
        """Tell whether this nonce was issued to that client and has not expired."""
        try:
            plain = base64.b64decode(nonce, validate=True)
        except binascii.Error:
            return False
        issued, mac = plain[:_ISSUED_BYTES], plain[_ISSUED_BYTES:]
        if not hmac.compare_digest(mac, self._mac(issued, client)):
            return False
        age_s = (int(now) - int.from_bytes(issued)) % _WRAP
        return age_s <= self._lifetime_s

    def _mac(self, issued: bytes, client: Address) -> bytes:
        bound = issued + f"{client.port} {client.host}".encode()
        return hmac.digest(self._key, bound, "sha256")[:_MAC_BYTES]
