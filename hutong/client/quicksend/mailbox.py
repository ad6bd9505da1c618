"""Our end of a channel: says letters in order, hears theirs in order."""

from __future__ import annotations

import asyncio
import contextlib

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Body

from hutong.client.cleanup import call_off
from hutong.client.connection import Connection
from hutong.client.handlers import State
from hutong.client.methods import method
from hutong.client.pushes import Listener, Pushes
from hutong.client.quicksend.errors import QuickSendError, ended
from hutong.platform import events
from hutong.platform.errors import NotFound, RpcError
from hutong.schema import quicksend_pb2 as pb

_schema = pb.DESCRIPTOR
events.register(_schema)
OPEN = method(_schema, "QuickSend.Open", pb.OpenRequest, pb.OpenReply)
JOIN = method(_schema, "QuickSend.Join", pb.JoinRequest, pb.JoinReply)
SAY = method(_schema, "QuickSend.Say", pb.SayRequest, pb.SayReply)
HEAR = method(_schema, "QuickSend.Hear", pb.HearRequest, pb.HearReply)
LEAVE = method(_schema, "QuickSend.Leave", pb.LeaveRequest, pb.LeaveReply)
RELAYS = method(_schema, "QuickSend.Relays", pb.RelaysRequest, pb.RelaysReply)

# Pushes may be lost; and who does not ask for a minute is gone.
_ASK_EVERY_S = 10.0
_LEAVE_WITHIN_S = 3.0
# Heard, and not read yet; one answer of the server holds no more.
_UNREAD_MAX = 256


class Mailbox(Listener):
    """From joining the channel to `close`. Raises `QuickSendError` once the channel has ended."""

    def __init__(self, connection: Connection, pushes: Pushes, channel: int, token: bytes) -> None:
        self._connection = connection
        self._pushes = pushes
        self._channel = channel
        self._token = token
        self._said = self._heard = 0
        self._saying = asyncio.Lock()
        self._stirred = asyncio.Event()
        self._unread: asyncio.Queue[pb.Letter | QuickSendError] = asyncio.Queue(_UNREAD_MAX)
        self._left = False
        pushes.add(self)
        self._listening = asyncio.get_running_loop().create_task(self._listen())

    async def say(self, letter: pb.Letter) -> None:
        """Say a letter; return when the server has it. Raises `RpcError`."""
        async with self._saying:
            number = self._said + 1
            request = pb.SayRequest(
                channel=self._channel,
                token=self._token,
                number=number,
                letter=letter.SerializeToString(),
            )
            await self._connection.call(SAY, request)
            self._said = number

    async def next(self) -> pb.Letter:
        """Return the other end's next letter. Raises `QuickSendError` when there is none any more."""
        said = await self._unread.get()
        if isinstance(said, QuickSendError):
            self._left = True
            raise said
        return said

    async def relays(self) -> pb.RelaysReply:
        """Return the relay for this channel. Raises `RpcError`."""
        return await self._connection.call(
            RELAYS, pb.RelaysRequest(channel=self._channel, token=self._token), deadline_s=4.0
        )

    async def leave(self, ending: pb.Ending) -> None:
        """End the channel, as far as that can be said quickly."""
        if self._left:
            return
        self._left = True
        request = pb.LeaveRequest(channel=self._channel, token=self._token, ending=ending)
        with contextlib.suppress(RpcError):
            await self._connection.call(LEAVE, request, deadline_s=_LEAVE_WITHIN_S)

    async def close(self) -> None:
        """Hear nothing more."""
        self._pushes.remove(self)
        await call_off(self._listening)

    def on_notice(self, body: Body) -> None:
        """There is something to hear."""
        if isinstance(body, pb.Stirred) and body.channel == self._channel:
            self._stirred.set()

    def on_state(self, state: State) -> None:
        """After a break: what was pushed meanwhile is lost."""
        if state is State.ONLINE:
            self._stirred.set()

    async def _listen(self) -> None:
        while True:
            self._stirred.clear()
            try:
                ending = await self._hear()
            except NotFound:
                ending = pb.ENDING_GONE  # the server was restarted: channels live in its memory
            except RpcError:
                ending = pb.ENDING_UNSPECIFIED  # asked again below
            if ending:
                await self._unread.put(ended(ending))
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_EVERY_S):
                    await self._stirred.wait()

    async def _hear(self) -> pb.Ending:
        request = pb.HearRequest(channel=self._channel, token=self._token, after=self._heard)
        reply = await self._connection.call(HEAR, request)
        for text in reply.letters:
            try:
                letter = pb.Letter.FromString(text)
            except DecodeError:
                letter = pb.Letter()  # of no kind: whoever reads it refuses it
            await self._unread.put(letter)
            self._heard += 1
        return reply.ending
