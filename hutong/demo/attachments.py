"""Pictures and files: made once, uploaded by whoever shows them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from hutong.demo.content import Community
from hutong.demo.drawing import gallery
from hutong.local import Client
from hutong.schema import chat_pb2, files_pb2

CHUNK_BYTES = 256 * 1024
# Text gets a byte order mark: without one, browsers and spreadsheets may take Chinese for something else.
MEDIA_TYPES = {".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes with a name."""

    name: str
    media_type: str
    data: bytes


def draw_portrait(name: str) -> Made:
    """Draw a profile picture."""
    return Made(f"{name}.png", "image/png", gallery.portrait(name))


def draw_all(community: Community) -> dict[tuple[str, str], Made]:
    """Make what the conversations show, by kind and name."""
    made: dict[tuple[str, str], Made] = {}
    for room in community.rooms:
        for line in room.script.lines:
            if line.kind == "picture":
                jpeg = gallery.scene(line.text)
                made["picture", line.text] = Made(f"{line.text}.jpg", "image/jpeg", jpeg)
            elif line.kind == "file":
                made["file", line.text] = _file(line.text, community.files[line.text])
    return made


def _file(name: str, description: dict[str, str]) -> Made:
    if "sheet" in description:
        data = gallery.sheet(description["sheet"])
    else:
        data = description["text"].lstrip().encode("utf-8-sig")
    return Made(name, MEDIA_TYPES[PurePath(name).suffix], data)


async def upload(client: Client, made: Made) -> files_pb2.FinishReply:
    """Store the bytes; return what the server says they are."""
    sha256 = hashlib.sha256(made.data).digest()
    begin = files_pb2.BeginRequest(size_bytes=len(made.data), sha256=sha256, media_type=made.media_type)
    begun: files_pb2.BeginReply = await client.call("Files.Begin", begin)
    # With a blob this person has already, `Finish` only says what it is.
    offset = begun.offset if begun.upload else len(made.data)
    while offset < len(made.data):
        chunk = made.data[offset : offset + CHUNK_BYTES]
        write = files_pb2.WriteRequest(upload=begun.upload, offset=offset, data=chunk)
        offset = (await client.call("Files.Write", write)).offset
    finish = files_pb2.FinishRequest(upload=begun.upload or begun.blob)
    finished: files_pb2.FinishReply = await client.call("Files.Finish", finish)
    return finished


async def content(client: Client, kind: str, made: Made) -> chat_pb2.Content:
    """Upload something and return the message that shows it."""
    stored = await upload(client, made)
    if kind == "file":
        file = chat_pb2.File(
            blob=stored.blob, name=made.name, size_bytes=len(made.data), media_type=made.media_type
        )
        return chat_pb2.Content(file=file)
    picture = chat_pb2.Picture(
        blob=stored.blob,
        thumbnail=stored.thumbnail,
        width=stored.width,
        height=stored.height,
        name=made.name,
        size_bytes=len(made.data),
        media_type=made.media_type,
    )
    return chat_pb2.Content(picture=picture)
