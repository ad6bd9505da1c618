"""What a connection says: queued by class, joined with what else is said in the turn, and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hutong.platform.channel import CONTROL, MESSAGE, ORDER, Channel, join
from hutong.schema import link_pb2

if TYPE_CHECKING:
    from hutong.platform.sessions import Sessions

WAITING_BYTES_MAX = 4 * 1024 * 1024


class Outgoing:
    """The half of a connection that speaks.

    A base of `Connection` and no object of its own, which an idle connection would pay for.
    """

    __slots__ = ("_channel", "_ended", "_out", "_out_bytes", "_sessions")

    def __init__(self, sessions: Sessions, channel: Channel) -> None:
        self._sessions = sessions
        self._channel = channel
        self._out: list[list[bytes] | None] | None = None  # by class, once something waits
        self._out_bytes = 0
        self._ended = False

    def send(self, packet: bytes, klass: int = MESSAGE) -> None:
        """Queue a serialized packet; what is queued in one turn of the loop leaves together, by class."""
        if self._ended:
            return
        if not self._out_bytes:
            self._sessions.will_flush(self)
        out = self._out
        if out is None:
            out = self._out = [None] * len(ORDER)
        packets = out[klass]
        if packets is None:
            out[klass] = [packet]
        else:
            packets.append(packet)
        self._out_bytes += len(packet)
        if self._out_bytes > WAITING_BYTES_MAX:
            self._cut_loose()

    def flush(self) -> None:
        """Hand what is queued to the channel, joined (CONN1). Called by `Sessions`."""
        if self._ended:
            return
        if self._out_bytes + self._channel.waiting_bytes() > WAITING_BYTES_MAX:
            self._cut_loose()
            return
        out, self._out, self._out_bytes = self._out, None, 0
        if out is None:
            return
        for klass in ORDER:
            packets = out[klass]
            if packets is not None and not self._ended:
                for message in join(packets):
                    self._channel.send(message, klass)

    def goodbye(self, reason: link_pb2.Goodbye.Reason, message: str) -> None:
        """Say why, then end."""
        if self._ended:
            return
        packet = link_pb2.Packet(goodbye=link_pb2.Goodbye(reason=reason, message=message))
        self.flush()
        if not self._ended:  # a slow reader has heard its goodbye by now
            self._channel.send(packet.SerializeToString(), CONTROL)
            self._end()
            self._channel.close(at_once=False)

    def _cut_loose(self) -> None:
        """A reader that is too slow gets the reason if it ever reads, and nothing more (CONN18)."""
        self._sessions.metrics.slow_readers.inc()
        goodbye = link_pb2.Goodbye(reason=link_pb2.Goodbye.REASON_SLOW_READER, message="Too slow; catch up.")
        self._channel.send(link_pb2.Packet(goodbye=goodbye).SerializeToString(), CONTROL)
        self._end()
        self._channel.close(at_once=True)

    def _end(self) -> None:
        self._ended = True
        self._out = None
        self._out_bytes = 0
