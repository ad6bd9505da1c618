"""Which words of a message are found, and as what kind it counts. No I/O."""

from __future__ import annotations

import re

from hutong.schema import chat_pb2
from hutong.schema import search_pb2 as pb

_LINK = re.compile(r"https?://", re.IGNORECASE)
_KINDS: dict[str, int] = {
    "text": pb.KIND_TEXT,
    "picture": pb.KIND_PICTURE,
    "file": pb.KIND_FILE,
    "voice": pb.KIND_VOICE,
    "video": pb.KIND_VIDEO,
    "poll": pb.KIND_POLL,
}


def kinds_of(content: chat_pb2.Content) -> frozenset[int]:
    """Return as what a message is found, of `hutong.search.Kind`."""
    kinds = {_KINDS.get(content.WhichOneof("kind") or "", 0)}
    if content.HasField("preview") or _LINK.search(content.text):
        kinds.add(pb.KIND_LINK)
    return frozenset(kinds - {0})


def words_of(content: chat_pb2.Content) -> str:
    """Return everything in a message that people read, a line each."""
    return "\n".join(line for line in _lines(content) if line)


def _lines(content: chat_pb2.Content) -> list[str]:
    preview = content.preview
    match content.WhichOneof("kind"):
        case "text":
            return [content.text, preview.title, preview.description, preview.site]
        case "picture":
            return [content.picture.name]
        case "file":
            return [content.file.name]
        case "video":
            return [content.video.name]
        case "location":
            return [content.location.name, content.location.address]
        case "card":
            return [content.card.profile.name, content.card.profile.handle]
        case "poll":
            return [content.poll.question, *content.poll.options]
        case "bundle":
            inner = [words_of(each.content) for each in content.bundle.messages]
            return [content.bundle.title, *inner]
    return []
