"""The long-term credential mechanism over time-limited credentials.

Source: RFC 8489 section 9.2.4, RFC 8656 section 5.
"""

from dataclasses import dataclass

from hutong.protocols.stun.address import Address
from hutong.protocols.stun.attributes import (
    NONCE_BYTES_MAX,
    REALM_BYTES_MAX,
    USERNAME_BYTES_MAX,
    AttributeType,
)
from hutong.protocols.stun.credentials import long_term_key, parse_username, password_for
from hutong.protocols.stun.message import Integrity, Message
from hutong.protocols.stun.nonce import NonceIssuer
from hutong.protocols.stun.rejection import Rejection


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who sent a request, and how the answer is to be protected."""

    username: bytes
    user: bytes
    integrity: Integrity
    key: bytes


class Authenticator:
    """Checks requests against the shared secret."""

    def __init__(self, *, secret: bytes, realm: str, nonces: NonceIssuer, expired_grace_s: int) -> None:
        self._secret = secret
        self._realm = realm.encode()
        self._nonces = nonces
        self._expired_grace_s = expired_grace_s

    def challenge(self, client: Address, now: float) -> list[tuple[AttributeType, bytes]]:
        """Return the attributes a client needs to authenticate itself."""
        return [
            (AttributeType.REALM, self._realm),
            (AttributeType.NONCE, self._nonces.issue(client, now)),
        ]

    def authenticate(
        self,
        message: Message,
        client: Address,
        now: float,
        unix_now: float,
        *,
        live_username: bytes | None,
    ) -> Credentials:
        """Return whose request this is (RFC 8489 section 9.2.4).

        `live_username` is the user of the allocation the request is for, if there is one: with
        it a credential that has expired meanwhile still serves for a while (TURN6).
        Raises Rejection with 400, 401 or 438, and MalformedAttributeError.
        """
        integrity = _integrity_of(message)
        if integrity is None:
            raise Rejection(401, challenge=True)
        username = message.get(AttributeType.USERNAME, size_bytes_max=USERNAME_BYTES_MAX)
        realm = message.get(AttributeType.REALM, size_bytes_max=REALM_BYTES_MAX)
        nonce = message.get(AttributeType.NONCE, size_bytes_max=NONCE_BYTES_MAX)
        if username is None or realm is None or nonce is None:
            raise Rejection(400)
        if not self._nonces.is_fresh(nonce, client, now):
            raise Rejection(438, challenge=True)
        parsed = parse_username(username)
        if parsed is None or realm != self._realm:
            raise Rejection(401, challenge=True)
        key = long_term_key(username, realm, password_for(self._secret, username))
        if not message.integrity_holds(integrity, key):
            raise Rejection(401, challenge=True)
        expires_at_unix, user = parsed
        grace_s = self._expired_grace_s if username == live_username else 0
        if unix_now >= expires_at_unix + grace_s:
            raise Rejection(401, challenge=True)
        return Credentials(username, user or username, integrity, key)


def _integrity_of(message: Message) -> Integrity | None:
    """Return the strongest integrity attribute a message carries (RFC 8489 section 9.2.4)."""
    for integrity in (Integrity.SHA256, Integrity.SHA1):
        if message.get(integrity.value) is not None:
            return integrity
    return None
