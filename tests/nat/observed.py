"""What a person's transfers went over, and a sender that waits for a direct path before it hurries.

Both are put in place of the client's own ends; which transfer is meant, its task's context says.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from hutong.client.punch.quic_line import QuicLine
from hutong.client.transfers import incoming, outgoing
from hutong.client.transfers.door import DoorLine
from hutong.client.transfers.line import RANK_DATA_CHANNEL, Line
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending_files import SendingFiles
from hutong.protocols.transfer import Piece
from hutong.protocols.transfer.rate import RateLimit

_NAMES: dict[type, str] = {QuicLine: "UDP", DoorLine: "TCP"}


@dataclass
class Observed:
    """Bytes by kind of line, and when the first of a kind came, in seconds from the acceptance."""

    carried: Counter[str] = field(default_factory=Counter)
    newest: str = ""
    first_after_s: dict[str, float] = field(default_factory=dict)
    began_at: float = field(default_factory=time.monotonic)

    @property
    def line(self) -> str:
        """The kind that carried most; what no direct line carried is the relay's."""
        direct = max(("UDP", "TCP"), key=lambda name: self.carried[name])
        return direct if 2 * self.carried[direct] > self.carried.total() else "relay"

    def told(self) -> dict[str, Any]:
        """Return it for a line of JSON."""
        return {"carried": self.carried, "newest": self.newest, "first_after_s": self.first_after_s}


_observed: ContextVar[Observed] = ContextVar("observed")
_pace: ContextVar[tuple[int, float, asyncio.Event]] = ContextVar("pace")


class _ObservedFiles(ReceivingFiles):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._seen = _observed.get()

    def piece(self, line: Line, piece: Piece) -> None:
        seen = self._seen
        seen.newest = name = _NAMES.get(type(line), "relay")
        seen.carried[name] += len(piece.data)
        seen.first_after_s.setdefault(name, time.monotonic() - seen.began_at)
        super().piece(line, piece)


class _PacedFiles(SendingFiles):
    def __init__(self, *args: Any, **options: Any) -> None:
        bytes_per_s, self._linger_s, hurry = _pace.get()
        super().__init__(*args, **options, bytes_per_s=bytes_per_s)
        self._waiting = asyncio.get_running_loop().create_task(self._wait(hurry))
        self._direct = asyncio.Event()

    def opened(self, line: Line) -> None:
        super().opened(line)
        if line.rank > RANK_DATA_CHANNEL:
            self._direct.set()

    async def close(self) -> None:
        self._waiting.cancel()
        await super().close()

    async def _wait(self, hurry: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._linger_s or None):
                await (self._direct if self._linger_s else hurry).wait()
        self._core._rate = RateLimit(None)
        self._pump()


@contextlib.contextmanager
def observe(observed: Observed) -> Iterator[None]:
    """Write down what the transfer that is received in this task goes over."""
    _observed.set(observed)
    vars(incoming)["ReceivingFiles"] = _ObservedFiles
    yield


@contextlib.contextmanager
def pace(bytes_per_s: int, linger_s: float, hurry: asyncio.Event) -> Iterator[None]:
    """Send slowly for so long, or until a direct line is open; with no time, until somebody says hurry."""
    _pace.set((bytes_per_s, linger_s, hurry))
    vars(outgoing)["SendingFiles"] = _PacedFiles
    yield
