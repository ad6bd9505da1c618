"""Files from device to device: `client.transfers`."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.directory import Directory
from hutong.client.models import Conversation, Event
from hutong.client.pushes import Pushes
from hutong.client.storage import Storage
from hutong.client.transfers.leftovers import clear_leftovers
from hutong.client.transfers.offers import IncomingOffer, open_offers
from hutong.client.transfers.progress import (
    Delivered,
    OnProgress,
    Phase,
    Progress,
    Received,
    TransferError,
    Way,
)
from hutong.client.transfers.receiving import AllReceiving
from hutong.client.transfers.source import Source
from hutong.client.transfers.storing import MEDIA_TYPE, store_folder
from hutong.platform.errors import InvalidArgument
from hutong.protocols.transfer import ManifestError
from hutong.schema import chat_pb2
from hutong.schema import transfers_pb2 as pb

if TYPE_CHECKING:
    from hutong.client.transfers.incoming import Incoming
    from hutong.client.transfers.outgoing import Outgoing

ACCEPT_WITHIN_S = 300.0
_RECENT_EVENTS = 50
_UNKNOWN_TYPE = "application/octet-stream"


class Transfers:
    """Sending and receiving. aiortc is loaded with the first transfer."""

    def __init__(self, connection: Connection, pushes: Pushes, directory: Directory) -> None:
        self._connection = connection
        self._pushes = pushes
        self._directory = directory
        self._receiving = AllReceiving()

    async def send(
        self,
        to: Conversation,
        path: Path,
        *,
        on_progress: OnProgress | None = None,
        accept_within_s: float = ACCEPT_WITHIN_S,
        relay_only: bool = False,
    ) -> Delivered:
        """Hand a file or folder over: directly when the other person takes it now, else through the server.

        It is stored when they are offline, do not accept in time, or no path opens or holds; in groups
        always. `relay_only` keeps our addresses from the other side.
        Raises `TransferError`, `RpcError`, `OSError`. Cancelling the task withdraws the offer.
        """
        tell = on_progress or _nobody
        try:
            source = await asyncio.to_thread(Source, path.resolve())
        except ManifestError as error:
            raise TransferError(str(error)) from error
        # A link is followed and keeps its name; "." and ".." have names too.
        name = path.name if path.name not in {"", ".."} else source.path.name
        size_bytes = source.manifest.size_bytes
        media_type = MEDIA_TYPE if source.folder else mimetypes.guess_type(path.name)[0] or _UNKNOWN_TYPE
        if to.group:
            return await self._send_stored(to, source, name, media_type, tell)
        outgoing = _outgoing()(
            self._connection,
            self._pushes,
            source,
            tell,
            relay_only=relay_only,
            accept_within_s=accept_within_s,
        )
        files = len(source.manifest.entries) if source.folder else 0
        offer = pb.OfferRequest(
            log=to.log, name=name, size_bytes=size_bytes, media_type=media_type, files=files
        )
        return await outgoing.run(offer)

    async def receive(
        self,
        offer: IncomingOffer,
        into: Path,
        *,
        on_progress: OnProgress | None = None,
        relay_only: bool = False,
    ) -> Received:
        """Accept an offer and take what it is into a folder, under its own name or "name (1).ext".

        An interrupted one is continued. The file appears when it is whole and its hash was verified.
        Raises `TransferError`, `RpcError`, `OSError`.
        """
        if not await asyncio.to_thread(into.is_dir):
            raise InvalidArgument(f"{into} is no folder.", reason="no_folder")
        await asyncio.to_thread(clear_leftovers, into)
        incoming = _incoming()(
            self._connection,
            self._pushes,
            offer,
            into,
            on_progress or _nobody,
            self._receiving,
            relay_only=relay_only,
        )
        return await incoming.run()

    async def decline(self, offer: IncomingOffer) -> None:
        """Say no."""
        request = pb.DeclineRequest(transfer=offer.transfer)
        await self._connection.call(methods.DECLINE, request)

    async def open_offers(self, me: str) -> list[IncomingOffer]:
        """Return what others offered and is still to be had, from the newest events of all conversations."""
        request = chat_pb2.ListRequest(recent=_RECENT_EVENTS)
        reply = await self._connection.call(methods.LIST_CHATS, request)
        offers: list[IncomingOffer] = []
        for conversation in reply.conversations:
            self._directory.learn(conversation)
            offers += open_offers([Event.of(event) for event in conversation.recent], me)
        return offers

    async def _send_stored(
        self, to: Conversation, source: Source, name: str, media_type: str, tell: OnProgress
    ) -> Delivered:
        size_bytes = source.manifest.size_bytes

        def told(done_bytes: int) -> None:
            tell(Progress(Phase.STORING, done_bytes, size_bytes, Way.STORED))

        if source.folder:
            blob = await store_folder(self._connection, source, told)
            source.close()
            name += ".zip"
        else:
            blob = (await Storage(self._connection).upload(source.path, media_type, told)).blob
        file = chat_pb2.File(blob=blob, name=name, size_bytes=size_bytes, media_type=media_type)
        request = chat_pb2.SendRequest(log=to.log, content=chat_pb2.Content(file=file))
        await self._connection.call(methods.SEND, request)
        return Delivered("", Way.STORED, bytes.fromhex(blob))


def _outgoing() -> type[Outgoing]:
    from hutong.client.transfers.outgoing import Outgoing

    return Outgoing


def _incoming() -> type[Incoming]:
    from hutong.client.transfers.incoming import Incoming

    return Incoming


def _nobody(progress: Progress) -> None:
    """Nobody watches."""
