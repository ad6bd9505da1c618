"""How a client uploads, for the tests."""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from hutong.schema import chat_pb2
from hutong.schema import files_pb2 as pb
from hutong.testing import Client

CHUNK = 256 * 1024


def begin(data: bytes, media_type: str = "") -> pb.BeginRequest:
    digest = hashlib.sha256(data).digest()
    return pb.BeginRequest(size_bytes=len(data), sha256=digest, media_type=media_type)


def blob_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def write_all(client: Client, upload: str, data: bytes, offset: int = 0) -> None:
    while offset < len(data):
        request = pb.WriteRequest(upload=upload, offset=offset, data=data[offset : offset + CHUNK])
        offset = (await client.call("Files.Write", request)).offset


async def upload(client: Client, data: bytes) -> pb.FinishReply:
    begun = await client.call("Files.Begin", begin(data))
    await write_all(client, begun.upload, data, begun.offset)
    reply: pb.FinishReply = await client.call(
        "Files.Finish", pb.FinishRequest(upload=begun.upload or begun.blob)
    )
    return reply


async def read(client: Client, blob: str) -> bytes:
    data = b""
    while True:
        request = pb.ReadRequest(blob=blob, offset=len(data), length=CHUNK)
        reply: pb.ReadReply = await client.call("Files.Read", request)
        data += reply.data
        if len(data) >= reply.size_bytes:
            return data


def file_message(log: str, blob: str) -> chat_pb2.SendRequest:
    file = chat_pb2.File(blob=blob, name="report.pdf")
    return chat_pb2.SendRequest(log=log, content=chat_pb2.Content(file=file))


def picture_message(log: str, blob: str, thumbnail: str) -> chat_pb2.SendRequest:
    shown = chat_pb2.Picture(blob=blob, thumbnail=thumbnail, name="photo.png")
    return chat_pb2.SendRequest(log=log, content=chat_pb2.Content(picture=shown))


def picture(
    width: int, height: int, form: str = "PNG", mode: str = "RGB", orientation: int = 0, text: str = ""
) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    if text:
        exif[0x010E] = text
    out = io.BytesIO()
    image.convert(mode).save(out, form, exif=exif) if len(exif) else image.convert(mode).save(out, form)
    return out.getvalue()
