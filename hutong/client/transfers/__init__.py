"""Files from device to device, and through the server's storage when no path holds."""

from hutong.client.transfers.offers import IncomingOffer
from hutong.client.transfers.progress import (
    CancelledTransferError,
    DeclinedError,
    Delivered,
    ExpiredError,
    Phase,
    Progress,
    Received,
    TransferError,
    Way,
)

__all__ = [
    "CancelledTransferError",
    "DeclinedError",
    "Delivered",
    "ExpiredError",
    "IncomingOffer",
    "Phase",
    "Progress",
    "Received",
    "TransferError",
    "Way",
]
