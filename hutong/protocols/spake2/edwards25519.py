"""edwards25519, by libsodium: its point arithmetic takes the same time whatever the scalars are."""

from __future__ import annotations

from nacl import bindings
from nacl.exceptions import CryptoError

from hutong.protocols.spake2.errors import Spake2Error

_BYTES = 32
_COFACTOR = 8


class Edwards25519:
    """The subgroup of prime order; elements as RFC 8032 writes them."""

    order = 2**252 + 27742317777372353535851937790883648493
    # RFC 9382, section 6.
    m = bytes.fromhex("d048032c6ea0b6d697ddc2e86bda85a33adac920f1bf18e1b0c6d166a5cecdaf")
    n = bytes.fromhex("d3bfb518f44f3430f29d0c92af503865a1ed3281dc69b35dd868ba85f886c4ab")

    def base(self, scalar: int) -> bytes:
        """Return a multiple of the generator."""
        return bindings.crypto_scalarmult_ed25519_base_noclamp(self._scalar(scalar))

    def multiply(self, element: bytes, scalar: int) -> bytes:
        """Return `8*scalar*element`. Raises `Spake2Error` for what has no such multiple."""
        return self._multiple(element, _COFACTOR * scalar)

    def blind(self, element: bytes, scalar: int) -> bytes:
        """Return `scalar*element`."""
        return self._multiple(element, scalar)

    def add(self, one: bytes, other: bytes) -> bytes:
        """Return the sum."""
        return bindings.crypto_core_ed25519_add(one, other)

    def subtract(self, one: bytes, other: bytes) -> bytes:
        """Return the difference."""
        return bindings.crypto_core_ed25519_sub(one, other)

    def check(self, element: bytes) -> None:
        """Refuse what is not written as an element of the subgroup, small orders among it."""
        if len(element) != _BYTES or not bindings.crypto_core_ed25519_is_valid_point(element):
            raise Spake2Error("That is no element of the group.")

    def _multiple(self, element: bytes, scalar: int) -> bytes:
        try:
            return bindings.crypto_scalarmult_ed25519_noclamp(self._scalar(scalar), element)
        except CryptoError as error:
            raise Spake2Error("That element has no such multiple.") from error

    def _scalar(self, scalar: int) -> bytes:
        return (scalar % self.order).to_bytes(_BYTES, "little")
