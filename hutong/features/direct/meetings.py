"""Which devices show which conversation, and which two of them meet. In memory, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from hutong.features.peers.api import Device

# A client says it again every four minutes; one that cannot has lost its connection, or its mind.
ATTENDS_S = 600.0


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two devices that may talk. `offerer` is the one that came last: the other is there already."""

    log: str
    session: str
    offerer: Device
    answerer: Device

    @property
    def ends(self) -> tuple[Device, Device]:
        """Both devices."""
        return self.offerer, self.answerer

    def other(self, device: Device) -> Device:
        """Return the end that is not this one."""
        return self.answerer if device == self.offerer else self.offerer


class Meetings:
    """A device attends one conversation at most, and a conversation has one meeting at most."""

    def __init__(self) -> None:
        self._attending: dict[Device, tuple[str, float]] = {}  # log, until when; the newest last
        self._meetings: dict[str, Meeting] = {}

    def attending(self, device: Device) -> str:
        """Return the conversation a device shows, or ''."""
        return self._attending.get(device, ("", 0.0))[0]

    def of_log(self, log: str) -> Meeting | None:
        """Return the meeting in a conversation."""
        return self._meetings.get(log)

    def devices(self, user: str) -> list[Device]:
        """Return a user's devices that attend anything."""
        return [device for device in self._attending if device.user == user]

    def attend(self, device: Device, log: str, now_s: float) -> None:
        """A device shows a conversation; what it showed before must have been left."""
        self._attending.pop(device, None)
        self._attending[device] = (log, now_s + ATTENDS_S)

    def partner(self, device: Device, log: str) -> Device | None:
        """Return the other person's device that came to this conversation last."""
        for other, (shown, _) in reversed(self._attending.items()):
            if shown == log and other.user != device.user:
                return other
        return None

    def meet(self, meeting: Meeting) -> None:
        """Keep a meeting; the one before must have been ended."""
        self._meetings[meeting.log] = meeting

    def leave(self, device: Device) -> Meeting | None:
        """A device shows nothing any more; return the meeting that ends with that."""
        log, _ = self._attending.pop(device, ("", 0.0))
        meeting = self._meetings.get(log)
        if meeting is None or device not in meeting.ends:
            return None
        return self._meetings.pop(log)

    def end(self, log: str) -> Meeting | None:
        """End the meeting of a conversation; its devices go on attending."""
        return self._meetings.pop(log, None)

    def overdue(self, now_s: float) -> list[Device]:
        """Return the devices that have not said it again in time."""
        return [device for device, (_, until_s) in self._attending.items() if until_s <= now_s]
