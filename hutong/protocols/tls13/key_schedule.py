"""The key schedule, step by step as in the diagram of RFC 8446 section 7.1."""

from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from hutong.protocols.tls13 import wire
from hutong.protocols.tls13.suites import NONCE_BYTES, Suite
from hutong.protocols.tls13.transcript import digest_of


def extract(suite: Suite, salt: bytes, key: bytes) -> bytes:
    """HKDF-Extract (RFC 5869)."""
    return HKDF.extract(suite.hash, salt, key)


def expand_label(suite: Suite, secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """HKDF-Expand-Label: `length` bytes."""
    info = length.to_bytes(2) + wire.vector(1, b"tls13 " + label.encode()) + wire.vector(1, context)
    return HKDFExpand(suite.hash, length, info).derive(secret)


def derive_secret(suite: Suite, secret: bytes, label: str, transcript_hash: bytes) -> bytes:
    """Derive-Secret, given the transcript's hash instead of its messages."""
    return expand_label(suite, secret, label, transcript_hash, suite.hash_bytes)


def finished(suite: Suite, traffic_secret: bytes, transcript_hash: bytes) -> bytes:
    """Return the verify_data of a Finished, or the binder of a PSK (RFC 8446 section 4.4.4)."""
    key = expand_label(suite, traffic_secret, "finished", b"", suite.hash_bytes)
    mac = hmac.HMAC(key, suite.hash)
    mac.update(transcript_hash)
    return mac.finalize()


def same(first: bytes, second: bytes) -> bool:
    """Compare in constant time."""
    return bytes_eq(first, second)


def traffic_keys(suite: Suite, traffic_secret: bytes) -> tuple[bytes, bytes]:
    """Return the key and the IV of a traffic secret (RFC 8446 section 7.3)."""
    return (
        expand_label(suite, traffic_secret, "key", b"", suite.key_bytes),
        expand_label(suite, traffic_secret, "iv", b"", NONCE_BYTES),
    )


def next_traffic_secret(suite: Suite, traffic_secret: bytes) -> bytes:
    """Return the traffic secret after a KeyUpdate (RFC 8446 section 7.2)."""
    return expand_label(suite, traffic_secret, "traffic upd", b"", suite.hash_bytes)


def resumption_psk(suite: Suite, resumption_secret: bytes, nonce: bytes) -> bytes:
    """Return the PSK that a ticket with that nonce stands for (RFC 8446 section 4.6.1)."""
    return expand_label(suite, resumption_secret, "resumption", nonce, suite.hash_bytes)


def export(suite: Suite, exporter_secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """Return keying material of `length` bytes (RFC 8446 section 7.5)."""
    secret = derive_secret(suite, exporter_secret, label, digest_of(suite.hash, b""))
    return expand_label(suite, secret, "exporter", digest_of(suite.hash, context), length)


class KeySchedule:
    """One connection's way from the PSK over the key exchange to the master secret.

    The three stages follow one another: early, `mix` (handshake), `finish` (master). Each method is
    right only in its stage, and the connection calls each in its own.
    """

    def __init__(self, suite: Suite, psk: bytes | None = None) -> None:
        self.suite = suite
        self._zeros = bytes(suite.hash_bytes)
        self._empty = digest_of(suite.hash, b"")
        self._secret = extract(suite, self._zeros, psk or self._zeros)

    def _derive(self, label: str, transcript_hash: bytes) -> bytes:
        return derive_secret(self.suite, self._secret, label, transcript_hash)

    def binder_key(self) -> bytes:
        """Early stage: the key that binds a resumption PSK to its ClientHello."""
        return self._derive("res binder", self._empty)

    def client_early_traffic(self, client_hello: bytes) -> bytes:
        """Early stage: the secret of early data, from the transcript hash of the ClientHello."""
        return self._derive("c e traffic", client_hello)

    def early_exporter(self, client_hello: bytes) -> bytes:
        """Early stage: the early exporter's secret, from the transcript hash of the ClientHello."""
        return self._derive("e exp master", client_hello)

    def mix(self, shared_secret: bytes) -> None:
        """Go to the handshake stage with what the key exchange gave."""
        self._secret = extract(self.suite, self._derive("derived", self._empty), shared_secret)

    def handshake_traffic(self, server_hello: bytes) -> tuple[bytes, bytes]:
        """Handshake stage: the client's and the server's secret, from the hash up to ServerHello."""
        return self._derive("c hs traffic", server_hello), self._derive("s hs traffic", server_hello)

    def finish(self) -> None:
        """Go to the master stage."""
        self._secret = extract(self.suite, self._derive("derived", self._empty), self._zeros)

    def application_traffic(self, server_finished: bytes) -> tuple[bytes, bytes]:
        """Master stage: the client's and the server's secret, from the hash up to the server's Finished."""
        return self._derive("c ap traffic", server_finished), self._derive("s ap traffic", server_finished)

    def exporter(self, server_finished: bytes) -> bytes:
        """Master stage: the exporter's secret, from the hash up to the server's Finished."""
        return self._derive("exp master", server_finished)

    def resumption(self, client_finished: bytes) -> bytes:
        """Master stage: the secret of tickets, from the hash up to the client's Finished."""
        return self._derive("res master", client_finished)
