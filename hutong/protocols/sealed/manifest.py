"""Manifests: which keys are a server's, signed by the root that clients pin (SEAL17 to SEAL19)."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf.message import DecodeError

from hutong.protocols.sealed import wire
from hutong.protocols.sealed.errors import ManifestError
from hutong.schema import sealed_pb2

CONTEXT = b"hutong manifest v1\x00"
# Clocks of clients are not right to the second.
GRACE_MS = 5 * 60 * 1000
MANIFEST_BYTES_MAX = 8 * 1024
ENDPOINTS_MAX = 32


def sign(manifest: sealed_pb2.Manifest, root: Ed25519PrivateKey) -> sealed_pb2.SignedManifest:
    """Return the manifest as it travels; `manifest.root` is set to the root's public key."""
    manifest.root = root.public_key().public_bytes_raw()
    serialized = manifest.SerializeToString(deterministic=True)
    return sealed_pb2.SignedManifest(manifest=serialized, signature=root.sign(CONTEXT + serialized))


def verify(signed: sealed_pb2.SignedManifest) -> sealed_pb2.Manifest:
    """Return a manifest that its own root has signed. Raises `ManifestError`.

    Whose root that is, and whether this is its time, says `Pins.check`.
    """
    if len(signed.manifest) > MANIFEST_BYTES_MAX:
        raise ManifestError("The manifest is too large.")
    try:
        manifest = sealed_pb2.Manifest.FromString(signed.manifest)
        key = Ed25519PublicKey.from_public_bytes(manifest.root)
        key.verify(signed.signature, CONTEXT + signed.manifest)
    except DecodeError as error:
        raise ManifestError("That is no manifest.") from error
    except (InvalidSignature, ValueError) as error:
        raise ManifestError("The manifest is not signed by its root.") from error
    if manifest.epoch == 0 or len(manifest.service_key) != wire.KEY_BYTES:
        raise ManifestError("The manifest names no service key.")
    if len(manifest.endpoints) > ENDPOINTS_MAX:
        raise ManifestError("The manifest names too many addresses.")
    return manifest


@dataclass(slots=True)
class Pins:
    """What a client keeps of a server: its root and the highest epoch seen, both empty at first contact."""

    root: bytes = b""
    epoch: int = 0

    def check(self, signed: sealed_pb2.SignedManifest, now_ms: int) -> sealed_pb2.Manifest:
        """Return the manifest when it is to be believed, and pin what it says (SEAL17, SEAL18).

        `now_ms` is Unix time. Raises `ManifestError`, changing nothing.
        """
        manifest = verify(signed)
        if self.root and manifest.root != self.root:
            raise ManifestError("This is another server than the one known here.")
        if manifest.epoch < self.epoch:
            raise ManifestError("The manifest is older than one already seen.")
        if not manifest.not_before_ms - GRACE_MS <= now_ms <= manifest.not_after_ms + GRACE_MS:
            raise ManifestError("The manifest is out of its time.")
        if manifest.minimum_protocol > wire.VERSION:
            raise ManifestError("This client is too old for the server; update it.")
        self.root, self.epoch = manifest.root, manifest.epoch
        return manifest
