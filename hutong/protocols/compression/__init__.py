"""Bodies made smaller by a fixed public code: docs/protocol/compression.md."""

from hutong.protocols.compression.code import BODY_BYTES_MAX, CompressionError, compress, decompress

__all__ = ["BODY_BYTES_MAX", "CompressionError", "compress", "decompress"]
