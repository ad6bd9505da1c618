"""What can be wrong with a transfer.

TransferError
├── RulesError      the other side broke the rules: the channel is closed
├── ManifestError   a manifest nobody may be given: names, sizes, counts
└── StoppedError    one of the two sides gave up; `reason` says why
"""

from hutong.schema import transfers_pb2 as pb


class TransferError(Exception):
    """The files do not arrive."""


class RulesError(TransferError):
    """The other side said something that makes no sense here."""


class ManifestError(TransferError):
    """These files cannot be handed over together."""


class StoppedError(TransferError):
    """One of the two sides has ended it."""

    def __init__(self, reason: "pb.StopReason", *, by_us: bool) -> None:
        super().__init__(_SENTENCES.get(reason, "The other side has ended the transfer."))
        self.reason = reason
        self.by_us = by_us


_SENTENCES = {
    pb.STOP_CANCELLED: "The transfer was cancelled.",
    pb.STOP_NO_SPACE: "The receiver's disk is full. What has arrived is kept; try again when there is room.",
    pb.STOP_SOURCE_CHANGED: "The sender's files have changed or cannot be read any more.",
    pb.STOP_DIFFERENT: "What arrived is not what was sent, twice.",
    pb.STOP_BROKEN_RULES: "The two sides do not understand each other.",
    pb.STOP_UNWRITABLE: "The receiver cannot write the files.",
    pb.STOP_VERSION: "The two devices run different versions. Update the older one and try again.",
}
