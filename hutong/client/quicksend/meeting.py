"""Two who know the same code: words under its key, and the signals that open a path between them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.cleanup import call_off
from hutong.client.methods import Method
from hutong.client.pushes import Pushes
from hutong.client.quicksend.errors import WRONG_CODE_HERE, WRONG_CODE_THERE, QuickSendError
from hutong.client.quicksend.mailbox import Mailbox
from hutong.platform.errors import NotFound
from hutong.protocols.quicksend import Conversation, LetterError
from hutong.schema import peers_pb2
from hutong.schema import quicksend_pb2 as pb

SESSION = "quick"
_SIGNALS_MAX = 256
_WORDS_MAX = 16
# Programs answer each other; nobody has to be asked yet.
ANSWER_WITHIN_S = 45.0
_CHANGED = "Somebody has changed what the two of you said to each other. Nothing was handed over."


class Meeting:
    """What is said after the code was confirmed. `words` is what is no signal, in order."""

    def __init__(self, mailbox: Mailbox, conversation: Conversation) -> None:
        self._mailbox = mailbox
        self._conversation = conversation
        self._saying = asyncio.Lock()
        self._unsaid: pb.Letter | None = None  # sealed, and perhaps not with the server
        self._words: asyncio.Queue[pb.Word | QuickSendError] = asyncio.Queue(_WORDS_MAX)
        self.signals = Signals(self)
        self._reading: asyncio.Task[None] | None = None

    async def meet_receiver(self) -> None:
        """Wait for the receiver, and see that it knows the code. Raises `QuickSendError`, `RpcError`."""
        letter = await self._mailbox.next()
        try:
            await self._mailbox.say(self._conversation.answer(letter))
            # Whoever falls silent now may have tried a word and seen that it was wrong.
            async with asyncio.timeout(ANSWER_WITHIN_S):
                self._conversation.accept(await self._mailbox.next())
        except (LetterError, TimeoutError) as error:
            await self._mailbox.leave(pb.ENDING_WRONG_CODE)
            raise QuickSendError(WRONG_CODE_THERE, pb.ENDING_WRONG_CODE) from error
        self._begin()

    async def meet_sender(self) -> None:
        """See that the sender knows the code. Raises `QuickSendError`, `RpcError`."""
        await self._mailbox.say(self._conversation.begin())
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                letter = await self._mailbox.next()
        except TimeoutError as error:
            raise QuickSendError("The sender does not answer. Ask for a new code.") from error
        except QuickSendError as error:
            if error.ending == pb.ENDING_WRONG_CODE:
                raise QuickSendError(WRONG_CODE_HERE, error.ending) from error
            raise
        try:
            confirmation = self._conversation.confirm(letter)
        except LetterError as error:
            await self._mailbox.leave(pb.ENDING_WRONG_CODE)
            raise QuickSendError(WRONG_CODE_HERE, pb.ENDING_WRONG_CODE) from error
        await self._mailbox.say(confirmation)
        self._begin()

    async def say(self, word: pb.Word) -> None:
        """Say a word. Raises `RpcError`; what was sealed by then goes ahead of the next word."""
        async with self._saying:
            await self._say_sealed()
            self._unsaid = self._conversation.seal(word)
            await self._say_sealed()

    async def next(self) -> pb.Word:
        """Return the next word that is no signal. Raises `QuickSendError` after the last."""
        word = await self._words.get()
        if isinstance(word, QuickSendError):
            raise word
        return word

    async def relays(self) -> pb.RelaysReply:
        """Return the relay for this channel. Raises `RpcError`."""
        return await self._mailbox.relays()

    async def close(self, ending: pb.Ending) -> None:
        """End the channel, if it has not ended yet."""
        if self._reading is not None:
            await call_off(self._reading)
        await self._mailbox.leave(ending)
        await self._mailbox.close()

    async def _say_sealed(self) -> None:
        """Say the letter that waits. Another in its place would not open there (QUICK10, QUICK11)."""
        if self._unsaid is not None:
            await self._mailbox.say(self._unsaid)
            self._unsaid = None

    def _begin(self) -> None:
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        while True:
            try:
                word = self._conversation.open(await self._mailbox.next())
            except LetterError:
                await self._words.put(QuickSendError(_CHANGED))
                return
            except QuickSendError as error:
                await self._words.put(error)
                return
            if word.HasField("signal"):
                self.signals.heard(word.signal)
            else:
                await self._words.put(word)


class Signals(Pushes):
    """What a `PeerSession` takes for connection and pushes: its three questions, asked of the other end.

    So DTLS fingerprints travel under the code's key, and a server that changes them is found out.
    """

    def __init__(self, meeting: Meeting) -> None:
        super().__init__()
        self._meeting = meeting
        self._said: deque[peers_pb2.Said] = deque(maxlen=_SIGNALS_MAX)
        self._number = 0

    def heard(self, signal: peers_pb2.Signal) -> None:
        """Hand on what the other end said."""
        self._number += 1
        said = peers_pb2.Said(session=SESSION, number=self._number, signal=signal)
        self._said.append(said)
        for listener in self._listeners:
            listener.on_notice(said)

    async def call(self, method: Method[Any, Any], request: Body, **_options: float) -> Any:
        """Answer as the server's `Peers` would. Raises `RpcError`."""
        if method is methods.SAY and isinstance(request, peers_pb2.SayRequest):
            await self._meeting.say(pb.Word(signal=request.signal))
            return peers_pb2.SayReply()
        if method is methods.FETCH and isinstance(request, peers_pb2.FetchRequest):
            missed = [said for said in self._said if said.number > request.after]
            return peers_pb2.FetchReply(said=missed)
        if method is methods.GET_ICE_SERVERS:
            reply = await self._meeting.relays()
            return peers_pb2.GetIceServersReply(servers=reply.servers, expires_at_ms=reply.expires_at_ms)
        raise NotFound("A quick send has no such method.", reason="unknown_method")
