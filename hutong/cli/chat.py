"""`hutong chat`: a conversation in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Annotated

import typer

from hutong.cli.places import place_of
from hutong.cli.session import HomeOption, ServerOption, lines, run, safe, tell, tell_error, with_client
from hutong.client import Client, Conversation, Event, Message
from hutong.client.streams import EventStream
from hutong.platform.errors import RpcError
from hutong.schema import chat_pb2, transfers_pb2

_HISTORY = 20
# In the sentence on who can read a conversation.
_NAMED_MAX = 5
# Input that is piped in: the last sends may still be on their way when it ends.
_UNSENT_MAX = 100


def chat(
    place: Annotated[
        str | None,
        typer.Argument(
            help="A handle, the title of a group, or a link into one; without, everybody is shown.",
        ),
    ] = None,
    server: ServerOption = None,
    home: HomeOption = None,
) -> None:
    """Read and write messages: each line you type is sent.

    Without a place, a line that begins with @handle goes to that person, any other to whoever spoke last.
    """

    async def work(me: Client) -> None:
        await _Chat(me).run(place)

    run(with_client(server, home, work))


class _Chat:
    """One run of the command."""

    def __init__(self, me: Client) -> None:
        self._me = me
        self._only: Conversation | None = None
        self._current: Conversation | None = None
        self._sent: dict[str, int] = {}
        self._keys: set[bytes] = set()
        self._told: dict[tuple[str, str, str], int] = {}

    async def run(self, place: str | None) -> None:
        me = self._me
        events = me.events()
        await me.caught_up()
        if place is not None:
            self._only = self._current = await place_of(me, place)
            if self._only is None:
                tell("You have asked to be let in. Come again when an admin has said yes.")
                return
            await self._introduce(self._only)
        else:
            tell(f"Signed in as @{me.me.handle}. A line that begins with @handle goes to that person.")
        showing = asyncio.create_task(self._show(events))
        writing = asyncio.create_task(self._write())
        try:
            done, _ = await asyncio.wait([showing, writing], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (showing, writing):
                task.cancel()
            await asyncio.wait([showing, writing])

    async def _introduce(self, conversation: Conversation) -> None:
        tell(f"[bold]{safe(conversation.title)}[/]")
        tell(f"[dim]{safe(who_can_read(self._me, conversation))}[/]")
        messages = await self._me.history(conversation, limit=_HISTORY)
        for message in messages:
            self._print(message)
        if messages:
            await self._me.mark_read(conversation.log, messages[-1].seq)

    # ---- what comes ----

    async def _show(self, events: EventStream) -> None:
        async for event in events:
            if isinstance(event, chat_pb2.MarkMoved):
                await self._show_mark(event)
            elif isinstance(event, Event):
                await self._show_event(event)

    async def _show_event(self, event: Event) -> None:
        me = self._me
        if self._only is not None and event.log != self._only.log:
            return
        if isinstance(event.body, transfers_pb2.TransferOffered) and event.author != me.me.user:
            author = await me.person(event.author)
            name = safe(event.body.name)
            tell(f"[cyan]{safe(author.name)} offers {name}.[/] Take it with: hutong receive")
            return
        message = await me.message(event)
        if message is None or event.key in self._keys:
            return  # the terminal shows what was typed here
        self._current = self._only or message.conversation
        self._print(message)
        if not message.mine:
            with contextlib.suppress(RpcError):
                await me.mark_read(message)

    async def _show_mark(self, mark: chat_pb2.MarkMoved) -> None:
        """Say once how far the other side has got with what was sent from here."""
        sent = self._sent.get(mark.log, 0)
        if not sent or mark.user == self._me.me.user:
            return
        word, seq = ("has read", mark.read) if mark.read >= sent else ("received", mark.delivered)
        if seq < sent or self._told.get((mark.log, mark.user, word), 0) >= sent:
            return
        self._told[mark.log, mark.user, word] = sent
        person = await self._me.person(mark.user)
        tell(f"[dim]  {safe(person.name)} {word} it.[/]")

    def _print(self, message: Message) -> None:
        clock = time.strftime("%H:%M", time.localtime(message.at_ms / 1000))
        name = "you" if message.mine else safe(message.author.name)
        where = (
            ""
            if self._only is not None or not message.conversation.group
            else (f" [dim]in {safe(message.conversation.title)}[/]")
        )
        tell(f"[dim]{clock}[/] [bold]{name}[/]{where}: {safe(_words(message.content))}")

    # ---- what goes ----

    async def _write(self) -> None:
        queue = await lines()
        unsent: set[asyncio.Task[None]] = set()
        while (line := await queue.get()) is not None:
            if not line.strip():
                continue
            to, text = await self._addressed(line)
            if to is None:
                tell_error("To whom? Begin the line with @handle.")
                continue
            if len(unsent) >= _UNSENT_MAX:
                await asyncio.wait(unsent, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._send(to, text))
            unsent.add(task)
            task.add_done_callback(unsent.discard)
        if unsent:
            await asyncio.gather(*unsent)

    async def _addressed(self, line: str) -> tuple[Conversation | None, str]:
        if self._only is None and line.startswith("@"):
            handle, _, text = line.partition(" ")
            try:
                self._current = await self._me.open(handle)
            except RpcError as error:
                tell_error(str(error))
                return None, ""
            return self._current, text or "👋"
        return self._only or self._current, line

    async def _send(self, to: Conversation, text: str) -> None:
        key = self._me.connection.new_key()
        self._keys.add(key)
        try:
            sent = await self._me.send_text(to, text, key=key)
        except RpcError as error:
            tell_error(f"Not sent: {error}")
            return
        self._sent[to.log] = max(sent.seq, self._sent.get(to.log, 0))
        tell(f"[dim]  sent to {safe(to.title)}[/]")


def who_can_read(me: Client, conversation: Conversation) -> str:
    """Return the sentence on who can read a conversation."""
    others = [each.person.name for each in conversation.members if each.person.user != me.me.user]
    named = others[:_NAMED_MAX]
    rest = conversation.member_count - 1 - len(named)
    people = ", ".join(["you", *named, *([f"{rest} more"] if rest > 0 else [])])
    sentence = (
        f"Messages here can be read by {people}, and whoever runs the server {me.server_name}: "
        "they are stored there."
    )
    if not me.address.encrypted and not me.address.loopback:
        sentence += " On the network it can be seen that you talk, and how much, but not what."
    return sentence


def _words(content: chat_pb2.Content) -> str:
    match content.WhichOneof("kind"):
        case "text":
            return content.text
        case "picture":
            return f"[picture {content.picture.name}]"
        case "file":
            return f"[file {content.file.name}, {content.file.size_bytes} bytes]"
        case _:
            return "[something this version cannot show]"
