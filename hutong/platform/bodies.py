"""Bodies of packets, compressed each by itself (docs/protocol/compression.md)."""

from __future__ import annotations

from hutong.platform.errors import InvalidArgument
from hutong.protocols.compression import BODY_BYTES_MAX, CompressionError, compress, decompress
from hutong.schema import link_pb2, log_pb2, options_pb2


def pack(carrying: link_pb2.Reply | link_pb2.Notice | log_pb2.Event) -> None:
    """Compress a body in place, where that makes it smaller. Not for secrets (`MethodRules.secret`)."""
    packed = compress(carrying.body)
    if packed is not None:
        carrying.body = packed
        carrying.encoding = options_pb2.ENCODING_COMPRESSED


def unpack(body: bytes, encoding: options_pb2.Encoding) -> bytes:
    """Return a request's body as it was before its client packed it. Raises `InvalidArgument`."""
    if encoding != options_pb2.ENCODING_COMPRESSED:
        raise InvalidArgument("The request is packed in an unknown way.", reason="unknown_encoding")
    try:
        return decompress(body, BODY_BYTES_MAX)
    except CompressionError as error:
        raise InvalidArgument("The request does not unpack.", reason="malformed") from error
