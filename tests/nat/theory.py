"""Which pairs can be direct over UDP, and how the matrix is written down. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .rules import Nat

_BLOCKED = frozenset({Nat.UDP_BLOCKED, Nat.ONLY_TCP_443})
# They let in only what comes from the very address and port something was sent to, so that the port
# a symmetric NAT takes for this pair alone is not known in time.
_STRICT = frozenset({Nat.PORT_RESTRICTED, Nat.DOUBLE, Nat.SYMMETRIC})

Matrix = Mapping[tuple[Nat, Nat], str]


def expected(one: Nat, other: Nat) -> str:
    """Return "direct" or "relayed"."""
    if {one, other} & _BLOCKED:
        return "relayed"
    if Nat.SYMMETRIC in {one, other} and {one, other} <= _STRICT:
        return "relayed"
    return "direct"


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
    lines += [
        f"| **{one.value}** | {' | '.join(both.get((one, other), '?') for other in kinds)} |" for one in kinds
    ]
    return "\n".join(lines)
