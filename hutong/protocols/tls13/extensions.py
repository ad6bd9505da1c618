"""The list of extensions, and the codec of each extension this profile uses.

Source: RFC 8446 section 4.2, RFC 6066 section 3 (server_name), RFC 7301 (ALPN).
"""

from collections.abc import Mapping
from typing import NamedTuple

from hutong.protocols.tls13 import limits, wire
from hutong.protocols.tls13.codepoints import AlertDescription, ExtensionType
from hutong.protocols.tls13.errors import TlsError
from hutong.protocols.tls13.wire import Reader

HOST_NAME = 0
_KNOWN = frozenset(map(int, ExtensionType))


class PskOffer(NamedTuple):
    """What pre_shared_key offers: (identity, obfuscated age in ms) pairs, and a binder for each."""

    identities: tuple[tuple[bytes, int], ...]
    binders: tuple[bytes, ...]


def encode_list(extensions: Mapping[int, bytes]) -> bytes:
    """Return the extensions as one vector, in the mapping's order."""
    return wire.vector(
        2, b"".join(kind.to_bytes(2) + wire.vector(2, body) for kind, body in extensions.items())
    )


def decode_list(reader: Reader) -> dict[int, bytes]:
    """Return the extensions of a message by type, in their order; one that comes twice is illegal."""
    inner = Reader(reader.vector(2))
    found: dict[int, bytes] = {}
    while inner.more:
        kind = inner.number(2)
        if kind in found:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, f"extension {kind} comes twice")
        if len(found) == limits.EXTENSIONS_MAX:
            raise TlsError(AlertDescription.DECODE_ERROR, "there are too many extensions")
        found[kind] = inner.vector(2)
    return found


def check_solicited(extensions: Mapping[int, bytes], offered: Mapping[int, bytes], known: set[int]) -> None:
    """Refuse an answer's extension that was never offered, or that does not belong where it stands."""
    for kind in extensions:
        if kind not in offered and kind != ExtensionType.COOKIE:
            raise TlsError(AlertDescription.UNSUPPORTED_EXTENSION, f"extension {kind} was not offered")
        if kind in _KNOWN and kind not in known:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, f"extension {kind} is in the wrong message")


def encode_server_name(name: str) -> bytes:
    """Encode a DNS name; the client's list holds one."""
    return wire.vector(2, bytes((HOST_NAME,)) + wire.vector(2, name.encode("ascii")))


def decode_server_name(body: bytes) -> str:
    """Decode the one DNS name of a client's list."""
    outer = Reader(body)
    inner = Reader(outer.vector(2, 1))
    outer.end()
    kind, name = inner.number(1), inner.vector(2, 1)
    inner.end()
    if kind != HOST_NAME or len(name) > 255 or not name.isascii() or 0 in name:
        raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "the server name is no DNS name")
    return name.decode("ascii")


def encode_alpn(protocols: tuple[str, ...]) -> bytes:
    """Encode the application protocols, most wanted first."""
    return wire.vector(2, b"".join(wire.vector(1, name.encode()) for name in protocols))


def decode_alpn(body: bytes) -> tuple[bytes, ...]:
    """Decode the application protocols."""
    outer = Reader(body)
    inner = Reader(outer.vector(2, 2))
    outer.end()
    found = []
    while inner.more:
        found.append(inner.vector(1, 1))
    return tuple(found)


def decode_numbers(body: bytes, length_bytes: int, item_bytes: int) -> tuple[int, ...]:
    """Decode an extension that is one vector of integers."""
    reader = Reader(body)
    found = reader.numbers(length_bytes, item_bytes)
    reader.end()
    return found


def decode_number(body: bytes, size: int) -> int:
    """Decode an extension that is one integer of `size` bytes."""
    reader = Reader(body)
    found = reader.number(size)
    reader.end()
    return found


def decode_empty(body: bytes) -> None:
    """Refuse content where there is none to be."""
    Reader(body).end()


def encode_key_share(group: int, share: bytes) -> bytes:
    """Encode one key share, as a ServerHello holds it."""
    return group.to_bytes(2) + wire.vector(2, share)


def decode_key_share(body: bytes) -> tuple[int, bytes]:
    """Decode a ServerHello's one key share."""
    reader = Reader(body)
    found = reader.number(2), reader.vector(2, 1)
    reader.end()
    return found


def encode_key_shares(shares: Mapping[int, bytes]) -> bytes:
    """Encode a client's key shares by group, most wanted first."""
    return wire.vector(2, b"".join(encode_key_share(group, share) for group, share in shares.items()))


def decode_key_shares(body: bytes) -> dict[int, bytes]:
    """Decode a client's key shares by group; a group that comes twice is illegal."""
    outer = Reader(body)
    inner = Reader(outer.vector(2))
    outer.end()
    found: dict[int, bytes] = {}
    while inner.more:
        group = inner.number(2)
        if group in found:
            raise TlsError(AlertDescription.ILLEGAL_PARAMETER, f"group {group} has two key shares")
        found[group] = inner.vector(2, 1)
    return found


def encode_psk_offer(offer: PskOffer) -> bytes:
    """Encode pre_shared_key as a client sends it; it must be the last extension."""
    identities = b"".join(wire.vector(2, identity) + age.to_bytes(4) for identity, age in offer.identities)
    return wire.vector(2, identities) + wire.vector(
        2, b"".join(wire.vector(1, each) for each in offer.binders)
    )


def decode_psk_offer(body: bytes) -> PskOffer:
    """Decode pre_shared_key as a client sends it; at least one identity, and one binder for each."""
    outer = Reader(body)
    inner = Reader(outer.vector(2, 7))
    identities = []
    while inner.more:
        identities.append((inner.vector(2, 1), inner.number(4)))
    inner = Reader(outer.vector(2, 33))
    outer.end()
    binders = []
    while inner.more:
        binders.append(inner.vector(1, 32))
    if len(identities) != len(binders) or len(identities) > limits.TICKET_IDENTITIES_MAX:
        raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "there are too many identities, or other binders")
    return PskOffer(tuple(identities), tuple(binders))


def binders_size(offer: PskOffer) -> int:
    """Return how many bytes at a ClientHello's end the binders take, their length included."""
    return 2 + sum(1 + len(each) for each in offer.binders)


def decode_cookie(body: bytes) -> bytes:
    """Decode the cookie of a HelloRetryRequest."""
    reader = Reader(body)
    found = reader.vector(2, 1)
    reader.end()
    if len(found) > limits.COOKIE_BYTES_MAX:
        raise TlsError(AlertDescription.ILLEGAL_PARAMETER, "the cookie is too large")
    return found
