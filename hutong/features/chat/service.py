"""The `Chat` service, in parts."""

from __future__ import annotations

from hutong.features.chat import store
from hutong.features.chat.access import Access
from hutong.features.chat.disappearing import Disappearing
from hutong.features.chat.edits import Edits
from hutong.features.chat.erasing import Erasing
from hutong.features.chat.governing import Governing
from hutong.features.chat.groups import Groups
from hutong.features.chat.members import Members
from hutong.features.chat.messages import Messages
from hutong.features.chat.overview import Overview
from hutong.features.chat.rooms import Rooms
from hutong.features.chat.sending import Sending
from hutong.features.chat.standing import Standing
from hutong.features.chat.traces import Traces
from hutong.features.chat.unread import Unread
from hutong.features.files.api import Files
from hutong.platform.feature import Platform


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.chat.Chat`."""
    rooms = Rooms(platform.clock, platform.settings.rate_limit_factor)
    overview = Overview(platform)
    platform.logs.register("chat", lambda read, user, name: store.joined(read, f"chat:{name}", user))
    access = Access(platform, rooms)
    erasing = Erasing(platform.use(Files))
    disappearing = Disappearing(platform, erasing)
    sending = Sending(platform, access, disappearing.expect)
    return (
        Messages(platform, access, sending, erasing),
        Edits(platform, access, sending),
        Standing(platform, access),
        disappearing,
        Groups(platform, rooms, overview),
        Governing(platform, rooms),
        Members(platform, overview),
        Traces(platform, erasing),
        Unread(platform),
        overview,
    )
