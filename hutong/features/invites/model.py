"""Rules for links into groups. No I/O."""

from __future__ import annotations

import base64

from hutong.features.invites.store import Invite
from hutong.platform.errors import InvalidArgument, NotFound
from hutong.platform.text import line

# Ten bytes are sixteen signs: nobody finds a link by trying.
TOKEN_BYTES = 10
EXPIRES_S = 7 * 24 * 3600
EXPIRES_S_MAX = 365 * 24 * 3600
USES_MAX = 100_000
GREETING_CHARACTERS_MAX = 140


def token(random: bytes) -> str:
    """Return the name of a link: `TOKEN_BYTES` random bytes in small letters and digits."""
    return base64.b32encode(random).decode().lower()


def expires_at_ms(expires_s: int, now_ms: int) -> int:
    """Return when a link ends that lasts so long; 0 means a week. Raises `InvalidArgument`."""
    if expires_s > EXPIRES_S_MAX:
        raise InvalidArgument("A link lasts a year at most.", reason="bad_time")
    return now_ms + (expires_s or EXPIRES_S) * 1000


def check_uses(uses_max: int) -> None:
    """Refuse more uses than a number of people makes sense for; 0 is any number. Raises `InvalidArgument`."""
    if uses_max > USES_MAX:
        raise InvalidArgument(f"A link is used at most {USES_MAX} times.", reason="bad_uses")


def greeting(text: str) -> str:
    """Return what somebody says at the door, perhaps nothing. Raises `InvalidArgument`."""
    return line(text, what="A greeting", maximum=GREETING_CHARACTERS_MAX, minimum=0)


def is_open(invite: Invite, now_ms: int) -> bool:
    """Tell whether a link is neither over nor used up."""
    return now_ms < invite.expires_at_ms and not 0 < invite.uses_max <= invite.uses


def no_such_invite() -> NotFound:
    """Return the one error for links that never were, are over, used up, or taken back."""
    return NotFound("This invitation is not valid any more.", reason="no_such_invite")
