"""Direct text (docs/protocol/direct-text.md): previews of messages that are on their way to the server.

Sans-I/O: the caller brings the bytes, the log's events and the time in seconds.
"""

from hutong.protocols.direct.errors import DirectError
from hutong.protocols.direct.receiving import Arriving, PreviewReceiver, State
from hutong.protocols.direct.record import RECORD_BYTES_MAX, TEXT_CHARACTERS_MAX, Words, decode, encode
from hutong.protocols.direct.sending import PreviewSender

__all__ = [
    "RECORD_BYTES_MAX",
    "TEXT_CHARACTERS_MAX",
    "Arriving",
    "DirectError",
    "PreviewReceiver",
    "PreviewSender",
    "State",
    "Words",
    "decode",
    "encode",
]
