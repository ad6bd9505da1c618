"""The `Chat` service, in three parts."""

from __future__ import annotations

from hutong.features.chat import store
from hutong.features.chat.groups import Groups
from hutong.features.chat.messages import Messages
from hutong.features.chat.overview import Overview
from hutong.features.chat.rooms import Rooms
from hutong.platform.feature import Platform


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.chat.Chat`."""
    rooms = Rooms()
    overview = Overview(platform)
    platform.logs.register("chat", lambda read, user, name: store.joined(read, f"chat:{name}", user))
    return Messages(platform, rooms), Groups(platform, rooms, overview), overview
