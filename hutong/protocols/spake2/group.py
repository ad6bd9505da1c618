"""What the exchange asks of a group. Elements are bytes as they travel."""

from __future__ import annotations

from typing import Protocol


class Group(Protocol):
    """A group of prime order with the two points nobody knows the logarithms of (RFC 9382, section 6)."""

    order: int
    m: bytes
    n: bytes

    def base(self, scalar: int) -> bytes:
        """Return a multiple of the generator."""

    def multiply(self, element: bytes, scalar: int) -> bytes:
        """Return a multiple of an element, the cofactor included (`h*x*P`). Raises `Spake2Error`."""

    def add(self, one: bytes, other: bytes) -> bytes:
        """Return the sum of two elements."""

    def subtract(self, one: bytes, other: bytes) -> bytes:
        """Return the difference of two elements."""

    def blind(self, element: bytes, scalar: int) -> bytes:
        """Return a multiple of `m` or `n`, without the cofactor."""

    def check(self, element: bytes) -> None:
        """Refuse what is no element, or the neutral one. Raises `Spake2Error`."""
