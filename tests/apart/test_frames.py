"""What travels between edge and core, and the credit that it carries."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

import pytest

from hutong.edge.apart import core_side, edge_side, frames
from hutong.edge.apart.frames import FrameCutter, FrameError, Kind, frame
from hutong.platform.door import LOW_WATER_BYTES, Arrival
from hutong.platform.endpoints import Endpoints


class Ends:
    """A carrier and an inlet that note what happens to them."""

    def __init__(self) -> None:
        self.waiting = 0
        self.messages: list[bytes] = []
        self.calls: list[str] = []
        self.wire_frames: list[tuple[Kind, int, bytes]] = []

    def send(self, *said: Any) -> None:
        if len(said) == 1:
            self.messages.append(said[0])
        else:
            self.wire_frames.append((said[0], said[1], said[2] if len(said) > 2 else b""))

    def waiting_bytes(self) -> int:
        return self.waiting

    def close(self, *, at_once: bool = False) -> None:
        self.calls.append(f"close {at_once}")

    def identified(self, tag: bytes) -> None:
        self.calls.append(f"identified {tag!r}")

    def drained(self) -> None:
        self.calls.append("drained")

    def forget(self, channel: int) -> None:
        self.calls.append(f"forget {channel}")


def test_credit_never_stands_still_below_the_low_water() -> None:
    """Whatever a client takes and when, the core hears of room once less than the low water waits."""
    noise = random.Random(7)
    for _ in range(200):
        out, back = Ends(), Ends()
        carrier: Any = core_side.RemoteCarrier(out, 1)  # type: ignore[arg-type]
        carrier.inlet = back
        client = Ends()
        inlet = edge_side.RemoteInlet(Ends(), back, 1, client)  # type: ignore[arg-type]
        for _ in range(100):
            if carrier.waiting_bytes() < LOW_WATER_BYTES:
                carrier.send(bytes(noise.randrange(1, 17_000)))
            while out.wire_frames and noise.random() < 0.7:
                kind, _, payload = out.wire_frames.pop(0)
                inlet.handle(kind, payload)
                client.waiting += len(payload)
                inlet.report()
            before = client.waiting
            client.waiting = max(0, client.waiting - noise.randrange(20_000))
            if before >= LOW_WATER_BYTES > client.waiting:
                inlet.drained()
            while back.wire_frames:
                carrier.taken(frames.decode_taken(back.wire_frames.pop(0)[2]))
        # The client reads everything: there must be room for more then.
        for kind, _, payload in out.wire_frames:
            inlet.handle(kind, payload)
            client.waiting += len(payload)
        inlet.report()
        if client.waiting >= LOW_WATER_BYTES:
            client.waiting = 0
            inlet.drained()
        for _, _, payload in back.wire_frames:
            carrier.taken(frames.decode_taken(payload))
        assert carrier.waiting_bytes() < LOW_WATER_BYTES


def test_what_was_not_sent_cannot_be_taken() -> None:
    carrier = core_side.RemoteCarrier(Ends(), 1)  # type: ignore[arg-type]
    carrier.send(b"x" * 10)
    with pytest.raises(FrameError):
        carrier.taken(11)


def test_frames_come_in_any_pieces() -> None:
    noise = random.Random(3)
    said = [
        (noise.choice(list(Kind)), noise.randrange(2**32), noise.randbytes(noise.randrange(300)))
        for _ in range(50)
    ]
    stream = b"".join(frame(*each) for each in said)
    cutter, found = FrameCutter(), []
    while stream:
        size = noise.randrange(1, 100)
        found += cutter.feed(stream[:size])
        stream = stream[size:]
    assert found == said


def test_noise_is_nothing_but_a_frame_error() -> None:
    noise = random.Random(5)
    decoders: list[Callable[[bytes], object]] = [
        FrameCutter().feed,
        frames.decode_arrival,
        frames.decode_taken,
        frames.decode_endpoints,
    ]
    for _ in range(5000):
        data = noise.randbytes(noise.randrange(40))
        for decode in decoders:
            try:
                decode(data)
            except FrameError:
                decoders[0] = FrameCutter().feed


def test_what_is_encoded_is_decoded() -> None:
    arrival = Arrival("2001:db8::1", b"e" * 32, b"t" * 16)
    assert frames.decode_arrival(frames.encode_arrival(arrival)) == arrival
    assert frames.decode_arrival(frames.encode_arrival(Arrival(""))) == Arrival("")
    endpoints = Endpoints("http://x", link_host="x", link_port=1, relay_host="y", relay_secret=b"hidden")
    encoded = frames.encode_endpoints(endpoints)
    assert b"hidden" not in encoded
    assert frames.decode_endpoints(encoded) == dataclasses.replace(endpoints, relay_secret=b"")
    assert frames.decode_endpoints(frames.encode_endpoints(None)) is None
