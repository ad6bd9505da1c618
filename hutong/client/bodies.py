"""Bodies of requests, replies, events, notices: compressed each by itself (docs/protocol/compression.md)."""

from __future__ import annotations

from typing import Protocol

from hutong.protocols.compression import BODY_BYTES_MAX, CompressionError, compress, decompress
from hutong.schema import options_pb2


class BodyError(Exception):
    """The body cannot be read."""


class Carrying(Protocol):
    """What carries a body: a request, a reply, an event, a notice."""

    body: bytes
    encoding: options_pb2.Encoding


def packed(body: bytes, *, secret: bool) -> tuple[bytes, options_pb2.Encoding]:
    """Return a request's body as it travels, and how it is packed; secrets as they are."""
    smaller = None if secret else compress(body)
    if smaller is None:
        return body, options_pb2.ENCODING_PLAIN
    return smaller, options_pb2.ENCODING_COMPRESSED


def body_of(carrying: Carrying) -> bytes:
    """Return a body as it was before the server packed it. Raises `BodyError`."""
    if carrying.encoding == options_pb2.ENCODING_PLAIN:
        return carrying.body
    if carrying.encoding != options_pb2.ENCODING_COMPRESSED:
        raise BodyError("The body is packed in an unknown way.")
    try:
        return decompress(carrying.body, BODY_BYTES_MAX)
    except CompressionError as error:
        raise BodyError(str(error)) from error
