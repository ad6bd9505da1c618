"""An address at which an end may be reached, and how it is told."""

from __future__ import annotations

import ipaddress
from enum import IntEnum
from typing import NamedTuple

from hutong.protocols.stun.address import Address, packed_host
from hutong.schema import peers_pb2 as pb

# Two families of host addresses, a reflexive one each, a mapped one, three guesses; TCP likewise.
CANDIDATES_MAX = 16


class Kind(IntEnum):
    """Where an address comes from; of several paths the one of the highest kind is taken."""

    PREDICTED = 1
    MAPPED = 2
    REFLEXIVE = 3
    HEARD = 4  # not told: an authentic packet came from there
    HOST = 5


class Candidate(NamedTuple):
    """An address of one end."""

    kind: Kind
    address: Address
    tcp: bool = False


_TO_WIRE = {
    Kind.HOST: pb.PUNCH_KIND_HOST,
    Kind.REFLEXIVE: pb.PUNCH_KIND_REFLEXIVE,
    Kind.MAPPED: pb.PUNCH_KIND_MAPPED,
    Kind.PREDICTED: pb.PUNCH_KIND_PREDICTED,
}
_FROM_WIRE = {wire: kind for kind, wire in _TO_WIRE.items()}


def candidate_to_wire(candidate: Candidate) -> pb.PunchCandidate:
    """Return it as it is told."""
    return pb.PunchCandidate(
        kind=_TO_WIRE[candidate.kind],
        host=packed_host(candidate.address.host),
        port=candidate.address.port,
        tcp=candidate.tcp,
    )


def candidate_of(told: pb.PunchCandidate) -> Candidate | None:
    """Return what somebody told, or None when it makes no sense."""
    kind = _FROM_WIRE.get(told.kind)
    if kind is None or len(told.host) not in {4, 16} or told.port > 65535:
        return None
    return Candidate(kind, Address(str(ipaddress.ip_address(told.host)), told.port), told.tcp)
