"""What other features may ask of peers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hutong.features.peers.ice import ice_servers

__all__ = ["Device", "Peers", "ice_servers"]


@dataclass(frozen=True, slots=True)
class Device:
    """One end of a session."""

    user: str
    device: str


class Peers(Protocol):
    """Sessions between exactly two devices, each with a mailbox for offers, answers and candidates."""

    def open_session(self, session: str, one: Device, other: Device) -> None:
        """Let the two devices talk. A session that is open already with the same two stays as it is.

        Another pair under the same name replaces it, with empty mailboxes.
        """

    def move_device(self, session: str, device: Device) -> None:
        """Let another device of the same user take that user's place, and ask the other end to start anew.

        The device that is there already, and a session that is not there, are fine.
        """

    def close_session(self, session: str) -> None:
        """Forget a session and what was said in it; one that is not there is fine."""
