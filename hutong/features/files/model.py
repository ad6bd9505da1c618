"""Rules for uploads and reads. No I/O."""

from __future__ import annotations

from hutong.platform.errors import FailedPrecondition, InvalidArgument

CHUNK_BYTES_MAX = 256 * 1024
SHA256_BYTES = 32


def check_begin(size_bytes: int, sha256: bytes, size_bytes_max: int) -> str:
    """Return the id of the blob this will be. Raises `InvalidArgument`."""
    if len(sha256) != SHA256_BYTES:
        raise InvalidArgument("A SHA-256 has 32 bytes.", reason="bad_hash")
    if size_bytes > size_bytes_max:
        raise InvalidArgument(
            f"This server stores files of at most {size_bytes_max} bytes.", reason="file_too_large"
        )
    return sha256.hex()


def check_chunk(offset: int, size_bytes: int, upload_bytes: int) -> None:
    """Refuse a chunk that is too large or beyond the file's end. Raises `InvalidArgument`."""
    if size_bytes > CHUNK_BYTES_MAX:
        raise InvalidArgument(f"A chunk has at most {CHUNK_BYTES_MAX} bytes.", reason="chunk_too_large")
    if offset + size_bytes > upload_bytes:
        raise InvalidArgument("This is beyond the announced size.", reason="beyond_size")


def out_of_order(held_bytes: int) -> FailedPrecondition:
    """Return the error for a chunk that leaves a gap, or a finish before the last chunk."""
    return FailedPrecondition(
        f"The server holds {held_bytes} bytes of this file; continue there.",
        reason=f"continue_at:{held_bytes}",
    )


def check_read(length: int) -> None:
    """Refuse to read too much at once. Raises `InvalidArgument`."""
    if length > CHUNK_BYTES_MAX:
        raise InvalidArgument(f"At most {CHUNK_BYTES_MAX} bytes at once.", reason="length_too_large")
