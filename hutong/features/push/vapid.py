"""Who sends: the server's signature in each request to a push service (RFC 8292). No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import OrderedDict

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hutong.features.push.encryption import key_from, point

# RFC 8292 allows a day. One token serves half of its time.
LIFE_S = 12 * 3600
_TOKENS_MAX = 100


class Vapid:
    """The server's key. Made of the secret alone, so that it is the same after a restart."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._key = key_from(secret)
        self._tokens: OrderedDict[tuple[str, str], tuple[int, str]] = OrderedDict()
        self.public = point(self._key.public_key())

    def authorization(self, origin: str, contact: str, now_s: int) -> str:
        """Return the Authorization header for a push service. `contact`: a mailto or https URL, or ''."""
        name = (origin, contact)
        good_until_s, token = self._tokens.pop(name, (0, ""))
        if good_until_s <= now_s:
            good_until_s, token = now_s + LIFE_S // 2, self._sign(origin, contact, now_s + LIFE_S)
        self._tokens[name] = (good_until_s, token)
        if len(self._tokens) > _TOKENS_MAX:
            self._tokens.popitem(last=False)
        return f"vapid t={token}, k={encoded(self.public)}"

    def topic(self, device: str, log: str) -> str:
        """Return a name for a conversation that tells a push service nothing (RFC 8030: 32 characters)."""
        digest = hmac.digest(self._secret, f"topic\x00{device}\x00{log}".encode(), hashlib.sha256)
        return encoded(digest[:24])

    def _sign(self, origin: str, contact: str, expires_s: int) -> str:
        claims: dict[str, str | int] = {"aud": origin, "exp": expires_s}
        if contact:
            claims["sub"] = contact
        signed = ".".join(
            encoded(json.dumps(each, separators=(",", ":")).encode())
            for each in ({"typ": "JWT", "alg": "ES256"}, claims)
        )
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def encoded(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
