"""Who is here: somebody looks at one of their devices, or did a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hutong.platform.clock import Clock, Timer
from hutong.platform.sessions import Sessions

# A phone that goes from one network to the next is not somebody who leaves.
GRACE_S = 20.0


class Here:
    """Follows the connected devices; `changed(user, here)` hears of arrivals and departures."""

    def __init__(self, clock: Clock, sessions: Sessions, changed: Callable[[str, bool], object]) -> None:
        self._clock = clock
        self._sessions = sessions
        self._changed = changed
        self._background: dict[str, set[str]] = {}  # devices nobody looks at, of connected users
        self._leaving: dict[str, Timer] = {}
        self.users: set[str] = set()
        sessions.on_devices(self.look)

    def say(self, user: str, device: str, *, here: bool) -> None:
        """Somebody looks at a device, or no longer."""
        devices = self._background.setdefault(user, set())
        if here:
            devices.discard(device)
        else:
            devices.add(device)
        self.look(user)

    def look(self, user: str) -> None:
        """Find out whether a user is here; their devices, or what they do with them, changed."""
        if self._sessions.closing:
            return
        connected = self._sessions.devices(user)
        background = self._background.get(user, set()) & connected
        if background:
            self._background[user] = background
        else:
            self._background.pop(user, None)
        if connected - background:
            leaving = self._leaving.pop(user, None)
            if leaving is not None:
                leaving.cancel()
            if user not in self.users:
                self.users.add(user)
                self._changed(user, True)
        elif user in self.users and user not in self._leaving:
            self._leaving[user] = self._clock.call_later(GRACE_S, partial(self._gone, user))

    def stop(self) -> None:
        """Look no longer."""
        for timer in self._leaving.values():
            timer.cancel()
        self._leaving.clear()

    def _gone(self, user: str) -> None:
        del self._leaving[user]
        self.users.discard(user)
        self._changed(user, False)
