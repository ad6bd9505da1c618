"""Time-limited long-term credentials, as coturn's `use-auth-secret` takes them.

The username is `<expiry in unix seconds>:<user>`, the password
base64(HMAC-SHA1(secret, username)). Nothing is stored: who knows the secret can issue and check.

Source: draft-uberti-behave-turn-rest-00 (the convention), RFC 8489 section 9.2.2 (the key).
"""

import base64
import hashlib
import hmac

from hutong.protocols.stun.attributes import USERNAME_BYTES_MAX

# Ten digits are enough until the year 2286; more are not worth parsing.
_EXPIRY_DIGITS_MAX = 12


def time_limited_credentials(secret: bytes, user: str, now_s: float, lifetime_s: int) -> tuple[str, str]:
    """Issue a username and a password that a relay with the same secret accepts.

    `now_s` is unix time, `lifetime_s` how long new allocations may be made with them.
    Raises ValueError for a lifetime that is not positive or a user name that does not fit.
    """
    if lifetime_s <= 0:
        raise ValueError("a credential's lifetime must be positive")
    username = f"{int(now_s) + lifetime_s}:{user}"
    if len(username.encode()) > USERNAME_BYTES_MAX:
        raise ValueError(f"a TURN username is at most {USERNAME_BYTES_MAX} bytes")
    return username, password_for(secret, username.encode()).decode()


def password_for(secret: bytes, username: bytes) -> bytes:
    """Derive the password that belongs to a username."""
    return base64.b64encode(hmac.digest(secret, username, "sha1"))


def long_term_key(username: bytes, realm: bytes, password: bytes) -> bytes:
    """Derive the HMAC key of a long-term credential (RFC 8489 section 9.2.2).

    The inputs are taken as prepared: what `time_limited_credentials` issues is unchanged by
    OpaqueString, and for other names the caller applies it.
    """
    joined = b":".join((username, realm, password))
    return hashlib.md5(joined, usedforsecurity=False).digest()


def parse_username(username: bytes) -> tuple[int, bytes] | None:
    """Split a time-limited username into its expiry and its user, or None when it is not one.

    The user is empty when there is only an expiry, which coturn takes as well.
    """
    expiry, _, user = username.partition(b":")
    if not expiry.isdigit() or len(expiry) > _EXPIRY_DIGITS_MAX:
        return None
    return int(expiry), user
