"""The sender's side of one transfer: waits to be accepted, sends, stores instead when no path holds."""

from __future__ import annotations

import asyncio
import contextlib

from aiortc import RTCPeerConnection
from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.cleanup import to_the_end
from hutong.client.connection import Connection
from hutong.client.models import Event
from hutong.client.peers.session import PeerSession, SessionGoneError
from hutong.client.pushes import Listener, Pushes
from hutong.client.storage import Storage
from hutong.client.transfers.channel import CHANNEL_LABEL, PROTOCOL
from hutong.client.transfers.ends import Channels
from hutong.client.transfers.progress import (
    CancelledTransferError,
    DeclinedError,
    Delivered,
    ExpiredError,
    OnProgress,
    Phase,
    Progress,
    TransferError,
    Way,
)
from hutong.client.transfers.sending_files import SendingFiles
from hutong.client.transfers.source import Source, SourceError
from hutong.client.transfers.storing import store_folder
from hutong.client.waiting import first_of
from hutong.client.watch import LogWatch
from hutong.platform.errors import RpcError
from hutong.protocols.transfer import StoppedError
from hutong.schema import identity_pb2, peers_pb2
from hutong.schema import transfers_pb2 as pb

# No data channel so long after the other side accepted: the server's storage takes it.
CHANNEL_WITHIN_S = 15.0
# No path, or nothing acknowledged on it, for so long: a new path, and then the storage.
_STALLED_AFTER_S = 10.0
_BROKEN_AFTER_S = 20.0
_LOOK_EVERY_S = 0.5
_WITHDRAW_WITHIN_S = 3.0
# The receiver has verified the file and only has to say so to the server.
_TOLD_WITHIN_S = 15.0
# What the server's storage helps against: the receiver takes it when there is room, or by its own version.
_STORED_THEN = frozenset({pb.STOP_NO_SPACE, pb.STOP_VERSION})


class _NoPathError(Exception):
    """No path opened, or it did not hold."""


class Outgoing(Listener):
    """One offer, from before it is made until it is over."""

    def __init__(
        self,
        connection: Connection,
        pushes: Pushes,
        source: Source,
        on_progress: OnProgress,
        *,
        relay_only: bool,
        accept_within_s: float,
    ) -> None:
        self._connection = connection
        self._pushes = pushes
        self._source = source
        self._path = source.path
        self._size_bytes = source.manifest.size_bytes
        self._on_progress = on_progress
        self._relay_only = relay_only
        self._accept_within_s = accept_within_s
        self._transfer = ""
        self._accepted = asyncio.Event()
        self._notices: set[str] = set()
        self._ended: asyncio.Future[pb.TransferEnded] = asyncio.get_running_loop().create_future()
        self._channel_open = False
        self._moved_at = 0.0
        self._done_bytes = 0
        self._way = Way.UNKNOWN

    async def run(self, offer: pb.OfferRequest) -> Delivered:
        """Offer the file and see it through.

        Raises `TransferError`, `RpcError`, `OSError`. Cancelled, it withdraws the offer.
        """
        self._pushes.add(self)
        watch: LogWatch | None = None
        # A task of its own: called off meanwhile, the offer may stand, and has to be withdrawn.
        offering = asyncio.get_running_loop().create_task(self._connection.call(methods.OFFER, offer))
        try:
            offered = await asyncio.shield(offering)
            self._transfer = offered.transfer
            if self._transfer in self._notices:
                self._accepted.set()
            watch = LogWatch(self._connection, self._pushes, offer.log, offered.seq, self._on_event)
            return await self._see_through(online=offered.receiver_online)
        except BaseException:
            await self._withdraw(offering)
            raise
        finally:
            self._pushes.remove(self)
            if watch is not None:
                await watch.close()

    async def _see_through(self, *, online: bool) -> Delivered:
        work = asyncio.get_running_loop().create_task(self._deliver(online=online))
        try:
            await first_of(work, self._ended)
            if not self._ended.done() and _may_have_ended(work):
                await first_of(self._ended, timeout_s=_TOLD_WITHIN_S)
            if self._ended.done():
                return self._result(self._ended.result())
            work.result()
            return Delivered(self._transfer, self._way, b"")
        finally:
            work.cancel()
            await asyncio.wait([work])
            if not work.cancelled():
                work.exception()

    def _result(self, ended: pb.TransferEnded) -> Delivered:
        match ended.result:
            case pb.RESULT_DECLINED:
                raise DeclinedError("The file was declined.")
            case pb.RESULT_CANCELLED:
                raise CancelledTransferError("The transfer was cancelled.")
            case pb.RESULT_EXPIRED:
                raise ExpiredError("Nobody answered for a week; the offer has expired.")
            case _:
                return Delivered(self._transfer, Way(ended.path), ended.sha256)

    async def _withdraw(self, offering: asyncio.Task[pb.OfferReply]) -> None:
        """Tell the other side, as far as that can be done quickly."""
        if self._ended.done():
            return
        with contextlib.suppress(RpcError, TimeoutError):
            offered = await asyncio.wait_for(offering, _WITHDRAW_WITHIN_S)
            request = pb.CancelRequest(transfer=offered.transfer)
            await self._connection.call(methods.CANCEL, request, deadline_s=_WITHDRAW_WITHIN_S)

    # ---- what is heard ----

    def on_notice(self, body: Body) -> None:
        """The receiver accepted; this may be heard before the answer to our offer."""
        if isinstance(body, pb.TransferAccepted):
            if body.transfer == self._transfer:
                self._accepted.set()
            elif not self._transfer:
                self._notices.add(body.transfer)

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """The notice may have been lost: the peer session exists once the offer is accepted."""
        del reply
        if self._transfer and not self._accepted.is_set():
            request = peers_pb2.FetchRequest(session=self._transfer)

            def fetched(body: bytes | None, error: RpcError | None) -> None:
                del error
                if body is not None:
                    self._accepted.set()

            self._connection.request(methods.FETCH, request.SerializeToString(), fetched)

    def _on_event(self, event: Event) -> None:
        body = event.body
        if isinstance(body, pb.TransferEnded) and body.transfer == self._transfer:
            self._end(body)

    def _end(self, ended: pb.TransferEnded) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)

    # ---- what is done ----

    async def _deliver(self, *, online: bool) -> None:
        if online and await self._wait_for_acceptance():
            try:
                await self._send_directly()
            except (_NoPathError, SessionGoneError):
                await self._store()
        else:
            await self._store()

    async def _wait_for_acceptance(self) -> bool:
        self._tell(Phase.WAITING)
        try:
            async with asyncio.timeout(self._accept_within_s):
                await self._accepted.wait()
        except TimeoutError:
            return False
        return True

    async def _send_directly(self) -> None:
        self._tell(Phase.CONNECTING)
        files = SendingFiles(self._source, self._on_moved)
        channels = Channels(files, doors=not self._relay_only)

        def prepare(peer: RTCPeerConnection) -> None:
            channels.tie(peer.createDataChannel(CHANNEL_LABEL, protocol=PROTOCOL), self._on_channel)

        session = PeerSession(
            self._connection,
            self._pushes,
            self._transfer,
            offerer=True,
            prepare=prepare,
            relay_only=self._relay_only,
            direct=channels.direct,
        )
        running = asyncio.get_running_loop().create_task(session.run())
        watching = asyncio.get_running_loop().create_task(self._watch_path(session))
        try:
            await first_of(running, watching, files.finished)
            if files.finished.done():
                files.finished.result()
                self._notice_way(session)
                self._tell(Phase.VERIFYING)
                return
            (running if running.done() else watching).result()
        except StoppedError as error:
            if error.reason in _STORED_THEN:
                raise _NoPathError(str(error)) from error
            raise TransferError(str(error)) from error
        finally:
            await to_the_end(channels.close(running, watching))

    async def _watch_path(self, session: PeerSession) -> None:
        """Mend a path on which nothing moves; give it up in the end."""
        loop = asyncio.get_running_loop()
        self._moved_at = started = loop.time()
        opened = mended = False
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            opened = opened or self._channel_open or self._moved_at > started
            self._notice_way(session)
            still_s = loop.time() - self._moved_at
            if not opened and loop.time() - started > CHANNEL_WITHIN_S:
                raise _NoPathError("no path opened")
            if opened and still_s > _BROKEN_AFTER_S:
                raise _NoPathError("the path did not hold")
            if opened and still_s > _STALLED_AFTER_S and not mended:
                mended = True
                session.rebuild()
            elif still_s < _STALLED_AFTER_S:
                mended = False

    def _notice_way(self, session: PeerSession) -> None:
        """Remember the path while it is there to be seen."""
        way = Way(session.path())
        if way is not Way.UNKNOWN:
            self._way = way

    async def _store(self) -> None:
        self._way = Way.STORED
        self._tell(Phase.STORING, 0)
        request = pb.StoreRequest(transfer=self._transfer, blob=await self._stored())
        await self._connection.call(methods.STORE, request)

    async def _stored(self) -> str:
        def tell(done_bytes: int) -> None:
            self._tell(Phase.STORING, done_bytes)

        if not self._source.folder:
            return (await Storage(self._connection).upload(self._path, on_progress=tell)).blob
        try:
            return await store_folder(self._connection, self._source, tell)
        except SourceError as error:
            raise TransferError(str(error)) from error
        finally:
            self._source.close()

    # ---- progress ----

    def _on_channel(self, is_open: bool) -> None:
        self._channel_open = is_open

    def _on_moved(self, done_bytes: int) -> None:
        self._moved_at = asyncio.get_running_loop().time()
        self._tell(Phase.MOVING, done_bytes)

    def _tell(self, phase: Phase, done_bytes: int | None = None) -> None:
        if done_bytes is not None:
            self._done_bytes = done_bytes
        self._on_progress(Progress(phase, self._done_bytes, self._size_bytes, self._way))


def _may_have_ended(work: asyncio.Task[None]) -> bool:
    """Whether the event that says how it ended is to be waited for."""
    error = work.exception()
    return error is None or (isinstance(error, RpcError) and error.reason == "ended")
