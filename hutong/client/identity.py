"""Who the server is: its pinned root, and the manifest of its keys (SEAL17 to SEAL19)."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from hutong.client.carrier import CarrierError
from hutong.client.memory import Memory
from hutong.platform.clock import Clock
from hutong.protocols.sealed import ManifestError, Pins
from hutong.schema import sealed_pb2


class ServerIdentity:
    """What a client believes of one server.

    `root` comes with the address, 32 bytes, or is empty: then the first contact decides.
    """

    def __init__(self, root: bytes, memory: Memory, clock: Clock) -> None:
        self._root = root
        self._memory = memory
        self._clock = clock
        self._pins = Pins(memory.root or root)
        self._manifest: sealed_pb2.Manifest | None = None
        self._doubted = False
        if memory.manifest:
            try:
                # Also one that is out of its time by now counts for the epoch.
                signed = sealed_pb2.SignedManifest.FromString(memory.manifest)
                self._pins.epoch = sealed_pb2.Manifest.FromString(signed.manifest).epoch
                self._manifest = self._pins.check(signed, clock.now_ms())
            except (DecodeError, ManifestError):
                self._manifest = None

    @property
    def root(self) -> bytes:
        """The root's public key, 32 bytes; empty before the first contact."""
        return self._pins.root

    @property
    def manifest(self) -> sealed_pb2.Manifest | None:
        """The manifest to seal to; None when there is none for this moment."""
        manifest = self._manifest
        if self._doubted or manifest is None or self._clock.now_ms() > manifest.not_after_ms:
            return None
        return manifest

    def doubt(self) -> None:
        """The server could not open what was sealed to its key: ask for its manifest first next time."""
        self._doubted = True

    def check_address(self) -> None:
        """Refuse an address that names another root than the one known here. Raises `CarrierError`."""
        if self._root and self._root != self._pins.root:
            raise _other_server()

    def believe(self, signed: sealed_pb2.SignedManifest) -> None:
        """Take a manifest the server sent, and keep it. Raises `CarrierError` for one not to be believed."""
        if self._pins.root and signed.manifest and _root_of(signed) != self._pins.root:
            raise _other_server()
        try:
            self._manifest = self._pins.check(signed, self._clock.now_ms())
        except ManifestError as error:
            raise CarrierError(f"The server cannot prove who it is: {error}", hopeless=True) from error
        self._doubted = False
        self._memory.keep_identity(self._pins.root, signed.SerializeToString())


def _root_of(signed: sealed_pb2.SignedManifest) -> bytes:
    try:
        return sealed_pb2.Manifest.FromString(signed.manifest).root
    except DecodeError:
        return b""


def _other_server() -> CarrierError:
    return CarrierError(
        "This is not the server that was known at this address: its root key is another. Either it was set "
        "up anew, or somebody stands between you and the server. If you know that it was set up anew, remove "
        "server.json from the folder of this server and sign in again.",
        hopeless=True,
    )
