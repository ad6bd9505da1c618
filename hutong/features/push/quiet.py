"""When a push is left out. No I/O.

By the time of the event, so that a restart in the morning does not bring what was said at night.
"""

from __future__ import annotations

import datetime
import zoneinfo

from hutong.features.push.model import mentions
from hutong.platform.log import Stored
from hutong.schema import preferences_pb2 as pb

MUTED_FOR_GOOD = -1


def may_sound(account: pb.Account, conversation: pb.Conversation, event: Stored, user: str) -> bool:
    """Tell whether a user wants to hear of an event: not at night; of muted conversations mentions only."""
    if is_quiet(account.quiet, event.at_ms):
        return False
    until_ms = conversation.muted_until_ms
    if until_ms == MUTED_FOR_GOOD or until_ms > event.at_ms:
        return conversation.mentions and mentions(event, user)
    return True


def is_quiet(quiet: pb.Quiet, at_ms: int) -> bool:
    """Tell whether a moment lies in a user's do-not-disturb hours, in their own time zone."""
    if quiet.from_min == quiet.to_min:
        return False
    zone = zoneinfo.ZoneInfo(quiet.zone or "UTC")
    local = datetime.datetime.fromtimestamp(at_ms / 1000, zone)
    minute = local.hour * 60 + local.minute
    if quiet.from_min < quiet.to_min:
        return quiet.from_min <= minute < quiet.to_min
    return minute >= quiet.from_min or minute < quiet.to_min
