"""The receiving side: joins with a code, sees what is offered, takes it or not."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hmac
from dataclasses import dataclass
from pathlib import Path as File

from hutong.client.cleanup import to_the_end
from hutong.client.connection import Connection
from hutong.client.pushes import Pushes
from hutong.client.quicksend.errors import QuickSendError
from hutong.client.quicksend.mailbox import JOIN, Mailbox
from hutong.client.quicksend.meeting import Meeting
from hutong.client.quicksend.path import Path
from hutong.client.transfers.ends import Channels
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.leftovers import clear_leftovers
from hutong.client.transfers.progress import OnProgress, Phase, Progress, TransferError, Way
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.platform.clock import Randomness
from hutong.platform.errors import RpcError
from hutong.protocols.quicksend import Code, Conversation
from hutong.protocols.spake2.exchange import RANDOM_BYTES
from hutong.protocols.transfer import Manifest, StoppedError
from hutong.schema import quicksend_pb2 as pb
from hutong.schema import transfers_pb2

_TOKEN_BYTES = 16
_DIGEST_BYTES = 32
_NAME_CHARACTERS_MAX = 255


@dataclass(frozen=True, slots=True)
class Taken:
    """What arrived, where it is, and which way it came."""

    path: File
    way: Way


class QuickReceiver:
    """One quick send from the other side, made by `join`; `accept` or just `close` it."""

    def __init__(self, offer: pb.Offer, meeting: Meeting) -> None:
        self.offer = offer
        self._meeting = meeting
        self._ending: pb.Ending = pb.ENDING_DECLINED

    @classmethod
    async def join(
        cls, connection: Connection, pushes: Pushes, code: Code, *, random: Randomness | None = None
    ) -> QuickReceiver:
        """Use a code: this is its one guess. Raises `QuickSendError`, `RpcError`."""
        random = random or Randomness()
        token = random.token(_TOKEN_BYTES)
        await connection.call(JOIN, pb.JoinRequest(channel=code.number, token=token))
        mailbox = Mailbox(connection, pushes, code.number, token)
        meeting = Meeting(mailbox, Conversation(code, random.token(RANDOM_BYTES), sender=False))
        try:
            await meeting.meet_sender()
            word = await meeting.next()
            if not _is_sound(word):
                raise QuickSendError("The sender does not offer anything that can be taken.")
        except BaseException:
            await to_the_end(meeting.close(pb.ENDING_WRONG_CODE))
            raise
        return cls(word.offer, meeting)

    async def accept(self, into: File, on_progress: OnProgress, *, relay_only: bool = False) -> Taken:
        """Take it into a folder, under its name or "name (1)"; what an earlier attempt left is used.

        Raises `TransferError`, `RpcError`, `OSError`.
        """
        offer = self.offer
        await asyncio.to_thread(clear_leftovers, into)
        landing = _OfferedLanding(into, offer.manifest)
        leaves = await asyncio.to_thread(landing.resume)

        def moved(done_bytes: int) -> None:
            path.moved()
            on_progress(Progress(Phase.MOVING, done_bytes, offer.size_bytes, path.way))

        files = ReceivingFiles(landing, leaves, offer.name, offer.size_bytes, offer.files, moved)
        channels = Channels(files, doors=not relay_only)
        path = Path(
            self._meeting, channels.expect, offerer=False, relay_only=relay_only, direct=channels.direct
        )
        on_progress(Progress(Phase.CONNECTING, files.kept_bytes, offer.size_bytes))
        self._ending = pb.ENDING_CANCELLED
        try:
            await self._meeting.say(pb.Word(acceptance=pb.Acceptance(way=pb.WAY_MANIFEST)))
            await path.through(files.finished)
            _, place = files.finished.result()
            # The sender may have heard it on the path; whichever comes first is enough.
            with contextlib.suppress(RpcError):
                await self._meeting.say(pb.Word(arrived=pb.Arrived()))
        except StoppedError as error:
            raise TransferError(str(error)) from error
        finally:
            await to_the_end(channels.close())
        self._ending = pb.ENDING_DONE
        return Taken(place, path.way)

    async def close(self) -> None:
        """End the channel; before `accept` this declines, within it calls it off."""
        await self._meeting.close(self._ending)


class _OfferedLanding(Landing):
    """Takes the manifest the person said yes to, and no other. An offer's digest names what is left of it."""

    def __init__(self, into: File, digest: bytes) -> None:
        super().__init__(into, f"quick-{digest.hex()[:32]}")
        self._digest = digest

    def begin(self, manifest: Manifest) -> dict[int, bytes]:
        """Start with the manifest of the offer, whatever its leaves are. Raises `OSError`."""
        offered = manifest.hashed_by(transfers_pb2.TREE_HASH_SHA256)
        if not hmac.compare_digest(offered.digest, self._digest):
            raise OSError(errno.EPERM, "The sender sends something else than it offered.")
        return super().begin(manifest)


def _is_sound(word: pb.Word) -> bool:
    offer = word.offer
    return (
        word.HasField("offer")
        and 0 < len(offer.name) <= _NAME_CHARACTERS_MAX
        and len(offer.manifest) == _DIGEST_BYTES
    )
