"""Direct paths come first: the relays of one connection, ours and theirs, are held back for a while."""

from __future__ import annotations

from aiortc import RTCPeerConnection

from hutong.client.peers.candidates import address_of, is_relay, split_relays
from hutong.client.peers.relays import HeldRelays
from hutong.schema import peers_pb2 as pb

# More of them are no honest end's.
_HELD_MAX = 64


class DirectFirst:
    """What is known of the relays of one connection. `holding` until `release`, or never."""

    def __init__(self, *, hold: bool) -> None:
        self.holding = hold
        self.their_addresses: set[tuple[str, int]] = set()
        self._ours: list[pb.Candidate] = []
        self._theirs: list[pb.Candidate] = []
        self._our_ends: HeldRelays | None = None

    def gathered(self, peer: RTCPeerConnection) -> None:
        """Take our relays out of the race; call it before the loop runs on after gathering."""
        if self.holding:
            self._our_ends = HeldRelays(peer)

    def to_say(self, sdp: str) -> str:
        """Return what of our description the other side may know now."""
        if not self.holding:
            return sdp
        split = split_relays(sdp)
        self._ours = list(split.relays)
        return split.sdp

    def to_use(self, sdp: str) -> str:
        """Return what of the other side's description may be used now."""
        split = split_relays(sdp)
        for candidate in split.relays:
            self._learn(candidate)
        if not self.holding:
            return sdp
        self._theirs += split.relays
        return split.sdp

    def holds(self, candidate: pb.Candidate) -> bool:
        """Tell whether a candidate of theirs is kept for later."""
        if not is_relay(candidate.candidate):
            return False
        self._learn(candidate)
        if self.holding and len(self._theirs) < _HELD_MAX:
            self._theirs.append(candidate)
        return self.holding

    def release(self) -> tuple[list[pb.Candidate], list[pb.Candidate]]:
        """Hold nothing back any more. Return ours, which have to be said, and theirs, which can be used."""
        self.holding = False
        if self._our_ends is not None:
            self._our_ends.race()
        ours, self._ours = self._ours, []
        theirs, self._theirs = self._theirs, []
        return ours, theirs

    async def close(self) -> None:
        """Let go of those of ours that never raced."""
        if self._our_ends is not None:
            await self._our_ends.close()

    def _learn(self, candidate: pb.Candidate) -> None:
        address = address_of(candidate.candidate)
        if address is not None and len(self.their_addresses) < _HELD_MAX:
            self.their_addresses.add(address)
