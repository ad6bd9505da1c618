"""Bots in a few lines.

```python
bot = Bot("https://chat.example.org", token="helper:...")


@bot.on_message
async def answer(message: BotMessage) -> None:
    await message.reply(f"You said: {message.text}")


bot.run()
```
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from hutong.client.address import Address
from hutong.client.client import Client
from hutong.client.contacts import Relation
from hutong.client.models import Conversation, Event, Message, Sent
from hutong.platform import journal
from hutong.platform.errors import FailedPrecondition, NotFound
from hutong.platform.rpc import KEY_BYTES
from hutong.schema import chat_pb2, contacts_pb2

# A bot outlives the restarts of its server.
_PATIENCE_S = 24 * 3600.0

log = journal.get(__name__)


class BotMessage:
    """Something that somebody said to the bot, or in a group it is in."""

    def __init__(self, client: Client, message: Message) -> None:
        self._client = client
        self._replies = 0
        self.message = message

    @property
    def text(self) -> str:
        """The text, '' for anything else; `message.content` has it all."""
        return self.message.text

    @property
    def conversation(self) -> Conversation:
        """Where it was said."""
        return self.message.conversation

    async def reply(self, text: str) -> Sent:
        """Answer in the same conversation."""
        return await self.send(chat_pb2.Content(text=text))

    async def send(self, content: chat_pb2.Content) -> Sent:
        """Answer with any content.

        The n-th answer to a message is sent once, also by a bot that was killed after sending it and is
        given the message again.
        """
        self._replies += 1
        name = f"{self._client.me.user} {self.message.log} {self.message.seq} {self._replies}"
        key = hashlib.sha256(f"hutong bot {name}".encode()).digest()[:KEY_BYTES]
        return await self._client.send(self.conversation, content, key=key)


Handler = Callable[[BotMessage], Awaitable[object]]


class Bot:
    """A program with an account. `token` is what `hutong.bots.Bots.CreateBot` returned.

    It is given every message, those of the time it was away included: what it has dealt with is marked as
    read, and the server keeps that. It becomes a contact of whoever asks for it (`friendly`). `home` is the
    folder for its key and how far it has come.
    """

    def __init__(
        self, address: Address | str, token: str, *, home: Path | None = None, friendly: bool = True
    ) -> None:
        self._handle, _, self._password = token.partition(":")
        if not self._password:
            raise ValueError("a token is made of a handle, a colon and a password")
        self._friendly = friendly
        self._handlers: list[Handler] = []
        self.client = Client(address, home=home, unread=True, patience_s=_PATIENCE_S)

    def on_message(self, handler: Handler) -> Handler:
        """Call `handler` with what others say, one message after the other. A decorator."""
        self._handlers.append(handler)
        return handler

    def run(self) -> None:
        """Serve until Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(self.serve())

    async def serve(self) -> None:
        """Serve until cancelled. Raises `Unauthenticated` for a token that is not valid any more."""
        async with self.client as client:
            if not client.signed_in:
                await client.log_in(self._handle, self._password, device_name="Bot")
            stream = client.events()
            await self._greet()
            log.info("bot_listens", handle=client.me.handle)
            async for event in stream:
                if isinstance(event, Event):
                    # The bot may be out of the conversation by now: that is no reason to leave the others.
                    with contextlib.suppress(NotFound):
                        await self._take(event)

    async def _take(self, event: Event) -> None:
        if isinstance(event.body, contacts_pb2.ContactChanged):
            await self._greet()
        message = await self.client.message(event)
        if message is None or message.mine:
            return
        given = BotMessage(self.client, message)  # one for all: their answers are counted together
        for handler in self._handlers:
            # One message that the program cannot digest must not keep it from all the others.
            try:
                await handler(given)
            except Exception:
                log.exception("bot_handler_failed", conversation=message.log, seq=message.seq)
        await self.client.mark_read(message)

    async def _greet(self) -> None:
        if self._friendly:
            for contact in await self.client.contacts.list():
                if contact.relation is Relation.ASKED:
                    with contextlib.suppress(FailedPrecondition):  # taken back a moment ago
                        await self.client.contacts.answer(contact.person, accept=True)
