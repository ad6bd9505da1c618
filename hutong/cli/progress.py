"""How a transfer is shown in a terminal: a bar while it goes on, words for the way it took."""

from __future__ import annotations

from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars

from hutong.cli.session import console, safe
from hutong.client.transfers import Phase, Progress, Way

WAYS = {
    Way.DIRECT: "directly from device to device, encrypted, past every server",
    Way.RELAYED: "over the relay, encrypted from device to device",
    Way.STORED: "through the server's storage, where whoever runs the server can read it",
    Way.UNKNOWN: "on a path that was closed before it could be named",
}
_PHASES = {
    Phase.WAITING: "waiting to be accepted",
    Phase.CONNECTING: "looking for a path",
    Phase.MOVING: "moving",
    Phase.VERIFYING: "checking",
    Phase.STORING: "through the server",
}


class Bar:
    """One transfer's progress bar."""

    def __init__(self, bars: Bars, name: str) -> None:
        self._bars = bars
        self._task: TaskID = bars.add_task(safe(name), total=None, phase="")

    def show(self, progress: Progress) -> None:
        """Show where it stands."""
        way = "" if progress.way is Way.UNKNOWN else f" ({progress.way.name.lower()})"
        self._bars.update(
            self._task,
            total=progress.size_bytes,
            completed=progress.done_bytes,
            phase=f"{_PHASES[progress.phase]}{way}",
        )

    def remove(self) -> None:
        """Take it away."""
        self._bars.remove_task(self._task)


def bars() -> Bars:
    """Return a display of bars; nothing is shown where nobody looks."""
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[phase]}"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
