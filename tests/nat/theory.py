"""Which pairs can be direct, and how, and how the matrix is written down. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hutong.protocols.punch.birthday import BIRTHDAY_SOCKETS, GUESSES_MAX

from .rules import Nat

UDP, TCP, RELAY, LUCK = "UDP", "TCP", "relay", "UDP, by luck"
# What is left when 1,000 of a router's ports are guessed and 256 of them lead in.
MISS = (1 - BIRTHDAY_SOCKETS / 64_512) ** GUESSES_MAX
_WORDS = {UDP: "direct, UDP", TCP: "direct, TCP", RELAY: "relayed", LUCK: "direct, UDP, after guessing"}
# They let in only what comes from the very address and port something was sent to, so that the port
# a symmetric NAT takes for this pair alone has to be guessed.
_STRICT = frozenset({Nat.PORT_RESTRICTED, Nat.DOUBLE, Nat.SYMMETRIC})

Matrix = Mapping[tuple[Nat, Nat], str]


def expected(one: Nat, other: Nat) -> str:
    """Return the way of a pair; `LUCK` when it is direct in all but `MISS` of the attempts."""
    both = {one, other}
    if Nat.ONLY_TCP_443 in both:
        return RELAY
    if Nat.UDP_BLOCKED in both:
        # All of them keep a TCP port that is used twice, but the symmetric one.
        return RELAY if Nat.SYMMETRIC in both else TCP
    if Nat.SYMMETRIC in both and both <= _STRICT:
        return RELAY if both == {Nat.SYMMETRIC} else LUCK
    return UDP


def agrees(way: str, one: Nat, other: Nat) -> bool:
    """Whether a way that was found is what theory says."""
    theory = expected(one, other)
    return way == (UDP if theory == LUCK else theory)


def linger_s(one: Nat, other: Nat) -> float:
    """Return how long a direct path is waited for: where theory has none, a whole attempt."""
    return {RELAY: 4.5, LUCK: 7.5}.get(expected(one, other), 10.0)


def pairs() -> list[tuple[Nat, Nat]]:
    """Return every pair once; who sends alternates."""
    kinds = list(Nat)
    found = [(one, other) for index, one in enumerate(kinds) for other in kinds[index:]]
    return [pair if index % 2 else pair[::-1] for index, pair in enumerate(found)]


def table(matrix: Matrix) -> str:
    """Return the matrix in Markdown."""
    both = {**matrix, **{(other, one): way for (one, other), way in matrix.items()}}
    kinds = list(Nat)
    lines = [f"| | {' | '.join(kind.value for kind in kinds)} |", "|---" * (len(kinds) + 1) + "|"]
    for one in kinds:
        ways = (both.get((one, other), "?") for other in kinds)
        lines.append(f"| **{one.value}** | {' | '.join(_WORDS.get(way, way) for way in ways)} |")
    return "\n".join(lines)
