"""What counts as one emoji. No I/O."""

from __future__ import annotations

import re

from hutong.platform.errors import InvalidArgument

EMOJI_BYTES_MAX = 32

# The shapes of Unicode's UTS #51, over the blocks emoji live in: lists of the emoji there are go out of date.
_PICTOGRAPH = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_ELEMENT = f"{_PICTOGRAPH}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"  # as a picture, or with a skin tone
_TAGGED = "\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"  # a region's flag
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_EMOJI = re.compile(f"{_TAGGED}|{_ELEMENT}(?:\u200d{_ELEMENT})*|{_FLAG}|{_KEYCAP}")


def one_emoji(text: str) -> str:
    """Return one emoji as it is. Raises `InvalidArgument` for anything else."""
    if len(text.encode()) > EMOJI_BYTES_MAX or not _EMOJI.fullmatch(text):
        raise InvalidArgument("This is not one emoji.", reason="not_an_emoji")
    return text
