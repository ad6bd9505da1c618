"""Our own relayed addresses, kept out of the race until direct paths had their time.

aioice has no word for it: it pairs its relayed address with the other side's candidates at once, and the
first pair that answers is taken. A NAT that lets in whom its device has sent to lets in the relay, which the
device asked for its own address, before it lets in the peer.
"""

from __future__ import annotations

from typing import Any

from aiortc import RTCPeerConnection


class HeldRelays:
    """The relay ends of one connection from gathering to `race`."""

    def __init__(self, peer: RTCPeerConnection) -> None:
        """Take them out; call it before the loop runs on after `setLocalDescription`."""
        sctp: Any = peer.sctp
        self._ice: Any = sctp.transport.transport._connection  # noqa: SLF001
        self._held = [end for end in self._ice._protocols if end.local_candidate.type == "relay"]  # noqa: SLF001
        for end in self._held:
            self._ice._protocols.remove(end)  # noqa: SLF001

    def race(self) -> None:
        """Give them back and pair them with what the other side has said so far."""
        held, self._held = self._held, []
        self._ice._protocols.extend(held)  # noqa: SLF001
        for candidate in self._ice._remote_candidates:  # noqa: SLF001
            self._ice._pair_remote_candidate(candidate)  # noqa: SLF001
        self._ice.sort_check_list()

    async def close(self) -> None:
        """Close those that never raced; the connection, which may be closed already, does not know them."""
        held, self._held = self._held, []
        for end in held:
            await end.close()
