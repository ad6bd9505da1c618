"""Rules for groups. No I/O."""

from __future__ import annotations

import re

from hutong.features.chat.api import Settings
from hutong.platform.errors import InvalidArgument
from hutong.platform.text import is_line, line
from hutong.schema import chat_pb2

TITLE_CHARACTERS_MAX = 64
MEMBERS_MAX = 500
ADMINS_MAX = 20
NICKNAME_CHARACTERS_MAX = 32
ANNOUNCEMENT_CHARACTERS_MAX = 2_000
MUTE_S_MAX = 10 * 365 * 24 * 3600
DISAPPEAR_S_MIN = 60
DISAPPEAR_S_MAX = 365 * 24 * 3600


def title(text: str) -> str:
    """Return a group's title. Raises `InvalidArgument`."""
    return line(text, what="A title", maximum=TITLE_CHARACTERS_MAX)


def nickname(text: str) -> str:
    """Return what somebody is called in a group, '' for their own name. Raises `InvalidArgument`."""
    return line(text, what="A nickname", maximum=NICKNAME_CHARACTERS_MAX, minimum=0)


def settings(given: chat_pb2.GroupSettings) -> Settings:
    """Return a group's settings. Raises `InvalidArgument`."""
    if given.inviting not in chat_pb2.Inviting.values():
        raise InvalidArgument("This setting is not known here.", reason="unknown_setting")
    announcement = given.announcement.strip()
    if len(announcement) > ANNOUNCEMENT_CHARACTERS_MAX:
        raise InvalidArgument(
            f"An announcement has at most {ANNOUNCEMENT_CHARACTERS_MAX} characters.", reason="too_long"
        )
    if not all(is_line(each) for each in re.split(r"[\n\t]", announcement)):
        raise InvalidArgument(
            "The announcement has characters that cannot be shown.", reason="bad_characters"
        )
    return Settings(given.inviting, given.approval, given.history, given.admins_write, announcement)


def check_muting(until_ms: int, now_ms: int) -> None:
    """Refuse a time until which nobody can be muted; 0 ends it. Raises `InvalidArgument`."""
    if until_ms and not now_ms < until_ms <= now_ms + MUTE_S_MAX * 1000:
        raise InvalidArgument("Muting ends within ten years from now.", reason="bad_time")


def check_disappearing(seconds: int) -> None:
    """Refuse what is neither never nor a minute to a year. Raises `InvalidArgument`."""
    if seconds and not DISAPPEAR_S_MIN <= seconds <= DISAPPEAR_S_MAX:
        raise InvalidArgument("Messages disappear after a minute to a year, or never.", reason="bad_time")
