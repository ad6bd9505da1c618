"""How a quick send fails; each text is a sentence for the person."""

from __future__ import annotations

from hutong.client.transfers.progress import TransferError
from hutong.schema import quicksend_pb2 as pb

WRONG_CODE_HERE = (
    "The words do not fit the number, or somebody stands between you and the sender. "
    "The code is void now; ask for a new one."
)
WRONG_CODE_THERE = (
    "Somebody came with wrong words: a slip of the tongue, or a guess. "
    "This code is void now; send again for a new one."
)
_TOLD = {
    pb.ENDING_DONE: "The other side has ended it.",
    pb.ENDING_CANCELLED: "The other side called it off.",
    pb.ENDING_DECLINED: "The other side did not want it.",
    pb.ENDING_WRONG_CODE: WRONG_CODE_THERE,
    pb.ENDING_GONE: "The other side is not to be reached any more.",
    pb.ENDING_EXPIRED: "Nobody came in time; the code has expired.",
}


class QuickSendError(TransferError):
    """It did not come about. `ending` says why, if the channel has ended."""

    def __init__(self, message: str, ending: pb.Ending = pb.ENDING_UNSPECIFIED) -> None:
        super().__init__(message)
        self.ending = ending


def ended(ending: pb.Ending) -> QuickSendError:
    """Return the error of a channel that has ended."""
    return QuickSendError(_TOLD.get(ending, "The server has ended it."), ending)
