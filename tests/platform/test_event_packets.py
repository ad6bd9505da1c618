"""What followers of a log are pushed."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hutong.platform.event_packets import Pushed, to_bus
from hutong.platform.log import Stored
from hutong.protocols.compression import BODY_BYTES_MAX, decompress
from hutong.schema import link_pb2, log_pb2

# Bounded by examples: on a busy machine the first draw alone takes a second.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789", max_size=16)
events = st.builds(
    Stored,
    log=st.text(min_size=1, max_size=80),
    seq=st.integers(1, 2**32 - 1),
    kind=st.integers(1, 2**32 - 1),
    author=names,
    at_ms=st.integers(0, 2**60),
    key=st.one_of(st.none(), st.binary(min_size=16, max_size=16)),
    body=st.one_of(st.binary(max_size=300), st.integers(0, 40_000).map(bytes), st.just(b"hello there " * 20)),
)


def opened(packet: bytes) -> log_pb2.Event:
    """Return the event of a packet with one, unpacked."""
    (event,) = link_pb2.Packet.FromString(packet).events
    if event.encoding:
        event.body = decompress(event.body, BODY_BYTES_MAX)
        event.ClearField("encoding")
    return event


@steady
@given(events, names)
def test_the_key_goes_to_the_author_and_the_rest_to_everybody(event: Stored, somebody: str) -> None:
    """LOG18"""
    pushed = Pushed(to_bus(event))
    for user in (somebody, event.author, somebody):
        travelled = opened(pushed.packet(user))
        assert travelled == event.to_proto(user)
        assert travelled.key == (event.key or b"" if user == event.author else b"")
        travelled.ClearField("key")
        assert travelled == event._replace(key=None).to_proto(None)


def test_it_is_encoded_once_for_everybody() -> None:
    pushed = Pushed(to_bus(Stored("chat:1", 1, 401, "alice", 1, b"k" * 16, b"x" * 20)))
    assert pushed.packet("bobby") is pushed.packet("carol")
    assert pushed.packet("alice") is pushed.packet("alice")
    assert len(pushed.packet("alice")) - len(pushed.packet("bobby")) == 18
