"""Makes one copy: reads a user's logs page by page and writes a ZIP, with little of either in memory."""

from __future__ import annotations

import asyncio
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message

from hutong.features.belongings import pages
from hutong.features.chat.api import Chat, Traces
from hutong.features.files.api import Files
from hutong.features.identity.api import Identity
from hutong.features.preferences.api import Preferences
from hutong.platform.database import Executor
from hutong.platform.errors import NotFound
from hutong.platform.events import class_of, kind_of
from hutong.platform.feature import Platform
from hutong.platform.log import PAGE_EVENTS_MAX, read_page
from hutong.schema import chat_pb2, log_pb2

_FILE_PART_BYTES = 1024 * 1024
_SUFFIX_CHARACTERS_MAX = 8
_SAID = kind_of(chat_pb2.MessageSent)


class Copying:
    """One copy on its way. `progress` hears percents."""

    def __init__(self, platform: Platform, user: str, progress: Callable[[int], object]) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._traces = platform.use(Traces)
        self._stored = platform.use(Files)
        self._identity = platform.use(Identity)
        self._preferences = platform.use(Preferences)
        self._user = user
        self._progress = progress
        self._words: Mapping[str, str] = pages.WORDS["en"]
        self._language = "en"
        self._names: dict[str, str] = {}
        self._files: dict[str, str] = {}  # where a blob is in the copy

    async def write(self, path: Path, *, files: bool) -> None:
        """Write the ZIP."""
        account, profile, logs = await self._platform.read(self._about)
        self._language = account.language or "en"
        self._words = pages.WORDS[self._language]
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=path.parent)))
            archive = stack.enter_context(zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED))
            about = {"profile": MessageToDict(profile), "preferences": MessageToDict(account)}
            archive.writestr("account.json", json.dumps(about, ensure_ascii=False, indent=1))
            await self._copy_log(archive, folder, f"inbox:{self._user}", "inbox")
            entries: list[str] = []
            for number, log in enumerate(logs, 1):
                title, name = await self._title(log), f"conversations/{number:04}"
                await self._copy_conversation(archive, folder, log, name, title, files=files)
                entries.append(f"<li>{pages.link(f'{name}.html', title)}</li>")
                self._progress(number * 99 // len(logs))
            archive.writestr("index.html", self._index(entries))

    def _about(self, read: Executor) -> tuple[Any, Any, list[str]]:
        user = self._user
        profile = self._identity.profiles(read, [user])[user]
        return self._preferences.account(read, user), profile, self._traces.logs(read, user)

    def _index(self, entries: list[str]) -> str:
        words = self._words
        return (
            f"{pages.beginning(self._language, words['title'])}"
            f"<p>{words['made']}{pages.moment(self._platform.clock.now_ms())}</p>"
            f"<h2>{words['conversations']}</h2><ul>{''.join(entries)}</ul>"
            f"{pages.link('account.json', 'account.json')}{pages.link('inbox.json', 'inbox.json')}{pages.END}"
        )

    # ---- one log ----

    async def _copy_conversation(
        self, archive: zipfile.ZipFile, folder: Path, log: str, name: str, title: str, *, files: bool
    ) -> None:
        """Copy a conversation as a page and as data."""
        newest = await self._newest_wordings(log)
        page = folder / "page.html"
        with page.open("w", encoding="utf-8") as output:
            output.write(pages.beginning(self._language, title))
            async for event in self._events(log):
                if event.kind == _SAID:
                    output.write(await self._said(archive, event, newest.get(event.seq), files=files))
            output.write(pages.link(f"{PurePosixPath(name).name}.json", self._words["raw"]) + pages.END)
        await asyncio.to_thread(archive.write, page, f"{name}.html")
        await self._copy_log(archive, folder, log, name)

    async def _copy_log(self, archive: zipfile.ZipFile, folder: Path, log: str, name: str) -> None:
        """Copy a log as data: one event a line."""
        data = folder / "log.json"
        with data.open("w", encoding="utf-8") as output:
            comma = "["
            async for event in self._events(log):
                output.write(f"{comma}\n{_json(event)}")
                comma = ","
            output.write("[]\n" if comma == "[" else "\n]\n")
        await asyncio.to_thread(archive.write, data, f"{name}.json")

    async def _newest_wordings(self, log: str) -> dict[int, chat_pb2.Content]:
        newest: dict[int, chat_pb2.Content] = {}
        async for event in self._events(log):
            body = _body(event)
            if isinstance(body, chat_pb2.MessageEdited):
                newest[body.seq] = body.content
        return newest

    async def _said(
        self,
        archive: zipfile.ZipFile,
        event: log_pb2.Event,
        newest: chat_pb2.Content | None,
        *,
        files: bool,
    ) -> str:
        body = _body(event)
        content = newest or (body.content if isinstance(body, chat_pb2.MessageSent) else None)
        if content is not None and files:
            for blob in self._chat.blobs(content):
                await self._copy_file(archive, blob, content)
        return pages.message(
            self._words,
            await self._name(event.author),
            event.at_ms,
            content,
            self._path_of,
            edited=newest is not None,
        )

    async def _events(self, log: str) -> AsyncIterator[log_pb2.Event]:
        """Yield what the user may read; nothing more once they may not."""
        after = 0

        def page(read: Executor) -> log_pb2.Page:
            first = self._platform.logs.first_readable(read, self._user, log)
            if not first:
                return log_pb2.Page()
            start = max(after, first - 1)
            return read_page(read, log, reader=self._user, after=start, limit=PAGE_EVENTS_MAX)

        while events := (await self._platform.read(page)).events:
            for event in events:
                yield event
            after = events[-1].seq

    # ---- what events name ----

    def _path_of(self, blob: str) -> str:
        """Return where a blob is, seen from a conversation's page."""
        return f"../{self._files[blob]}" if blob in self._files else ""

    async def _copy_file(self, archive: zipfile.ZipFile, blob: str, content: chat_pb2.Content) -> None:
        if blob in self._files:
            return
        try:
            shown = await self._platform.read(lambda read: self._stored.shown(read, self._user, blob))
        except NotFound:
            return
        name = f"files/{blob[:16]}{_suffix(content)}"
        with archive.open(name, "w", force_zip64=True) as entry:
            for offset in range(0, shown.size_bytes, _FILE_PART_BYTES):
                length = min(_FILE_PART_BYTES, shown.size_bytes - offset)
                part = await self._platform.blobs.get(blob, offset, length)
                await asyncio.to_thread(entry.write, part)
        self._files[blob] = name

    async def _name(self, user: str) -> str:
        if user not in self._names:
            profiles = await self._platform.read(lambda read: self._identity.profiles(read, [user]))
            self._names[user] = profiles[user].name if user in profiles else ""
        return self._names[user]

    async def _title(self, log: str) -> str:
        title, others = await self._platform.read(lambda read: self._traces.title(read, log, self._user))
        names = [await self._name(other) for other in others]
        return title or ", ".join(names) or self._words["saved"]


def _body(event: log_pb2.Event) -> Message | None:
    """Return what an event says; None when it was taken back."""
    kind = class_of(event.kind)
    if kind is None or not event.body:
        return None
    try:
        return kind.FromString(event.body)
    except DecodeError:
        return None


def _json(event: log_pb2.Event) -> str:
    body = _body(event)
    line = {
        "seq": event.seq,
        "at_ms": event.at_ms,
        "author": event.author,
        "kind": body.DESCRIPTOR.full_name if body is not None else event.kind,
        "body": MessageToDict(body) if body is not None else None,
    }
    return json.dumps(line, ensure_ascii=False)


def _suffix(content: chat_pb2.Content) -> str:
    """Return the ending of a file's own name, if it is a harmless one."""
    kind = content.WhichOneof("kind")
    if kind == "voice":
        return ".ogg"
    name = getattr(getattr(content, kind), "name", "") if kind in {"picture", "file", "video"} else ""
    suffix = PurePosixPath(name).suffix
    return suffix if suffix[1:].isalnum() and len(suffix) <= _SUFFIX_CHARACTERS_MAX else ""
