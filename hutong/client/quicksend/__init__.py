"""Files for somebody without an account, by a code (docs/protocol/quicksend.md)."""

from hutong.client.quicksend.errors import QuickSendError
from hutong.client.quicksend.receiver import QuickReceiver, Taken
from hutong.client.quicksend.sender import QuickSender

__all__ = ["QuickReceiver", "QuickSendError", "QuickSender", "Taken"]
