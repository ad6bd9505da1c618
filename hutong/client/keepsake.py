"""The memory of a server in the folder of a home: `server.json`, `link.json`, and a file for each ticket."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hutong.client.home import Home, HomeError
from hutong.client.memory import NETWORKS_MAX, TICKETS_MAX, Memory
from hutong.protocols.heartbeat import Learnt

# Who the server is stands apart: a process that only learnt a route must not bring an old manifest back.
_IDENTITY = "server.json"
_LINK = "link.json"
_TICKETS = "tickets"
_TICKET_BYTES_MAX = 4096
# The server's word for a ticket's life is at most a day.
_TICKET_LIFE_MS = 24 * 3_600_000


class Keepsake(Memory):
    """A memory that the next process has, too; `open` it before its first use.

    A ticket is taken by renaming its file, so of several processes one gets it (LINK52).
    """

    def __init__(self) -> None:
        super().__init__()
        self._home: Home | None = None
        self._folder: Path

    def open(self, home: Home) -> None:
        """Learn what a home has kept, and keep what changes from here on. Raises `HomeError`."""
        self._home = home
        self._folder = home.folder / _TICKETS
        for remains in self._folder.glob(".*"):  # of a process that was killed at the wrong moment
            remains.unlink(missing_ok=True)
        identity, values = home.read(_IDENTITY) or {}, home.read(_LINK) or {}
        try:
            self._root = bytes.fromhex(identity.get("root", ""))
            self._manifest = bytes.fromhex(identity.get("manifest", ""))
        except (AttributeError, TypeError, ValueError) as error:
            raise HomeError(f"{home.folder / _IDENTITY} is damaged; remove it.") from error
        try:
            self._route = bytes.fromhex(values.get("route", ""))
            for network, learnt in list(values.get("networks", {}).items())[-NETWORKS_MAX:]:
                self._networks[bytes.fromhex(network)] = Learnt(**learnt)
        except (AttributeError, TypeError, ValueError) as error:
            raise HomeError(f"{home.folder / _LINK} is damaged; remove it.") from error

    def keep_identity(self, root: bytes, manifest: bytes) -> None:
        """Remember who the server is."""
        if (root, manifest) != (self._root, self._manifest):
            self._root, self._manifest = root, manifest
            self._write(_IDENTITY, {"root": root.hex(), "manifest": manifest.hex()})

    def take_ticket(self, authority: str, now_ms: int) -> bytes:
        """Return a ticket for an address, gone from the folder before it is used; empty for none."""
        for path in self._tickets_of(authority):
            taken = path.with_name(f".taken.{os.getpid()}.{path.name}")
            try:
                path.rename(taken)
                modified_ms = taken.stat().st_mtime_ns // 1_000_000
                ticket = taken.read_bytes()
            except OSError:
                continue  # another process was faster
            finally:
                taken.unlink(missing_ok=True)
            if abs(now_ms - modified_ms) <= _TICKET_LIFE_MS and len(ticket) <= _TICKET_BYTES_MAX:
                return ticket
        return b""

    def keep_ticket(self, authority: str, ticket: bytes) -> None:
        """Remember a ticket; the oldest goes beyond the bound. Without it the next link only takes longer."""
        if len(ticket) > _TICKET_BYTES_MAX:
            return
        name = hashlib.sha256(ticket).hexdigest()[:32]
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            partial = self._folder / f".new.{os.getpid()}.{name}"
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(ticket)
            partial.rename(self._folder / f"{_prefix(authority)}.{name}")
        for path in self._tickets_of(authority)[TICKETS_MAX:]:
            path.unlink(missing_ok=True)

    def forget_tickets(self) -> None:
        """The device is signed out: its tickets name it."""
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                path.unlink(missing_ok=True)

    def _tickets_of(self, authority: str) -> list[Path]:
        """Return the files, newest first: the server forgets the old ones sooner."""
        found: list[tuple[int, Path]] = []
        for path in self._folder.glob(f"{_prefix(authority)}.*"):
            with contextlib.suppress(OSError):
                found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found, reverse=True)]

    def _changed(self) -> None:
        networks: dict[str, Any] = {name.hex(): asdict(learnt) for name, learnt in self._networks.items()}
        self._write(_LINK, {"route": self._route.hex(), "networks": networks})

    def _write(self, name: str, values: dict[str, Any]) -> None:
        assert self._home is not None
        # A full disk ends no link: the next process asks once more.
        with contextlib.suppress(HomeError):
            self._home.write(name, values)


def _prefix(authority: str) -> str:
    return hashlib.sha256(authority.encode()).hexdigest()[:16]
