"""The speaking end of one channel: counts previews, and keeps to the listener's bounds."""

from __future__ import annotations

from hutong.protocols.direct.pace import Pace
from hutong.protocols.direct.record import Words, encode
from hutong.schema import direct_pb2 as pb

# Less than the listener allows: what is late on the way comes at once.
SAYS_BURST = 10
SAYS_A_S = 3.0
# Said and not settled; more of them than that wait for a server that does not answer.
OPEN_MAX = 24


class PreviewSender:
    """Makes the records of one channel. What it does not say, the log brings (DIRECT3)."""

    def __init__(self) -> None:
        self._count = 0
        self._open: set[int] = set()
        self._pace = Pace(SAYS_BURST, SAYS_A_S)

    def say(self, words: Words, after: int, now: float) -> tuple[int, bytes] | None:
        """Return count and record of a message that goes to the server now; None when it goes alone.

        `after` is the newest event of the log that is known; the message must not be in the log yet.
        """
        if not words.fit or len(self._open) >= OPEN_MAX or not self._pace.allows(now):
            return None
        self._count += 1
        self._open.add(self._count)
        preview = pb.Preview(count=self._count, after=after, text=words.text, reply_to=words.reply_to)
        return self._count, encode(pb.Record(preview=preview))

    def settle(self, count: int, seq: int) -> bytes | None:
        """Return the record that says where a message stands in the log (0: nowhere); once."""
        if count not in self._open:
            return None
        self._open.remove(count)
        return encode(pb.Record(settled=pb.Settled(count=count, seq=seq)))
