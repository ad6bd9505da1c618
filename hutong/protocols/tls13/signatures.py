"""CertificateVerify: what is signed, with what, and whether it is right.

Source: RFC 8446 sections 4.2.3 and 4.4.3.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from hutong.protocols.tls13.codepoints import AlertDescription, SignatureScheme
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.ports import PrivateKey, PublicKey

_ECDSA: dict[int, tuple[type[ec.EllipticCurve], hashes.HashAlgorithm]] = {
    SignatureScheme.ECDSA_SECP256R1_SHA256: (ec.SECP256R1, hashes.SHA256()),
    SignatureScheme.ECDSA_SECP384R1_SHA384: (ec.SECP384R1, hashes.SHA384()),
}
_RSA_PSS: dict[int, hashes.HashAlgorithm] = {
    SignatureScheme.RSA_PSS_RSAE_SHA256: hashes.SHA256(),
    SignatureScheme.RSA_PSS_RSAE_SHA384: hashes.SHA384(),
    SignatureScheme.RSA_PSS_RSAE_SHA512: hashes.SHA512(),
}


def scheme_of(key: PrivateKey) -> SignatureScheme:
    """Return how a key signs. Raises ValueError for a curve other than P-256: the operator's mistake."""
    if isinstance(key, Ed25519PrivateKey):
        return SignatureScheme.ED25519
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return SignatureScheme.ECDSA_SECP256R1_SHA256
    raise ValueError("a server's key must be Ed25519 or ECDSA P-256")


def sign(key: PrivateKey, transcript_hash: bytes) -> bytes:
    """Sign the transcript up to the server's Certificate; ECDSA by RFC 6979, so without randomness."""
    content = _content(transcript_hash)
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(content)
    return key.sign(content, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def verify(key: PublicKey, scheme: int, signature: bytes, transcript_hash: bytes) -> None:
    """Check a server's signature. Raises TlsError when it is wrong, or of a scheme its key does not have."""
    content = _content(transcript_hash)
    try:
        if scheme == SignatureScheme.ED25519 and isinstance(key, Ed25519PublicKey):
            key.verify(signature, content)
        elif scheme in _ECDSA and isinstance(key, EllipticCurvePublicKey):
            curve, algorithm = _ECDSA[scheme]
            if not isinstance(key.curve, curve):
                raise _wrong_scheme()
            key.verify(signature, content, ec.ECDSA(algorithm))
        elif scheme in _RSA_PSS and isinstance(key, RSAPublicKey):
            algorithm = _RSA_PSS[scheme]
            pss = padding.PSS(padding.MGF1(algorithm), salt_length=algorithm.digest_size)
            key.verify(signature, content, pss, algorithm)
        else:
            raise _wrong_scheme()
    except (InvalidSignature, ValueError):
        raise TlsError(AlertDescription.DECRYPT_ERROR, "the server's signature is wrong") from None


def _content(transcript_hash: bytes) -> bytes:
    return b" " * 64 + b"TLS 1.3, server CertificateVerify\0" + transcript_hash


def _wrong_scheme() -> TlsError:
    return TlsError(AlertDescription.ILLEGAL_PARAMETER, "the signature scheme does not fit the server's key")
