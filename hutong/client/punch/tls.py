"""How QUIC is set up on a punched path, and the certificate it needs.

Nobody has signed that certificate, and nobody is asked to believe it: the two ends prove to each other, with
the key they have agreed on, that both see the same one (as tls-server-end-point of RFC 5929 does).
"""

from __future__ import annotations

import datetime
import ssl
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from qh3.quic.configuration import QuicConfiguration

ALPN = "hutong.punch.1"
_NAME = "hutong"
# Clocks differ; nobody looks at these dates, but a certificate has to have some.
_AROUND = datetime.timedelta(days=7)
# What may be on its way: 1 Gbit/s over 64 ms.
_WINDOW_BYTES = 8 * 1024 * 1024
# RFC 9002's 333 ms would cost a second when the first packet is lost in a hole that is not yet open.
_INITIAL_RTT_S = 0.1
_IDLE_S = 20.0


class OneTimeCertificate(NamedTuple):
    """A certificate and its key, in PEM, and the certificate in DER."""

    pem: bytes
    key_pem: bytes
    der: bytes


def one_time_certificate() -> OneTimeCertificate:
    """Return a new one (P-256)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _AROUND)
        .not_valid_after(now + _AROUND)
        .sign(key, SHA256())
    )
    return OneTimeCertificate(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.DER),
    )


def configuration(certificate: OneTimeCertificate | None) -> QuicConfiguration:
    """Return a server's with its certificate, a client's without one."""
    made = QuicConfiguration(
        is_client=certificate is None,
        alpn_protocols=[ALPN],
        server_name=_NAME if certificate is None else None,
        verify_mode=ssl.CERT_NONE,
        max_data=_WINDOW_BYTES,
        max_stream_data=_WINDOW_BYTES,
        idle_timeout=_IDLE_S,
        initial_rtt=_INITIAL_RTT_S,
    )
    if certificate is not None:
        made.load_cert_chain(certificate.pem, certificate.key_pem)
    return made
