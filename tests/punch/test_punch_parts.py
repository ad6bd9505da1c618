"""Keys, addresses, candidates."""

from __future__ import annotations

import os

import pytest

from hutong.protocols.punch import (
    Candidate,
    Kind,
    PrivateKey,
    PunchError,
    Surroundings,
    candidate_of,
    candidate_to_wire,
    is_unicast,
)
from hutong.protocols.stun import Address
from hutong.schema import peers_pb2 as pb


def test_both_ends_have_the_same_keys_and_each_its_own() -> None:
    """PUNCH4."""
    one, other = PrivateKey(os.urandom), PrivateKey(os.urandom)
    ours, theirs = one.agree(other.public, offerer=True), other.agree(one.public, offerer=False)
    assert (ours.probe_ours, ours.probe_theirs) == (theirs.probe_theirs, theirs.probe_ours)
    assert (ours.proof_ours, ours.proof_theirs) == (theirs.proof_theirs, theirs.proof_ours)
    assert ours.tcp == theirs.tcp
    assert len({ours.probe_ours, ours.probe_theirs, ours.proof_ours, ours.proof_theirs, ours.tcp}) == 5
    again = PrivateKey(os.urandom).agree(other.public, offerer=True)
    assert again.tcp != ours.tcp
    assert "probe_ours=" not in repr(ours)


@pytest.mark.parametrize("theirs", [b"", b"short", bytes(32), b"\1" + bytes(31)])
def test_a_key_that_is_none(theirs: bytes) -> None:
    """PUNCH4: also the points of small order, which would give everybody the same secret."""
    with pytest.raises(PunchError):
        PrivateKey(os.urandom).agree(theirs, offerer=True)


def test_ones_own_key_is_no_partner() -> None:
    """PUNCH4."""
    key = PrivateKey(os.urandom)
    with pytest.raises(PunchError):
        key.agree(key.public, offerer=True)


HOME = Surroundings(frozenset({"192.168.1.5", "fd00::5"}), "203.0.113.1")
LAN_SERVER = Surroundings(frozenset({"192.168.1.5"}), "192.168.1.5")
UNKNOWN = Surroundings(frozenset({"192.168.1.5"}), None)
ONE_MACHINE = Surroundings(frozenset({"192.168.1.5"}), "127.0.0.1")


@pytest.mark.parametrize(
    ("around", "host", "theirs_seen_as", "is_plausible"),
    [
        (HOME, "198.51.100.7", "198.51.100.7", True),
        (HOME, "2001:db8::7", "198.51.100.7", True),
        (HOME, "192.168.7.9", "198.51.100.7", False),  # somebody else's private network
        (HOME, "192.168.7.9", "203.0.113.1", True),  # behind the same router
        (HOME, "192.168.1.9", "198.51.100.7", True),  # beside us, whatever the server sees
        (HOME, "fd00::9", None, True),
        (HOME, "fd11::9", None, False),
        (HOME, "169.254.169.254", "198.51.100.7", False),
        (HOME, "100.64.0.9", "198.51.100.7", False),
        (HOME, "127.0.0.1", "203.0.113.1", False),
        (HOME, "::1", "203.0.113.1", False),
        (LAN_SERVER, "192.168.7.9", "192.168.7.9", True),
        (UNKNOWN, "192.168.7.9", None, True),
        (UNKNOWN, "127.0.0.1", None, False),
        (ONE_MACHINE, "127.0.0.1", "127.0.0.1", True),
        (ONE_MACHINE, "224.0.0.1", "127.0.0.1", False),
    ],
)
def test_which_addresses_are_tried(
    around: Surroundings, host: str, theirs_seen_as: str | None, is_plausible: bool
) -> None:
    """PUNCH3."""
    assert around.plausible(Address(host, 5000), theirs_seen_as) is is_plausible


@pytest.mark.parametrize(
    "address",
    [
        ("198.51.100.7", 53),
        ("198.51.100.7", 0),
        ("224.0.0.1", 5000),
        ("255.255.255.255", 5000),
        ("240.0.0.1", 5000),
        ("0.0.0.0", 5000),
        ("0.1.2.3", 5000),
        ("ff02::1", 5000),
        ("::", 5000),
        ("::ffff:192.0.2.1", 5000),
        ("2002:c000:201::1", 5000),
    ],
)
def test_no_address_of_one_machine(address: tuple[str, int]) -> None:
    """PUNCH3."""
    assert not is_unicast(Address(*address))


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_a_candidate_is_told_and_read(host: str) -> None:
    """PUNCH2."""
    candidate = Candidate(Kind.PREDICTED, Address(host, 5000), tcp=True)
    assert candidate_of(candidate_to_wire(candidate)) == candidate


@pytest.mark.parametrize(
    "told",
    [
        pb.PunchCandidate(),
        pb.PunchCandidate(kind=pb.PUNCH_KIND_HOST, host=b"12345", port=5000),
        pb.PunchCandidate(kind=pb.PUNCH_KIND_HOST, host=bytes(4), port=70_000),
        pb.PunchCandidate(kind=pb.PUNCH_KIND_UNSPECIFIED, host=bytes(4), port=5000),
    ],
)
def test_a_candidate_that_is_nonsense(told: pb.PunchCandidate) -> None:
    """PUNCH3."""
    assert candidate_of(told) is None
