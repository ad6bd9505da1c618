"""Rules for messages and groups. No I/O."""

from __future__ import annotations

from hutong.platform.errors import InvalidArgument
from hutong.platform.text import check_file_name, check_media_type, line
from hutong.schema import chat_pb2

TEXT_CHARACTERS_MAX = 8_000
TITLE_CHARACTERS_MAX = 64
MEMBERS_MAX = 100
PICTURE_SIDE_MAX = 30_000


def check_content(content: chat_pb2.Content) -> list[str]:
    """Return the blobs a message shows. Raises `InvalidArgument` for what cannot be shown."""
    match content.WhichOneof("kind"):
        case "text":
            if not content.text.strip():
                raise InvalidArgument("The message is empty.", reason="empty")
            if len(content.text) > TEXT_CHARACTERS_MAX:
                raise InvalidArgument(
                    f"A message has at most {TEXT_CHARACTERS_MAX} characters.", reason="too_long"
                )
            return []
        case "picture":
            picture = content.picture
            if max(picture.width, picture.height) > PICTURE_SIDE_MAX:
                raise InvalidArgument("The picture is too large.", reason="bad_size")
            check_file_name(picture.name)
            check_media_type(picture.media_type)
            return [picture.blob, picture.thumbnail] if picture.thumbnail else [picture.blob]
        case "file":
            check_file_name(content.file.name)
            check_media_type(content.file.media_type)
            return [content.file.blob]
        case _:
            raise InvalidArgument("This kind of message is not known here.", reason="unknown_content")


def title(text: str) -> str:
    """Return a group's title. Raises `InvalidArgument`."""
    return line(text, what="A title", maximum=TITLE_CHARACTERS_MAX)
