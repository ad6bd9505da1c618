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
from hutong.client.transfers.offers import IncomingOffer, open_offers
from hutong.client.transfers.progress import Delivered, OnProgress, Phase, Progress, Received, Way
from hutong.platform.errors import InvalidArgument
from hutong.schema import chat_pb2
from hutong.schema import transfers_pb2 as pb

if TYPE_CHECKING:
    from hutong.client.transfers.incoming import Incoming
    from hutong.client.transfers.outgoing import Outgoing

ACCEPT_WITHIN_S = 300.0
_RECENT_EVENTS = 50


class Transfers:
    """Sending and receiving. aiortc is loaded with the first transfer."""

    def __init__(self, connection: Connection, pushes: Pushes, directory: Directory) -> None:
        self._connection = connection
        self._pushes = pushes
        self._directory = directory

    async def send(
        self,
        to: Conversation,
        path: Path,
        *,
        on_progress: OnProgress | None = None,
        accept_within_s: float = ACCEPT_WITHIN_S,
        relay_only: bool = False,
    ) -> Delivered:
        """Hand a file over: directly when the other person takes it now, else through the server's storage.

        It is stored when they are offline, do not accept in time, or no path opens or holds; in groups
        always. `relay_only` keeps our addresses from the other side.
        Raises `TransferError`, `RpcError`, `OSError`. Cancelling the task withdraws the offer.
        """
        size_bytes = (await asyncio.to_thread(path.stat)).st_size
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        tell = on_progress or _nobody
        if to.group:
            return await self._send_stored(to, path, size_bytes, media_type, tell)
        outgoing = _outgoing()(
            self._connection,
            self._pushes,
            path,
            size_bytes,
            tell,
            relay_only=relay_only,
            accept_within_s=accept_within_s,
        )
        offer = pb.OfferRequest(log=to.log, name=path.name, size_bytes=size_bytes, media_type=media_type)
        return await outgoing.run(offer)

    async def receive(
        self,
        offer: IncomingOffer,
        into: Path,
        *,
        on_progress: OnProgress | None = None,
        relay_only: bool = False,
    ) -> Received:
        """Accept an offer and take the file into a folder, under its own name or "name (1).ext".

        An interrupted one is continued. The file appears when it is whole and its hash was verified.
        Raises `TransferError`, `RpcError`, `OSError`.
        """
        if not await asyncio.to_thread(into.is_dir):
            raise InvalidArgument(f"{into} is no folder.", reason="no_folder")
        incoming = _incoming()(
            self._connection,
            self._pushes,
            offer,
            into,
            on_progress or _nobody,
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
        self, to: Conversation, path: Path, size_bytes: int, media_type: str, tell: OnProgress
    ) -> Delivered:
        def told(done_bytes: int) -> None:
            tell(Progress(Phase.STORING, done_bytes, size_bytes, Way.STORED))

        stored = await Storage(self._connection).upload(path, media_type, told)
        file = chat_pb2.File(blob=stored.blob, name=path.name, size_bytes=size_bytes, media_type=media_type)
        request = chat_pb2.SendRequest(log=to.log, content=chat_pb2.Content(file=file))
        await self._connection.call(methods.SEND, request)
        return Delivered("", Way.STORED, bytes.fromhex(stored.blob))


def _outgoing() -> type[Outgoing]:
    from hutong.client.transfers.outgoing import Outgoing

    return Outgoing


def _incoming() -> type[Incoming]:
    from hutong.client.transfers.incoming import Incoming

    return Incoming


def _nobody(progress: Progress) -> None:
    """Nobody watches."""
