"""P-256 as the exchange's group, for RFC 9382's own vectors only: plain arithmetic, in no constant time."""

from __future__ import annotations

from hutong.protocols.spake2 import Spake2Error

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None  # None is the neutral element


class P256:
    """Elements as uncompressed points (SEC 1); the cofactor is 1."""

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    m = bytes.fromhex("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f")
    n = bytes.fromhex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49")

    def base(self, scalar: int) -> bytes:
        """Return a multiple of the generator."""
        return _written(_multiple(_GENERATOR, scalar))

    def multiply(self, element: bytes, scalar: int) -> bytes:
        """Return a multiple of an element."""
        return _written(_multiple(_read(element), scalar))

    def blind(self, element: bytes, scalar: int) -> bytes:
        """Return a multiple of `m` or `n`."""
        return self.multiply(element, scalar)

    def add(self, one: bytes, other: bytes) -> bytes:
        """Return the sum."""
        return _written(_sum(_read(one), _read(other)))

    def subtract(self, one: bytes, other: bytes) -> bytes:
        """Return the difference."""
        theirs = _read(other)
        return _written(_sum(_read(one), theirs and (theirs[0], -theirs[1] % _P)))

    def check(self, element: bytes) -> None:
        """Refuse what is not on the curve."""
        _read(element)


def _read(element: bytes) -> Point:
    x = int.from_bytes(element[1:33], "big")
    square = (x**3 - 3 * x + _B) % _P
    y = pow(square, (_P + 1) // 4, _P)
    if element[0] in {2, 3}:
        y = y if y % 2 == element[0] % 2 else _P - y
    else:
        y = int.from_bytes(element[33:], "big")
    if y * y % _P != square:
        raise Spake2Error("That is no element of the group.")
    return x, y


def _written(point: Point) -> bytes:
    assert point is not None
    return b"\x04" + b"".join(each.to_bytes(32, "big") for each in point)


def _sum(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % _P == 0:
            return None
        slope = 3 * (one[0] ** 2 - 1) * pow(2 * one[1], -1, _P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    x = (slope**2 - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _multiple(point: Point, scalar: int) -> Point:
    result: Point = None
    for bit in f"{scalar:b}":
        result = _sum(result, result)
        if bit == "1":
            result = _sum(result, point)
    return result
