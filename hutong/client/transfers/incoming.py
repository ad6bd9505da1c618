"""The receiver's side of one transfer: takes the bytes, checks them, and says so to the server."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from hutong.client import methods
from hutong.client.cleanup import to_the_end
from hutong.client.connection import Connection
from hutong.client.models import Event
from hutong.client.peers.session import PeerSession, SessionGoneError
from hutong.client.pushes import Pushes
from hutong.client.storage import Storage
from hutong.client.transfers.archive import ArchiveError
from hutong.client.transfers.ends import Channels
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.offers import IncomingOffer
from hutong.client.transfers.part import PartFile
from hutong.client.transfers.progress import (
    CancelledTransferError,
    OnProgress,
    Phase,
    Progress,
    Received,
    TransferError,
    Way,
)
from hutong.client.transfers.receiving import AllReceiving, Receiving
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.waiting import first_of
from hutong.client.watch import LogWatch
from hutong.platform.errors import FailedPrecondition, RpcError
from hutong.protocols.transfer import StoppedError
from hutong.schema import transfers_pb2 as pb

_FINISH_DEADLINE_S = 120.0
# A sender that is alive stores the file before this.
SILENT_AFTER_S = 60.0
# A verified file whose sender heard of it may be over before our own word reaches the server.
_SETTLE_S = 15.0
# Of an archive, for each file: two headers with a path of at most 1,024 bytes each.
_NAMED_BYTES_MAX = 2_560


class _BegunAnewError(TransferError):
    """The sender was started again, and its next offer has what came of this one."""


class Incoming:
    """One offer somebody made to us."""

    def __init__(
        self,
        connection: Connection,
        pushes: Pushes,
        offer: IncomingOffer,
        into: Path,
        on_progress: OnProgress,
        all_receiving: AllReceiving,
        *,
        relay_only: bool,
    ) -> None:
        self._connection = connection
        self._pushes = pushes
        self._offer = offer
        self._into = into
        self._on_progress = on_progress
        self._all_receiving = all_receiving
        self._relay_only = relay_only
        self._ended: asyncio.Future[pb.TransferEnded] = asyncio.get_running_loop().create_future()
        self._done_bytes = 0
        self._way = Way.UNKNOWN
        self._moved_at = 0.0

    async def run(self) -> Received:
        """Accept and take the file.

        Raises `TransferError`, `RpcError` (another device took it, it is over), `OSError` of the folder.
        """
        offer = self._offer
        part = PartFile(self._into, offer.transfer)
        await part.open(self._stored_bytes_max)
        landing = Landing(self._into, offer.transfer)
        watch = LogWatch(self._connection, self._pushes, offer.log, offer.seq, self._on_event)
        with self._all_receiving.one(landing) as receiving:
            try:
                if offer.blob:
                    return await self._take_stored(part, landing, offer.blob)
                await self._accept()
                received = await self._take_directly(part, receiving)
                if received is None:
                    received = await self._take_stored(part, landing, self._stored_blob())
                return received
            except CancelledTransferError:
                await asyncio.to_thread(landing.discard)
                part.discard()
                raise
            except _BegunAnewError:
                part.discard()
                raise
            finally:
                landing.close()
                part.close()
                await watch.close()

    async def _accept(self) -> None:
        """Say that this device takes it; a server that restarted opens the session again (TRANSFER2)."""
        await self._connection.call(methods.ACCEPT, pb.AcceptRequest(transfer=self._offer.transfer))

    async def _take_directly(self, part: PartFile, receiving: Receiving) -> Received | None:
        """Return the file; None when it was stored on the server instead."""
        files = await self._begin(receiving)
        channels = Channels(files, doors=not self._relay_only)
        self._tell(Phase.CONNECTING, max(part.size_bytes, files.kept_bytes))
        self._session = self._session_of(channels)
        running = asyncio.get_running_loop().create_task(self._session.run(again=part.resumed))
        try:
            await self._wait_for(running, files.finished, receiving.given_up)
            if files.finished.done():
                root, place = files.finished.result()
                self._settle_way(files)
                self._tell(Phase.VERIFYING)
                part.discard()
                return await self._finish(root, place)
            if not self._ended.done():
                # The session ends with the transfer; the event that says how is on its way.
                await first_of(self._ended, timeout_s=_SETTLE_S)
            if not self._ended.done():
                running.result()
            return None
        except _BegunAnewError:
            # Somebody waits for the files; the paths may take their time to end.
            await to_the_end(files.close())
            receiving.over.set()
            raise
        except StoppedError as error:
            if error.reason == pb.STOP_VERSION and await self._stored_instead():
                return None
            raise TransferError(f"The file did not arrive: {error}") from error
        except SessionGoneError as error:
            raise TransferError(f"The file did not arrive: {error}") from error
        finally:
            await to_the_end(channels.close(running))

    async def _begin(self, receiving: Receiving) -> ReceivingFiles:
        """Go on with what an earlier run left, and have a run that still waits for it make way."""
        offer, landing = self._offer, receiving.landing
        leaves = await asyncio.to_thread(landing.resume)
        make_way = partial(self._all_receiving.make_way, receiving)
        wanted = offer.name, offer.size_bytes, offer.files
        files = receiving.files = ReceivingFiles(landing, leaves, *wanted, self._on_moved, make_way=make_way)
        return files

    def _session_of(self, channels: Channels) -> PeerSession:
        return PeerSession(
            self._connection,
            self._pushes,
            self._offer.transfer,
            offerer=False,
            prepare=channels.expect,
            relay_only=self._relay_only,
            reopen=self._accept,
            direct=channels.direct,
        )

    async def _stored_instead(self) -> bool:
        """Wait for a sender of another version to store the file; tell whether it ended so."""
        await first_of(self._ended, timeout_s=SILENT_AFTER_S)
        return self._ended.done()

    async def _wait_for(
        self,
        running: asyncio.Future[None],
        finished: asyncio.Future[tuple[bytes, Path]],
        given_up: asyncio.Future[None],
    ) -> None:
        """Wait for the file, or the end of it; a sender that is silent for too long is given up."""
        loop = asyncio.get_running_loop()
        self._moved_at = loop.time()
        while not (running.done() or finished.done() or self._ended.done()):
            left_s = self._moved_at + SILENT_AFTER_S - loop.time()
            if left_s <= 0:
                raise TransferError("The sender's device does not answer.")
            await first_of(running, finished, self._ended, given_up, timeout_s=left_s)
            if given_up.done() and not finished.done():
                raise _BegunAnewError("The sender has begun anew, and what came is gone on with.")

    async def _finish(self, sha256: bytes, path: Path) -> Received:
        way = self._way
        request = pb.FinishRequest(transfer=self._offer.transfer, path=way.value, sha256=sha256)
        try:
            await self._connection.call(methods.FINISH_TRANSFER, request, deadline_s=_FINISH_DEADLINE_S)
        except RpcError:
            # The file is here and whole, whatever became of the offer.
            if not self._ended.done():
                raise
        return Received(self._offer.transfer, path, way, sha256)

    def _stored_blob(self) -> str:
        ended = self._ended.result()
        if ended.result == pb.RESULT_STORED:
            return ended.blob
        if ended.result == pb.RESULT_CANCELLED:
            raise CancelledTransferError("The sender called it off.")
        raise TransferError("The transfer ended on another device.")

    async def _take_stored(self, part: PartFile, landing: Landing, blob: str) -> Received:
        """Finish from the server; what came directly is not fetched again."""
        self._way = Way.STORED
        await asyncio.to_thread(landing.hand_over, part.path)
        part.close()
        await part.open(self._stored_bytes_max)
        self._tell(Phase.STORING, part.size_bytes)
        await self._download(part, blob)
        digest = part.digest()
        if not self._offer.files:
            path = await part.keep(self._offer.name)
        else:
            try:
                path = await asyncio.to_thread(landing.unpack, part.path, self._offer.name)
            except ArchiveError as error:
                raise TransferError(str(error)) from error
            part.discard()
        return Received(self._offer.transfer, path, Way.STORED, digest)

    async def _download(self, part: PartFile, blob: str) -> None:
        """Complete the part; what an earlier run left and does not fit is thrown away, once."""
        began_bytes = part.size_bytes

        def tell(done_bytes: int) -> None:
            self._tell(Phase.STORING, min(done_bytes, self._offer.size_bytes))

        storage = Storage(self._connection)
        try:
            await storage.download(blob, part, tell)
        except FailedPrecondition:
            if not began_bytes:
                raise
            await storage.download(blob, part, tell)

    @property
    def _stored_bytes_max(self) -> int:
        """What is stored of a folder is an archive, which names each file twice."""
        return self._offer.size_bytes + (self._offer.files and (self._offer.files + 1) * _NAMED_BYTES_MAX)

    def _on_event(self, event: Event) -> None:
        body = event.body
        if isinstance(body, pb.TransferEnded) and body.transfer == self._offer.transfer:
            self._end(body)

    def _end(self, ended: pb.TransferEnded) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)

    def _on_moved(self, done_bytes: int) -> None:
        self._moved_at = asyncio.get_running_loop().time()
        self._notice_way()
        self._tell(Phase.MOVING, done_bytes)

    def _notice_way(self) -> None:
        """Remember the path while it is there to be seen."""
        way = Way(self._session.path())
        if way is not Way.UNKNOWN:
            self._way = way

    def _settle_way(self, files: ReceivingFiles) -> None:
        """Say which way the files came in the end."""
        self._notice_way()
        channel = Way(self._session.channel_path())
        if files.mostly_by_door:
            self._way = Way.DIRECT
        elif channel is not Way.UNKNOWN:
            self._way = channel  # what a direct path has ended, it did not carry

    def _tell(self, phase: Phase, done_bytes: int | None = None) -> None:
        if done_bytes is not None:
            self._done_bytes = done_bytes
        self._on_progress(Progress(phase, self._done_bytes, self._offer.size_bytes, self._way))
