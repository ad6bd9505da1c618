"""The body of a push: only the browser that subscribed reads it (RFC 8291, RFC 8188). No I/O."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

POINT_BYTES = 65
AUTH_BYTES = 16
SALT_BYTES = 16
SCALAR_BYTES = 48
# What every push service takes (RFC 8030, section 7.2), less header, tag and the byte before the padding.
PLAIN_BYTES_MAX = 4096 - 86 - 16 - 1
_RECORD_BYTES = 4096
_LAST_RECORD = b"\x02"
# Lengths are told in steps of this, so that they say little about what was said.
_STEP_BYTES = 512
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def key_from(random: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key that `SCALAR_BYTES` random bytes stand for."""
    return ec.derive_private_key(1 + int.from_bytes(random, "big") % (_ORDER - 1), ec.SECP256R1())


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as it travels: uncompressed."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def is_point(data: bytes) -> bool:
    """Tell whether these bytes are a public key on the curve."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:
        return False
    return len(data) == POINT_BYTES


def padded(plain: bytes) -> bytes:
    """Return the record of a text: the text, a delimiter, and zeros up to the next step."""
    record = plain + _LAST_RECORD
    missing = -len(record) % _STEP_BYTES
    return record + bytes(min(missing, PLAIN_BYTES_MAX + 1 - len(record)))


def encrypt(
    record: bytes, p256dh: bytes, auth: bytes, *, salt: bytes, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return the body of the request for a padded record. `salt` and `key` are used once."""
    assert len(record) <= PLAIN_BYTES_MAX + 1
    sender = point(key.public_key())
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    shared = key.exchange(ec.ECDH(), receiver)
    secret = _derive(auth, shared, b"WebPush: info\x00" + p256dh + sender, 32)
    content_key = _derive(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\x00", 12)
    header = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(sender)]) + sender
    return header + AESGCM(content_key).encrypt(nonce, record, None)


def _derive(salt: bytes, secret: bytes, info: bytes, size_bytes: int) -> bytes:
    return HKDF(hashes.SHA256(), size_bytes, salt, info).derive(secret)
