"""Two sessions and a hostile way between them, by Hypothesis.

Whatever happens on the way, a message is delivered once and in the order of its class, or the connection
ends with a `SealedError`; and what nobody touches is all delivered.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hutong.protocols.sealed import SealedError, is_early, wire
from tests.sealed.talk import Talk

CLASSES = st.sampled_from([wire.MESSAGE, wire.CONTROL, wire.BULK])
SIZES = st.one_of(st.integers(0, 300), st.sampled_from([16_382, 16_383, 16_384, 40_000]))


@dataclass
class Direction:
    """One side's words: said by class, on their way, heard by class."""

    open: Callable[[bytes], bytes | None]
    way: list[bytes] = field(default_factory=list)
    past: deque[bytes] = field(default_factory=lambda: deque(maxlen=50))
    said: dict[int, list[bytes]] = field(default_factory=lambda: {0: [], 1: [], 2: []})
    heard: dict[int, list[bytes]] = field(default_factory=lambda: {0: [], 1: [], 2: []})
    touched: bool = False
    ended: bool = False

    def arrive(self, record: bytes) -> None:
        if self.ended:
            return
        try:
            message = self.open(record)
        except SealedError:
            self.ended = True
        else:
            if message is not None:
                self.heard[record[0] & wire.CLASS].append(message)


class Sessions(RuleBasedStateMachine):
    """The client's words to the core, early and main, and the core's to the client."""

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talk()
        self.accepted = False
        self.to_core = Direction(self.talk.core.open)
        self.to_client = Direction(self._client_hears)

    def _client_hears(self, record: bytes) -> bytes | None:
        message = self.talk.client.receive(record)
        assert message is None or isinstance(message, bytes)
        return message

    # ---- what the two sides do ----

    @rule(klass=CLASSES, size=SIZES)
    def client_says(self, klass: int, size: int) -> None:
        message = os.urandom(size)
        sealer = self.talk.client.sealer
        if sealer is not None:
            records = sealer.seal_all(message, klass)
        else:
            records = self.talk.client.seal_early(message, klass)
        if records:
            self.to_core.said[klass].append(message)
            self.to_core.way += records

    @rule(klass=CLASSES, size=SIZES)
    def core_says(self, klass: int, size: int) -> None:
        message = os.urandom(size)
        self.to_client.said[klass].append(message)
        self.to_client.way += self.talk.core.sealer.seal_all(message, klass)

    @precondition(lambda self: not self.accepted)
    @rule()
    def accept_arrives(self) -> None:
        self.talk.accepted()
        self.accepted = True

    @rule(client=st.booleans())
    def keys_change(self, client: bool) -> None:
        """A phase lasts longer than anything may overtake: what is left on the way is of this one."""
        direction = self.to_core if client else self.to_client
        sealer = self.talk.client.sealer if client else self.talk.core.sealer
        if sealer is not None and (client or self.accepted):
            last = direction.way[-3:]
            alike = len(last) == 3 and {each[0] & ~wire.CLASS for each in last} == {sealer._head}
            self._deliver(direction, len(direction.way) - (2 if alike else 0))
            sealer.change_keys()

    # ---- what happens on the way ----

    def _deliver(self, direction: Direction, number: int) -> None:
        if direction is self.to_client and not self.accepted:
            return
        arriving = direction.way[: max(number, 0)]
        del direction.way[: max(number, 0)]
        for record in arriving:
            direction.past.append(record)
            direction.arrive(record)

    def _chosen(self, client: bool, data: st.DataObject) -> tuple[Direction, int] | None:
        direction = self.to_core if client else self.to_client
        if not direction.way:
            return None
        return direction, data.draw(st.integers(0, len(direction.way) - 1))

    @rule(client=st.booleans(), number=st.integers(1, 12))
    def some_arrive(self, client: bool, number: int) -> None:
        self._deliver(self.to_core if client else self.to_client, number)

    @rule(client=st.booleans(), data=st.data())
    def a_better_class_overtakes(self, client: bool, data: st.DataObject) -> None:
        """No harm: the next of a class moves to the front, but a main record not past an early one."""
        chosen = self._chosen(client, data)
        if chosen is None:
            return
        direction, place = chosen
        first = direction.way[place]
        alike = [each for each in direction.way if (each[0] ^ first[0]) & wire.CLASS == 0]
        place = direction.way.index(alike[0])
        moved = direction.way[place]
        if is_early(moved) or not any(map(is_early, direction.way[:place])):
            direction.way.insert(0, direction.way.pop(place))

    @rule(client=st.booleans(), data=st.data())
    def one_comes_twice(self, client: bool, data: st.DataObject) -> None:
        """No harm, but for an early one after the early keys have ended."""
        direction = self.to_core if client else self.to_client
        if direction.past:
            again = data.draw(st.sampled_from(list(direction.past)))
            direction.touched |= is_early(again)
            direction.arrive(again)

    @rule(client=st.booleans(), data=st.data())
    def two_change_places(self, client: bool, data: st.DataObject) -> None:
        chosen = self._chosen(client, data)
        if chosen is not None:
            direction, place = chosen
            direction.touched = True
            direction.way.append(direction.way.pop(place))

    @rule(client=st.booleans(), data=st.data())
    def one_is_lost(self, client: bool, data: st.DataObject) -> None:
        chosen = self._chosen(client, data)
        if chosen is not None:
            direction, place = chosen
            direction.touched = True
            del direction.way[place]

    @rule(client=st.booleans(), data=st.data(), place=st.integers(0, 2**16), bit=st.integers(0, 7))
    def a_bit_flips(self, client: bool, data: st.DataObject, place: int, bit: int) -> None:
        chosen = self._chosen(client, data)
        if chosen is not None:
            direction, number = chosen
            direction.touched = True
            damaged = bytearray(direction.way[number])
            damaged[place % len(damaged)] ^= 1 << bit
            direction.way[number] = bytes(damaged)

    @rule(client=st.booleans(), data=st.data(), left=st.integers(0, 2**16))
    def one_is_cut(self, client: bool, data: st.DataObject, left: int) -> None:
        chosen = self._chosen(client, data)
        if chosen is not None:
            direction, number = chosen
            direction.touched = True
            direction.way[number] = direction.way[number][: 1 + left % len(direction.way[number])]

    # ---- what holds ----

    @invariant()
    def heard_once_and_in_order(self) -> None:
        for direction in (self.to_core, self.to_client):
            for klass, heard in direction.heard.items():
                assert heard == direction.said[klass][: len(heard)]

    def teardown(self) -> None:
        if not self.accepted:
            self.accept_arrives()
        for direction in (self.to_core, self.to_client):
            self._deliver(direction, len(direction.way))
            self.heard_once_and_in_order()
            if not direction.touched:
                assert not direction.ended
                assert direction.heard == direction.said


def test_two_sessions_and_a_hostile_way() -> None:
    """SEAL3, SEAL7 to SEAL10, SEAL12, SEAL14, SEAL16"""
    run_state_machine_as_test(
        Sessions, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )
