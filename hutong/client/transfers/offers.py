"""Files that were offered: found in the events of a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hutong.client.models import Event
from hutong.schema import transfers_pb2 as pb


@dataclass(frozen=True, slots=True)
class IncomingOffer:
    """A file somebody offered. With `blob` it waits in the server's storage, without on their device."""

    transfer: str
    log: str
    seq: int
    at_ms: int
    author: str
    name: str
    size_bytes: int
    media_type: str
    blob: str = ""
    files: int = 0  # of a folder, with its empty folders; 0 is one file

    @classmethod
    def of(cls, event: Event) -> IncomingOffer | None:
        """Return the offer an event makes, if it makes one."""
        body = event.body
        if not isinstance(body, pb.TransferOffered):
            return None
        return cls(
            body.transfer,
            event.log,
            event.seq,
            event.at_ms,
            event.author,
            body.name,
            body.size_bytes,
            body.media_type,
            files=body.files,
        )


def open_offers(events: Iterable[Event], me: str) -> list[IncomingOffer]:
    """Fold a conversation's events: what others offered and is still to be had, oldest first."""
    offers: dict[str, IncomingOffer] = {}
    for event in events:
        offer = IncomingOffer.of(event)
        if offer is not None and offer.author != me:
            offers[offer.transfer] = offer
        elif isinstance(event.body, pb.TransferEnded) and event.body.transfer in offers:
            ended = event.body
            offer = offers.pop(ended.transfer)
            if ended.result == pb.RESULT_STORED:
                offers[ended.transfer] = replace(offer, blob=ended.blob)
    return list(offers.values())
