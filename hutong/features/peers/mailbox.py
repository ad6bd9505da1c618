"""What two devices said to each other: numbered for each speaker, bounded, no I/O."""

from __future__ import annotations

from collections import deque

from hutong.features.peers.api import Device
from hutong.platform.errors import InvalidArgument, NotFound
from hutong.schema import peers_pb2 as pb

# An offer, an answer and their candidates are about thirty signals; restarts bring more. The oldest go.
SIGNALS_MAX = 256
SIGNAL_BYTES_MAX = 64 * 1024
# Kept of what one end said: an offer with all its candidates is a few kilobytes, and one `Fetch` brings
# all of it, within a carrier message (CONN4).
SAID_BYTES_MAX = 256 * 1024
NAME_CHARACTERS_MAX = 32
DESCRIPTION_TYPES = frozenset({"offer", "answer"})
_EPOCH_MS = 1_700_000_000_000


def check_signal(signal: pb.Signal) -> None:
    """Refuse what no client can use. Raises `InvalidArgument`."""
    kind = signal.WhichOneof("kind")
    if kind is None:
        raise InvalidArgument("There is nothing in this signal.", reason="empty")
    if signal.ByteSize() > SIGNAL_BYTES_MAX:
        raise InvalidArgument("This signal is too large.", reason="too_large")
    if kind == "description" and signal.description.type not in DESCRIPTION_TYPES:
        raise InvalidArgument("A description is an offer or an answer.", reason="bad_type")
    if max(len(signal.connection), len(signal.towards)) > NAME_CHARACTERS_MAX:
        raise InvalidArgument("A connection's name is too long.", reason="bad_name")


class Session:
    """One introduction."""

    def __init__(self, session: str, one: Device, other: Device, now_ms: int) -> None:
        self.session = session
        self.ends = [one, other]
        self._said: tuple[deque[pb.Said], deque[pb.Said]] = (deque(), deque())
        self._said_bytes = [0, 0]
        # Begin where no session of this name that a restart forgot can have been: an end that heard
        # those would take smaller numbers for old ones. Ten a second, below 2^32 until 2037.
        start = max(0, now_ms - _EPOCH_MS) // 100 % 2**32
        self._numbers = [start, start]

    def same_ends(self, one: Device, other: Device) -> bool:
        """Tell whether these are the two devices."""
        return {one, other} == set(self.ends)

    def side(self, device: Device) -> int:
        """Return which end a device is. Raises `NotFound`: to strangers there is no session."""
        if device not in self.ends:
            raise NotFound("There is no such session.", reason="no_such_session")
        return self.ends.index(device)

    def say(self, side: int, signal: pb.Signal) -> pb.Said:
        """Keep what one end says; return it with its number."""
        self._numbers[side] += 1
        said = pb.Said(session=self.session, number=self._numbers[side], signal=signal)
        kept = self._said[side]
        kept.append(said)
        self._said_bytes[side] += said.ByteSize()
        while len(kept) > SIGNALS_MAX or self._said_bytes[side] > SAID_BYTES_MAX:
            self._said_bytes[side] -= kept.popleft().ByteSize()
        return said

    def heard_by(self, side: int, after: int) -> list[pb.Said]:
        """Return what the other end said after a number."""
        return [said for said in self._said[1 - side] if said.number > after]

    def replace(self, side: int, device: Device) -> None:
        """Give one end to another device. What was said by and to the old one is void, numbers go on."""
        self.ends[side] = device
        for said in self._said:
            said.clear()
        self._said_bytes = [0, 0]
