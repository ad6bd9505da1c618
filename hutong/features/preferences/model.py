"""What may be set. No I/O."""

from __future__ import annotations

import datetime
import zoneinfo

from hutong.platform.errors import InvalidArgument
from hutong.schema import preferences_pb2 as pb

MINUTES_A_DAY = 24 * 60
LANGUAGES = frozenset({"", "en", "zh"})
MUTED_FOR_GOOD = -1
DRAFT_CHARACTERS_MAX = 8_000  # as long as a message


def check_account(account: pb.Account) -> None:
    """Refuse what no client of ours sends. Raises `InvalidArgument`."""
    if account.last_seen not in pb.Audience.values():
        raise InvalidArgument("This audience is not known here.", reason="unknown_audience")
    if account.language not in LANGUAGES:
        raise InvalidArgument("This language is not known here.", reason="unknown_language")
    quiet = account.quiet
    if max(quiet.from_min, quiet.to_min) >= MINUTES_A_DAY:
        raise InvalidArgument("A day has 1440 minutes.", reason="bad_minutes")
    if quiet.zone:
        try:
            zoneinfo.ZoneInfo(quiet.zone)
        except (KeyError, ValueError, OSError) as error:  # not found, no such key, a folder of zones
            raise InvalidArgument("This time zone is not known here.", reason="unknown_zone") from error


def check_conversation(conversation: pb.Conversation) -> None:
    """Refuse what is no state of a conversation. Raises `InvalidArgument`."""
    if conversation.pinned_at_ms < 0 or conversation.muted_until_ms < MUTED_FOR_GOOD:
        raise InvalidArgument("This is no time.", reason="bad_time")


def check_draft(draft: pb.Draft) -> None:
    """Refuse what could not be sent. Raises `InvalidArgument`."""
    if len(draft.text) > DRAFT_CHARACTERS_MAX:
        raise InvalidArgument(f"A message has at most {DRAFT_CHARACTERS_MAX} characters.", reason="too_long")


def is_muted(conversation: pb.Conversation, at_ms: int) -> bool:
    """Tell whether a conversation is to be silent at a moment."""
    return conversation.muted_until_ms == MUTED_FOR_GOOD or conversation.muted_until_ms > at_ms


def is_quiet(account: pb.Account, at_ms: int) -> bool:
    """Tell whether a moment is in a user's do-not-disturb time, in their own time zone."""
    quiet = account.quiet
    if quiet.from_min == quiet.to_min:
        return False
    zone = zoneinfo.ZoneInfo(quiet.zone or "UTC")
    local = datetime.datetime.fromtimestamp(at_ms / 1000, zone)
    minute = local.hour * 60 + local.minute
    if quiet.from_min < quiet.to_min:
        return quiet.from_min <= minute < quiet.to_min
    return minute >= quiet.from_min or minute < quiet.to_min
