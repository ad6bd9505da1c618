"""The sending side: opens a channel, shows the code, waits, hands over."""

from __future__ import annotations

import asyncio
from pathlib import Path as File

from aiortc import RTCPeerConnection

from hutong.client.address import Address
from hutong.client.cleanup import to_the_end
from hutong.client.connection import Connection
from hutong.client.pushes import Pushes
from hutong.client.quicksend.bundle import Bundle
from hutong.client.quicksend.errors import QuickSendError
from hutong.client.quicksend.mailbox import OPEN, Mailbox
from hutong.client.quicksend.meeting import Meeting
from hutong.client.quicksend.path import Path
from hutong.client.transfers.channel import CHANNEL_LABEL, PROTOCOL
from hutong.client.transfers.ends import Channels
from hutong.client.transfers.progress import DeclinedError, OnProgress, Phase, Progress, TransferError, Way
from hutong.client.transfers.sending_files import SendingFiles
from hutong.platform.clock import Randomness
from hutong.protocols.quicksend import Code, Conversation
from hutong.protocols.spake2.exchange import RANDOM_BYTES
from hutong.protocols.transfer import ManifestError, StoppedError
from hutong.schema import quicksend_pb2 as pb
from hutong.schema import transfers_pb2

_TOKEN_BYTES = 16
_CODE_BYTES = 4


class QuickSender:
    """One quick send, made by `open`; `run` it, then `close` it."""

    def __init__(self, bundle: Bundle, code: Code, link: str, mailbox: Mailbox, meeting: Meeting) -> None:
        self.code = code
        self.link = link  # '' when the server has no address a browser can open
        self.offer = bundle.offer()
        self._bundle = bundle
        self._mailbox = mailbox
        self._meeting = meeting
        self._ending: pb.Ending = pb.ENDING_CANCELLED

    @classmethod
    async def open(
        cls,
        connection: Connection,
        pushes: Pushes,
        address: Address,
        paths: list[File],
        *,
        random: Randomness | None = None,
    ) -> QuickSender:
        """Look at the files and open a channel. Raises `TransferError`, `OSError`, `RpcError`."""
        random = random or Randomness()
        try:
            bundle = await asyncio.to_thread(Bundle, paths)
        except ManifestError as error:
            raise QuickSendError(str(error)) from error
        token = random.token(_TOKEN_BYTES)
        opened = await connection.call(OPEN, pb.OpenRequest(token=token))
        code = Code.make(opened.channel, random.token(_CODE_BYTES))
        page = opened.public_url.rstrip("/") or _page(address)
        link = f"{page}/#/receive/{code.text()}" if page else ""
        mailbox = Mailbox(connection, pushes, opened.channel, token)
        conversation = Conversation(code, random.token(RANDOM_BYTES), sender=True)
        return cls(bundle, code, link, mailbox, Meeting(mailbox, conversation))

    async def run(self, on_progress: OnProgress, *, relay_only: bool = False) -> Way:
        """Wait for the receiver, and hand over what it accepts; return which way it went.

        Raises `TransferError`, `RpcError`, `OSError`.
        """
        size_bytes = self.offer.size_bytes
        on_progress(Progress(Phase.WAITING, 0, size_bytes))
        await self._meeting.meet_receiver()
        await self._meeting.say(pb.Word(offer=self.offer))
        try:
            word = await self._meeting.next()
        except QuickSendError as error:
            if error.ending == pb.ENDING_DECLINED:
                raise DeclinedError(str(error)) from error
            raise
        if not word.HasField("acceptance"):
            raise QuickSendError("The other side does not speak as it should.")
        if word.acceptance.way != pb.WAY_MANIFEST:
            raise TransferError(str(StoppedError(transfers_pb2.STOP_VERSION, by_us=True)))
        on_progress(Progress(Phase.CONNECTING, 0, size_bytes))
        try:
            way = await self._send(on_progress, relay_only=relay_only)
        except StoppedError as error:
            raise TransferError(str(error)) from error
        self._ending = pb.ENDING_DONE
        return way

    async def close(self) -> None:
        """End the channel; before the end of `run` this calls it off."""
        await self._meeting.close(self._ending)
        await asyncio.to_thread(self._bundle.close)

    async def _send(self, on_progress: OnProgress, *, relay_only: bool) -> Way:
        def moved(done_bytes: int) -> None:
            path.moved()
            on_progress(Progress(Phase.MOVING, done_bytes, self.offer.size_bytes, path.way))

        files = SendingFiles(self._bundle, moved)
        channels = Channels(files, doors=not relay_only)

        def prepare(peer: RTCPeerConnection) -> None:
            channels.tie(peer.createDataChannel(CHANNEL_LABEL, protocol=PROTOCOL))

        path = Path(self._meeting, prepare, offerer=True, relay_only=relay_only, direct=channels.direct)
        try:
            await path.through(files.finished)
        finally:
            await to_the_end(channels.close())
        return path.way


def _page(address: Address) -> str:
    """Return where the sender itself reached the server, if a browser can go there."""
    return f"{address.scheme}://{address.authority}" if address.scheme in {"http", "https"} else ""
