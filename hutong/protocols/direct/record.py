"""The records of the data channel "direct"."""

from __future__ import annotations

from typing import NamedTuple

from google.protobuf.message import DecodeError

from hutong.protocols.direct.errors import DirectError
from hutong.schema import direct_pb2 as pb

# Longer messages have time: a preview is for what one says in passing.
TEXT_CHARACTERS_MAX = 2_000
# Four bytes a character, and the numbers beside them.
RECORD_BYTES_MAX = 4 * TEXT_CHARACTERS_MAX + 64


class Words(NamedTuple):
    """What a message says, as far as previews go; with this its event is known again (DIRECT7)."""

    text: str
    reply_to: int = 0

    @property
    def fit(self) -> bool:
        """Whether they may go ahead of their message."""
        return 0 < len(self.text) <= TEXT_CHARACTERS_MAX


def encode(record: pb.Record) -> bytes:
    """Return the bytes that travel."""
    return record.SerializeToString()


def decode(data: object) -> pb.Record:
    """Return a record that arrived; one of a kind from the future is empty. Raises `DirectError`."""
    if not isinstance(data, bytes) or len(data) > RECORD_BYTES_MAX:
        raise DirectError("no record, or too large")
    try:
        record = pb.Record.FromString(data)
    except DecodeError as error:
        raise DirectError("no record") from error
    if record.HasField("preview"):
        preview = record.preview
        if preview.count == 0 or not Words(preview.text).fit:
            raise DirectError("a preview without a count, or of no length that is allowed")
    return record
