"""One attempt to open a path: probes every pair of addresses, answers, agrees on one pair.

The shell opens sockets and names them by number, hands in what arrives, sends what it is given, and calls
`poll` at `next_at`. The offerer chooses; both ends end with the same pair in `path`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from hutong.protocols.punch.birthday import (
    BIRTHDAY_AFTER_S,
    BIRTHDAY_S,
    BIRTHDAY_SOCKETS,
    GUESSES_PER_S,
    OPENING_AGAIN_S,
    OPENINGS_PER_S,
    Guesses,
)
from hutong.protocols.punch.candidate import CANDIDATES_MAX, Candidate, Kind
from hutong.protocols.punch.packet import ID_BYTES, Say, decode, encode
from hutong.protocols.punch.pair import EAGER_EVERY_S, Pair
from hutong.protocols.punch.plausible import is_unicast
from hutong.protocols.punch.secrets import Secrets
from hutong.protocols.stun.address import Address, Family

ATTEMPT_S = 4.0
# Addresses nobody told, from which authentic packets came: one a family is usual, a replay can feign more.
_HEARD_MAX = 8
# A path that answers first is not always the best; on one's own network the wait is saved.
_SETTLE_S = 0.05
# The other end agrees within a round trip, or the pair was good for one direction only.
_AGREE_WITHIN_S = 1.0
_BURST_MAX = 16


class Transmit(NamedTuple):
    """A datagram to send."""

    socket: int
    address: Address
    data: bytes


class Path(NamedTuple):
    """The pair both ends have agreed on."""

    socket: int
    address: Address


class Puncher:
    """See the module. `symmetric` is what each end knows of its own NAT."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        offerer: bool,
        symmetric: bool,
        random: Callable[[int], bytes],
        now: float,
    ) -> None:
        self._secrets = secrets
        self._offerer = offerer
        self._symmetric = symmetric
        self._they_symmetric = False
        self._random = random
        self._since = now
        self._sockets: dict[int, Family] = {}
        self._candidates: set[Candidate] = set()
        self._pairs: dict[tuple[int, Address], Pair] = {}
        self._heard_count = 0
        self._chosen: Pair | None = None
        self._chosen_at = self._say_chosen_at = 0.0
        self._agreed_name = b""
        self._many: list[int] = []
        self._opened = 0
        self._openings = 0
        self._guesses = Guesses(random)
        self._guess_name = random(ID_BYTES)
        self._guess_socket = -1
        self._paced_at = now + BIRTHDAY_AFTER_S
        self.path: Path | None = None

    # ---- what there is ----

    def add_socket(self, number: int, family: Family) -> None:
        """A socket of ours is open, and pairs with every address of its family."""
        self._sockets[number] = family
        if family is Family.IPV4 and self._guess_socket < 0:
            self._guess_socket = number
        for candidate in self._candidates:
            self._pair(number, candidate)

    def hear(self, candidates: Iterable[Candidate], *, symmetric: bool, now: float) -> None:
        """Take what the other end has told, after the shell has checked the addresses."""
        self._they_symmetric = symmetric
        for candidate in candidates:
            if len(self._candidates) >= CANDIDATES_MAX or candidate in self._candidates:
                continue
            self._candidates.add(candidate)
            for number in self._sockets:
                self._pair(number, candidate, now)

    def know_symmetric(self, *, symmetric: bool) -> None:
        """Our own NAT's kind was found out."""
        self._symmetric = symmetric

    # ---- datagrams ----

    def receive(self, socket: int, source: Address, data: bytes, now: float) -> list[Transmit]:
        """Take a datagram and return the answer. What is not authentic is dropped without one."""
        said = decode(self._secrets.probe_theirs, data)
        if said is None:
            return []
        what, name = said
        if what is Say.PROBE:
            if self._heard(socket, source, now) is None:
                return []
            return [self._transmit(socket, source, Say.ACK, name)]
        if what is Say.ACK:
            self._acknowledged(socket, source, name, now)
        elif what is Say.CHOSEN and not self._offerer:
            if self._heard(socket, source, now) is None:
                return []
            if self.path is None:
                self.path = Path(socket, source)
                self._agreed_name = name
            if (self.path, self._agreed_name) == (Path(socket, source), name):
                return [self._transmit(socket, source, Say.AGREED, name)]
        elif what is Say.AGREED:
            chosen = self._chosen
            if chosen is not None and (chosen.socket, chosen.address, chosen.name) == (socket, source, name):
                self.path = Path(socket, source)
        return []

    def poll(self, now: float) -> list[Transmit]:
        """Return what is to be sent now."""
        if self.path is not None or now >= self.ends_at:
            return []
        self._choose(now)
        if self._chosen is not None:
            if now < self._say_chosen_at:
                return []
            self._say_chosen_at = now + EAGER_EVERY_S
            return [self._transmit(*self._chosen_place, Say.CHOSEN, self._chosen.name)]
        due = [pair for pair in self._pairs.values() if pair.next_at <= now]
        for pair in due:
            pair.asked(now)
        sent = [self._transmit(pair.socket, pair.address, Say.PROBE, pair.name) for pair in due]
        return sent + self._birthday(now)

    @property
    def next_at(self) -> float:
        """When `poll` has something to do."""
        if self._chosen is not None:
            return min(self._say_chosen_at, self._chosen_at + _AGREE_WITHIN_S)
        moments = [pair.next_at for pair in self._pairs.values()]
        answered = [pair.answered_at for pair in self._working if pair.answered_at is not None]
        if self._offerer and answered:
            moments.append(min(answered) + _SETTLE_S)
        if self._paces:
            moments.append(self._paced_at)
        return min([*moments, self.ends_at])

    @property
    def ends_at(self) -> float:
        """When the attempt has failed."""
        birthday_s = BIRTHDAY_AFTER_S + BIRTHDAY_S if self._one_symmetric else 0.0
        return self._since + max(ATTEMPT_S, birthday_s + 1.0)

    # ---- birthdays ----

    def wants_sockets(self, now: float) -> int:
        """Return how many sockets more the shell should open now, all for IPv4."""
        if not (self._one_symmetric and self._symmetric) or self._many or self._target is None:
            return 0
        waits = self.path is not None or self._working or now < self._since + BIRTHDAY_AFTER_S
        return 0 if waits else BIRTHDAY_SOCKETS

    def add_many(self, numbers: Iterable[int]) -> None:
        """They are open."""
        self._many = list(numbers)[:BIRTHDAY_SOCKETS]

    @property
    def _one_symmetric(self) -> bool:
        return self._symmetric != self._they_symmetric

    @property
    def _target(self) -> Address | None:
        """Where the other end's router is, for guesses or openings."""
        seen = [
            each.address
            for each in self._candidates
            if each.kind is Kind.REFLEXIVE and each.address.family is Family.IPV4
        ]
        return min(seen, default=None)

    @property
    def _paces(self) -> bool:
        if not self._one_symmetric or self._target is None or self._working:
            return False
        if self._symmetric:
            return not self._many or self._openings < 2
        return self._guess_socket >= 0 and not self._guesses.over

    def _birthday(self, now: float) -> list[Transmit]:
        target = self._target
        if not self._paces or target is None or now < self._paced_at:
            return []
        # What could not be sent in time is not made up for: the rate is a promise.
        per_s = OPENINGS_PER_S if self._symmetric else GUESSES_PER_S
        self._paced_at = max(self._paced_at, now - _BURST_MAX / per_s)
        sent: list[Transmit] = []
        while self._paced_at <= now and self._paces and not (self._symmetric and not self._many):
            self._paced_at += 1 / per_s
            if self._symmetric:
                sent.append(self._open_next(target, now))
            else:
                guess = Address(target.host, self._guesses.next())
                sent.append(self._transmit(self._guess_socket, guess, Say.PROBE, self._guess_name))
        if self._symmetric and not self._many:
            self._paced_at = now + EAGER_EVERY_S
        return sent

    def _open_next(self, target: Address, now: float) -> Transmit:
        number = self._many[self._opened]
        self._opened += 1
        if self._opened == len(self._many):
            self._opened = 0
            self._openings += 1
            self._paced_at = now + OPENING_AGAIN_S
        place = (number, target)
        if place not in self._pairs:
            never = float("inf")
            self._pairs[place] = Pair(
                number, target, Kind.HEARD, self._random(ID_BYTES), now, never, patient=False
            )
        pair = self._pairs[place]
        pair.asked_at = now
        return self._transmit(number, target, Say.PROBE, pair.name)

    # ---- pairs ----

    def _pair(self, number: int, candidate: Candidate, now: float | None = None) -> None:
        place = (number, candidate.address)
        if candidate.tcp or candidate.address.family is not self._sockets[number] or place in self._pairs:
            return
        since = self._since if now is None else now
        self._pairs[place] = Pair(
            number, candidate.address, candidate.kind, self._random(ID_BYTES), since, since
        )

    def _heard(self, socket: int, source: Address, now: float) -> Pair | None:
        pair = self._pairs.get((socket, source))
        if pair is None:
            if self._heard_count >= _HEARD_MAX or not is_unicast(source):
                return None
            self._heard_count += 1
            pair = Pair(socket, source, Kind.HEARD, self._random(ID_BYTES), now, now)
            self._pairs[socket, source] = pair
        pair.heard(now)
        return pair

    def _acknowledged(self, socket: int, source: Address, name: bytes, now: float) -> None:
        pair = self._pairs.get((socket, source))
        if pair is not None and pair.name == name:
            pair.answered(now)
        elif name == self._guess_name and source.port in self._guesses:
            guessed = self._heard(socket, source, now)
            if guessed is not None:
                guessed.answered(now)

    # ---- the choice ----

    def _choose(self, now: float) -> None:
        if self._chosen is not None and now >= self._chosen_at + _AGREE_WITHIN_S:
            self._chosen.refused = True
            self._chosen = None
        if not self._offerer or self._chosen is not None:
            return
        working = [pair for pair in self._pairs.values() if pair.answered_at is not None and not pair.refused]
        if not working:
            return
        best = max(working, key=lambda pair: (pair.kind, -pair.round_trip_s))
        first = min(pair.answered_at for pair in working if pair.answered_at is not None)
        if best.kind is Kind.HOST or now >= first + _SETTLE_S:
            self._chosen = best
            self._chosen_at = self._say_chosen_at = now

    @property
    def _working(self) -> list[Pair]:
        return [pair for pair in self._pairs.values() if pair.answered_at is not None and not pair.refused]

    @property
    def _chosen_place(self) -> tuple[int, Address]:
        assert self._chosen is not None
        return self._chosen.socket, self._chosen.address

    def _transmit(self, socket: int, address: Address, say: Say, name: bytes) -> Transmit:
        return Transmit(socket, address, encode(self._secrets.probe_ours, say, name))
