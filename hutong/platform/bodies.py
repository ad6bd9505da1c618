"""Bodies of packets, compressed each by itself (docs/protocol/compression.md)."""

from __future__ import annotations

from hutong.platform.errors import InvalidArgument
from hutong.protocols.compression import BODY_BYTES_MAX, CompressionError, compress, decompress
from hutong.schema import link_pb2, options_pb2


def packed(body: bytes) -> bytes | None:
    """Return a body compressed, or None where that is no shorter. Not for secrets (`MethodRules.secret`)."""
    return compress(body)


def pack(notice: link_pb2.Notice) -> None:
    """Compress a notice's body in place, where that makes it smaller."""
    smaller = compress(notice.body)
    if smaller is not None:
        notice.body = smaller
        notice.encoding = options_pb2.ENCODING_COMPRESSED


def unpack(body: bytes, encoding: options_pb2.Encoding) -> bytes:
    """Return a request's body as it was before its client packed it. Raises `InvalidArgument`."""
    if encoding != options_pb2.ENCODING_COMPRESSED:
        raise InvalidArgument("The request is packed in an unknown way.", reason="unknown_encoding")
    try:
        return decompress(body, BODY_BYTES_MAX)
    except CompressionError as error:
        raise InvalidArgument("The request does not unpack.", reason="malformed") from error
