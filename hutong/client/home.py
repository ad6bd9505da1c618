"""Where a device keeps what it needs to come back: its key, who it is, how far it has read.

A folder for each server, for its owner's eyes only (0700, files 0600). Files are replaced as a whole, so a
crash leaves the old or the new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.client.address import Address
from hutong.platform.clock import Clock, Timer

_SESSION = "session.json"
_CURSORS = "cursors.json"
# Events a crash within this time may bring again.
_KEEP_AFTER_S = 0.5


class HomeError(Exception):
    """The folder cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Session:
    """A device that is signed in."""

    user: str
    handle: str
    name: str
    device: str
    key: bytes  # the Ed25519 private key, 32 bytes

    def sign(self, message: bytes) -> bytes:
        """Sign with the device's key."""
        return Ed25519PrivateKey.from_private_bytes(self.key).sign(message)


def default_root() -> Path:
    """Return `~/.local/share/hutong`, or what `XDG_DATA_HOME` makes of it."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "hutong"


def default_folder(address: Address) -> Path:
    """Return one server's folder below the root."""
    return default_root() / address.folder_name


class Home:
    """One server's folder. Raises `HomeError` when it cannot be made or read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
        except OSError as error:
            raise HomeError(f"{folder} cannot be used: {error.strerror}.") from error

    def session(self) -> Session | None:
        """Return the device that signed in here, if any."""
        values = self.read(_SESSION)
        if values is None:
            return None
        try:
            key = bytes.fromhex(values.pop("key"))
            return Session(key=key, **values)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HomeError(f"{self.folder / _SESSION} is damaged; sign in again.") from error

    def keep_session(self, session: Session) -> None:
        """Remember a device."""
        values = {
            "user": session.user,
            "handle": session.handle,
            "name": session.name,
            "device": session.device,
            "key": session.key.hex(),
        }
        self.write(_SESSION, values)

    def forget(self) -> None:
        """Forget the device and how far it had read."""
        for name in (_SESSION, _CURSORS):
            (self.folder / name).unlink(missing_ok=True)

    def cursors(self) -> dict[str, int]:
        """Return how far each log was read; empty for a new device."""
        values = self.read(_CURSORS) or {}
        if not all(isinstance(seq, int) for seq in values.values()):
            raise HomeError(f"{self.folder / _CURSORS} is damaged; remove it.")
        return values

    def keep_cursors(self, cursors: dict[str, int]) -> None:
        """Remember how far each log was read."""
        self.write(_CURSORS, cursors)

    def read(self, name: str) -> dict[str, Any] | None:
        """Return what a file of the folder holds; None without one."""
        path = self.folder / name
        try:
            values = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise HomeError(f"{path} cannot be read: {error}.") from error
        if not isinstance(values, dict):
            raise HomeError(f"{path} is damaged; remove it and sign in again.")
        return values

    def write(self, name: str, values: dict[str, Any]) -> None:
        """Replace a file of the folder as a whole."""
        path = self.folder / name
        temporary = ""
        try:
            # mkstemp makes it 0600.
            descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=f".{name}.")
            with os.fdopen(descriptor, "w") as file:
                json.dump(values, file)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError as error:
            if temporary:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
            raise HomeError(f"{path} cannot be written: {error.strerror}.") from error


class CursorKeeper:
    """The cursors of a home: changed often, written at most twice a second."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._timer: Timer | None = None
        self.cursors = home.cursors()

    def changed(self) -> None:
        """Write them soon."""
        if self._timer is None:
            self._timer = self._clock.call_later(_KEEP_AFTER_S, self.flush)

    def flush(self) -> None:
        """Write them now, if they changed."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._home.keep_cursors(self.cursors)
