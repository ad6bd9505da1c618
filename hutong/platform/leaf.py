"""The link port's certificate: a short-lived Ed25519 leaf that the server's root signs.

A client that has pinned the root (SEAL17) checks the leaf's signature and its dates; its names are for tools.
An edge has the leaf's key and never the root.
"""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = datetime.timedelta(days=30)
# Clocks of clients are not right to the second.
GRACE = datetime.timedelta(hours=1)
_ROOT_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hutong root")])
_LEAF_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hutong link")])


def sign_leaf(root: Ed25519PrivateKey, public_key: bytes, host: str, now_ms: int) -> bytes:
    """Return a certificate (DER) for an edge's Ed25519 public key, good from now on for `LIFE`.

    Raises `ValueError` for a public key that is none.
    """
    now = datetime.datetime.fromtimestamp(now_ms // 1000, datetime.UTC)
    key = Ed25519PublicKey.from_public_bytes(public_key)
    return (
        x509.CertificateBuilder()
        .subject_name(_LEAF_NAME)
        .issuer_name(_ROOT_NAME)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - GRACE)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, None)
        .public_bytes(Encoding.DER)
    )


def good_until_ms(leaf: bytes, root: bytes, public_key: bytes) -> int:
    """Return when a leaf ends (Unix time), 0 when it is not this root's for this key."""
    try:
        certificate = x509.load_der_x509_certificate(leaf)
        key = certificate.public_key()
        Ed25519PublicKey.from_public_bytes(root).verify(
            certificate.signature, certificate.tbs_certificate_bytes
        )
    except (InvalidSignature, ValueError):
        return 0
    if not isinstance(key, Ed25519PublicKey) or key.public_bytes_raw() != public_key:
        return 0
    return int(certificate.not_valid_after_utc.timestamp() * 1000)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError:  # not ASCII
        return x509.DNSName("localhost")
