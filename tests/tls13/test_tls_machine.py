"""A network that cuts, tampers, drops, repeats and reorders: both sides agree, or TlsError. LINK19, LINK20.

By hand, for longer: `HYPOTHESIS_EXAMPLES=20000 .venv/bin/pytest tests/tls13/test_tls_machine.py --timeout 0`.
"""

from __future__ import annotations

import os
from collections import deque

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hutong.protocols.tls13 import (
    AlertDescription,
    ApplicationData,
    Connection,
    HandshakeCompleted,
    KeyLife,
    NamedGroup,
    PeerAlertError,
    TlsError,
    TlsStateError,
)
from tests.tls13.pair import Pair, client_config, data_of, records, server_config, with_ticket

GROUPS = st.sampled_from([(NamedGroup.X25519,), tuple(NamedGroup), (NamedGroup.X25519MLKEM768,)])
LIFE = KeyLife(records_max=3)


class Network(RuleBasedStateMachine):
    """Two connections and the wires between them; once a wire has lied, only honest ends are demanded."""

    @initialize(
        server_groups=GROUPS,
        early=st.booleans(),
        known=st.booleans(),
        accept=st.booleans(),
        half=st.booleans(),
    )
    def begin(
        self, server_groups: tuple[NamedGroup, ...], early: bool, known: bool, accept: bool, half: bool
    ) -> None:
        ticket, store = with_ticket() if early else (None, None)
        if store is not None and not known:
            store.tickets.clear()
        self.early = b"early" if early else b""
        self.pair = Pair(
            client_config(ticket=ticket, early_data=self.early, key_life=LIFE),
            server_config(groups=server_groups, half_rtt=half, key_life=LIFE),
            store=store,
            accept_early=accept,
        )
        self.wires: dict[bool, deque[bytes]] = {True: deque(), False: deque()}
        self.sent: dict[bool, bytes] = {True: b"", False: b""}
        self.errors: dict[bool, TlsError] = {}
        self.lied = False
        self.collect()

    def end(self, up: bool) -> Connection:
        """Return the end that sends in that direction."""
        return self.pair.client if up else self.pair.server

    def collect(self) -> None:
        for up in (True, False):
            self.wires[up].extend(records(self.end(up).data_to_send()))

    def give(self, up: bool, data: bytes) -> None:
        try:
            (self.pair.to_server if up else self.pair.to_client)(data)
        except TlsError as error:
            self.errors.setdefault(not up, error)
        self.collect()

    @rule(up=st.booleans(), cuts=st.lists(st.integers(1, 2000), max_size=4))
    def carry(self, up: bool, cuts: list[int]) -> None:
        """Carry all that waits, in pieces."""
        data = b"".join(self.wires[up])
        self.wires[up].clear()
        for size in cuts:
            self.give(up, data[:size])
            data = data[size:]
        self.give(up, data)

    @rule(up=st.booleans(), data=st.binary(min_size=1, max_size=40), times=st.integers(1, 5))
    def say(self, up: bool, data: bytes, times: int) -> None:
        for _ in range(times):
            try:
                self.end(up).send(data)
            except TlsStateError:
                return
            self.sent[up] += data
        self.collect()

    @rule(up=st.booleans(), ask=st.booleans())
    def update(self, up: bool, ask: bool) -> None:
        try:
            self.end(up).update_keys(request_peer=ask)
        except TlsStateError:
            return
        self.collect()

    @rule(up=st.booleans())
    def close(self, up: bool) -> None:
        if self.end(up).is_connected:
            self.end(up).close()
            self.collect()

    @precondition(lambda self: any(self.wires.values()))
    @rule(up=st.booleans(), at=st.integers(0, 10_000), bit=st.integers(0, 7))
    def tamper(self, up: bool, at: int, bit: int) -> None:
        wire = self.wires[up]
        if wire:
            record = bytearray(wire[at % len(wire)])
            record[at % len(record)] ^= 1 << bit
            wire[at % len(wire)] = bytes(record)
            self.lied = True

    @precondition(lambda self: any(self.wires.values()))
    @rule(
        up=st.booleans(), at=st.integers(0, 100), what=st.sampled_from(["drop", "repeat", "swap", "reflect"])
    )
    def mislead(self, up: bool, at: int, what: str) -> None:
        wire = self.wires[up]
        if not wire:
            return
        at %= len(wire)
        if what == "drop":
            del wire[at]
        elif what == "repeat":
            wire.insert(at, wire[at])
        elif what == "swap":
            wire[at], wire[0] = wire[0], wire[at]
        else:
            self.wires[not up].append(wire[at])
        self.lied = True

    @rule(up=st.booleans(), junk=st.binary(min_size=1, max_size=60), at=st.integers(0, 100))
    def insert(self, up: bool, junk: bytes, at: int) -> None:
        wire = self.wires[up]
        wire.insert(at % (len(wire) + 1), junk)
        self.lied = True

    @invariant()
    def both_agree_or_fail(self) -> None:
        if not hasattr(self, "pair"):
            return
        for up in (True, False):
            events = self.pair.at_server if up else self.pair.at_client
            got = data_of([event for event in events if not getattr(event, "early", False)])
            assert self.sent[up].startswith(got), "an end got what was never sent"
            early = data_of([event for event in events if getattr(event, "early", False)])
            assert early in {b"", self.early}
        done = [
            [event for event in events if isinstance(event, HandshakeCompleted)]
            for events in (self.pair.at_client, self.pair.at_server)
        ]
        if done[0] and done[1] and not self.errors:
            assert self.pair.client.export("x", b"", 32) == self.pair.server.export("x", b"", 32)
        if done[1]:
            # The server completes only what the client has completed.
            assert done[0]
            assert (done[0][0].suite, done[0][0].resumed) == (done[1][0].suite, done[1][0].resumed)
        for error in self.errors.values():
            assert error.alert is not AlertDescription.INTERNAL_ERROR
            assert self.lied or isinstance(error, PeerAlertError), error

    def teardown(self) -> None:
        """On a wire that never lied everything arrives."""
        if not hasattr(self, "pair") or self.lied:
            return
        for _ in range(8):
            self.carry(True, [])
            self.carry(False, [])
        assert not self.errors
        for up in (True, False):
            events = self.pair.at_server if up else self.pair.at_client
            assert (
                data_of([e for e in events if isinstance(e, ApplicationData) and not e.early])
                == self.sent[up]
            )


Network.TestCase.settings = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")),
    stateful_step_count=25,
    deadline=None,
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestNetwork = Network.TestCase
