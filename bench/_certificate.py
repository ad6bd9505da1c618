"""A certificate for the peers that want one: an Ed25519 leaf, as the link port has."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hutong.platform.leaf import sign_leaf


@dataclass(frozen=True, slots=True)
class Certificate:
    """A leaf with its key, in memory and as files."""

    key: Ed25519PrivateKey
    leaf: bytes  # DER
    certificate_path: Path
    key_path: Path

    def server_context(self) -> ssl.SSLContext:
        """Return what a server of Python's `ssl` needs; TLS 1.3 only, AES-256-GCM first, as ours."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.certificate_path, self.key_path)
        return context


def client_context() -> ssl.SSLContext:
    """Return what a client of Python's `ssl` needs; like the raw clients, it trusts any leaf."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def make_certificate(folder: Path) -> Certificate:
    """Write a fresh certificate into a folder."""
    root, key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    leaf = sign_leaf(root, key.public_key().public_bytes_raw(), "localhost", time.time_ns() // 1_000_000)
    certificate_path, key_path = folder / "leaf.pem", folder / "leaf.key"
    certificate_path.write_bytes(x509.load_der_x509_certificate(leaf).public_bytes(Encoding.PEM))
    key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Certificate(key, leaf, certificate_path, key_path)
