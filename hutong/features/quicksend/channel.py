"""One channel: two ends that are known by their tokens, and what they have not heard yet. No I/O."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Callable

from hutong.platform.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted
from hutong.schema import quicksend_pb2 as pb

TOKEN_BYTES = 16
LETTER_BYTES_MAX = 72 * 1024
# Waiting for one end: a description with its candidates, many times over.
UNHEARD_MAX = 128
UNHEARD_BYTES_MAX = 256 * 1024
# Of both ends together, in the channel's life: what two need to find a path a hundred times over. Beyond it
# somebody would carry files in letters.
SAID_BYTES_MAX = 8 * 1024 * 1024
# Nobody has come; both are there; one is not heard of (it asks every ten seconds).
WAIT_S = 3_600.0
LIFE_S = 6 * 3_600.0
GONE_AFTER_S = 60.0

SENDER, RECEIVER = 0, 1
_SAID_BY_ENDS = frozenset(
    {pb.ENDING_DONE, pb.ENDING_CANCELLED, pb.ENDING_DECLINED, pb.ENDING_WRONG_CODE},
)


def check_token(token: bytes) -> bytes:
    """Return what is kept of a token. Raises `InvalidArgument` when it is none."""
    if len(token) != TOKEN_BYTES:
        raise InvalidArgument("A token has 16 bytes.", reason="bad_token")
    return hashlib.sha256(token).digest()


class End:
    """One of the two. `stir` tells its connection that there is something to hear."""

    def __init__(self, token: bytes, now: float, stir: Callable[[], None]) -> None:
        self.token = token
        self.heard_at = now
        self.stir = stir
        self.said = 0
        self.last = b""  # digest of the newest letter
        self.unheard: deque[bytes] = deque()
        self.unheard_bytes = 0
        self.heard = 0  # the number of the newest letter this end has


class Channel:
    """From `Open` until it is forgotten. `owner` is whom it counts for."""

    def __init__(self, number: int, owner: str, sender: End, now: float) -> None:
        self.number = number
        self.owner = owner
        self.opened_at = now
        self.ends = [sender]
        self.ending: pb.Ending = pb.ENDING_UNSPECIFIED
        self._said_bytes = 0

    @property
    def unheard_bytes(self) -> int:
        """How much waits in it."""
        return sum(end.unheard_bytes for end in self.ends)

    def side(self, token: bytes) -> int:
        """Return which end has this token. Raises `NotFound`: to strangers there is no channel."""
        for side, end in enumerate(self.ends):
            if hmac.compare_digest(end.token, token):
                return side
        raise _unknown()

    def look(self, now: float) -> None:
        """End it if its time is over, or an end is not heard of any more."""
        if self.ending:
            return
        life_s = LIFE_S if len(self.ends) > 1 else WAIT_S
        if now - self.opened_at >= life_s:
            self.end(pb.ENDING_EXPIRED)
        elif any(now - end.heard_at >= GONE_AFTER_S for end in self.ends):
            self.end(pb.ENDING_GONE)

    def forgettable(self, now: float) -> bool:
        """Tell whether nobody will ask for it any more: numbers of late are not given to others at once."""
        return now - self.opened_at >= (LIFE_S if len(self.ends) > 1 else WAIT_S) + WAIT_S

    def join(self, receiver: End) -> None:
        """Let the receiver in; the first is the only one. Raises `RpcError`."""
        if hmac.compare_digest(self.ends[SENDER].token, receiver.token):
            raise InvalidArgument("The sender cannot be the receiver.", reason="own_channel")
        if len(self.ends) > 1 and hmac.compare_digest(self.ends[RECEIVER].token, receiver.token):
            return
        if self.ending:
            raise _over(self.ending)
        if len(self.ends) > 1:
            raise FailedPrecondition("Somebody else has used this code already.", reason="taken")
        self.ends.append(receiver)
        self.ends[SENDER].stir()

    def say(self, side: int, number: int, letter: bytes) -> None:
        """Keep a letter for the other end. Raises `RpcError`."""
        if not letter or len(letter) > LETTER_BYTES_MAX:
            raise InvalidArgument("A letter has 1 byte to 72 KiB.", reason="bad_letter")
        if self.ending:
            raise FailedPrecondition("This channel is over.", reason="ended")
        if len(self.ends) == 1:
            raise FailedPrecondition("Nobody is there yet.", reason="nobody_there")
        ours, theirs = self.ends[side], self.ends[1 - side]
        digest = hashlib.sha256(letter).digest()
        if number == ours.said and digest == ours.last:
            return
        if number != ours.said + 1:
            raise InvalidArgument("Letters are numbered one after the other.", reason="out_of_order")
        if self._said_bytes + len(letter) > SAID_BYTES_MAX:
            raise ResourceExhausted("Too much was said on this channel.", reason="channel_full")
        waiting_bytes = theirs.unheard_bytes + len(letter)
        if len(theirs.unheard) >= UNHEARD_MAX or waiting_bytes > UNHEARD_BYTES_MAX:
            raise ResourceExhausted("The other side does not listen.", reason="unheard")
        ours.said, ours.last = number, digest
        self._said_bytes += len(letter)
        theirs.unheard.append(letter)
        theirs.unheard_bytes = waiting_bytes
        theirs.stir()

    def hear(self, side: int, after: int, now: float) -> pb.HearReply:
        """Return what the other end said after a number, and forget what came before it."""
        end = self.ends[side]
        if not end.heard <= after <= end.heard + len(end.unheard):
            raise InvalidArgument("That letter was not said, or is gone.", reason="bad_number")
        end.heard_at = now
        while end.heard < after:
            end.heard += 1
            end.unheard_bytes -= len(end.unheard.popleft())
        return pb.HearReply(letters=end.unheard, ending=self.ending)

    def leave(self, ending: pb.Ending) -> None:
        """End it by the will of one side. The first word counts; a late one changes nothing."""
        if ending not in _SAID_BY_ENDS:
            raise InvalidArgument("A channel does not end like that.", reason="bad_ending")
        if not self.ending:
            self.end(ending)

    def end(self, ending: pb.Ending) -> None:
        """End it, and tell both."""
        self.ending = ending
        for end in self.ends:
            end.stir()


def _over(ending: pb.Ending) -> FailedPrecondition:
    """Return what somebody hears who comes with a code that is over."""
    match ending:
        case pb.ENDING_WRONG_CODE:
            return FailedPrecondition(
                "Somebody tried this number with wrong words: the code is void.", reason="wrong_code"
            )
        case pb.ENDING_CANCELLED:
            return FailedPrecondition("The sender called it off.", reason="cancelled")
        case pb.ENDING_GONE:
            return FailedPrecondition("The sender is gone. Ask for a new code.", reason="gone")
        case pb.ENDING_EXPIRED:
            return FailedPrecondition("This code has expired. Ask for a new one.", reason="expired")
        case _:
            return FailedPrecondition(
                "This code was used already: a code is for one person, once.", reason="used"
            )


def _unknown() -> NotFound:
    return NotFound("There is no such code. Check the number at its beginning.", reason="no_such_channel")


class Channels:
    """All there are, by number. Bounded: in all, for each owner, and in what waits to be heard."""

    CHANNELS_MAX = 2_000
    OWNED_MAX = 20
    UNHEARD_BYTES_MAX = 32 * 1024 * 1024
    NUMBER_MIN = 1_000
    # Longer numbers when the short ones get scarce.
    _SHORT, _LONG, _SCARCE = 9_000, 99_000, 1_000

    def __init__(self, draw: Callable[[], int]) -> None:
        self._draw = draw
        self._channels: dict[int, Channel] = {}

    def open(self, owner: str, sender: End, now: float) -> Channel:
        """Return the channel of this token, made if need be. Raises `ResourceExhausted`."""
        for known in self._channels.values():
            if hmac.compare_digest(known.ends[SENDER].token, sender.token):
                known.look(now)
                return known
        self._forget(now)
        living = [channel for channel in self._channels.values() if not channel.ending]
        if sum(channel.owner == owner for channel in living) >= self.OWNED_MAX:
            raise ResourceExhausted("Too many codes of yours are open.", reason="too_many_channels")
        if len(living) >= self.CHANNELS_MAX:
            raise ResourceExhausted("Too many codes are open at the moment.", reason="too_many_channels")
        channel = Channel(self._free_number(), owner, sender, now)
        self._channels[channel.number] = channel
        return channel

    def get(self, number: int, now: float) -> Channel:
        """Return a channel as it is now. Raises `NotFound`."""
        channel = self._channels.get(number)
        if channel is None:
            raise _unknown()
        channel.look(now)
        return channel

    def check_room(self, size_bytes: int) -> None:
        """Refuse a letter when all channels together hold too much. Raises `ResourceExhausted`."""
        waiting = sum(channel.unheard_bytes for channel in self._channels.values())
        if waiting + size_bytes > self.UNHEARD_BYTES_MAX:
            raise ResourceExhausted("Too much waits to be heard at the moment.", reason="unheard")

    def _forget(self, now: float) -> None:
        """Drop what is long over; and the oldest of what is over when there is too much of it."""
        for channel in list(self._channels.values()):
            channel.look(now)
            if channel.forgettable(now):
                del self._channels[channel.number]
        over = [channel for channel in self._channels.values() if channel.ending]
        for channel in over[: max(0, len(over) - self.CHANNELS_MAX)]:
            del self._channels[channel.number]

    def _free_number(self) -> int:
        span = self._LONG if len(self._channels) >= self._SCARCE else self._SHORT
        number = self.NUMBER_MIN + self._draw() % span
        while number in self._channels:
            number = self.NUMBER_MIN + self._draw() % span
        return number
