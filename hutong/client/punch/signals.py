"""What one end of an attempt tells the other, and what of the other's words is worth a try."""

from __future__ import annotations

from hutong.client.punch.gatherer import Gatherer
from hutong.protocols.punch import (
    CANDIDATES_MAX,
    Candidate,
    Kind,
    Surroundings,
    candidate_of,
    candidate_to_wire,
)
from hutong.schema import peers_pb2 as pb


def tell(gatherer: Gatherer, public_key: bytes, towards: bytes, *, udp_blocked: bool) -> pb.Punch:
    """Return all that is known by now; the likeliest candidates when they are too many."""
    candidates = sorted(gatherer.candidates, reverse=True)[:CANDIDATES_MAX]
    return pb.Punch(
        public_key=public_key,
        towards=towards,
        candidates=[candidate_to_wire(each) for each in candidates],
        symmetric=gatherer.symmetric,
        udp_blocked=udp_blocked,
    )


def plausible(punch: pb.Punch, around: Surroundings, *, tcp: bool) -> list[Candidate]:
    """Return the addresses at which the other end may be, seen from here (PUNCH3)."""
    told = [candidate_of(each) for each in list(punch.candidates)[:CANDIDATES_MAX]]
    named = [each for each in told if each is not None]
    seen_as = next((each.address.host for each in named if each.kind is Kind.REFLEXIVE), None)
    return [each for each in named if each.tcp is tcp and around.plausible(each.address, seen_as)]
