"""The one place where the parts are put together."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from hutong.platform import answers, events, journal
from hutong.platform.blobs import Blobs
from hutong.platform.bus import LocalBus
from hutong.platform.clock import Clock, Randomness, SystemClock
from hutong.platform.database import Reads
from hutong.platform.feature import (
    Background,
    Feature,
    Platform,
    discover,
    install,
    migration_folders,
)
from hutong.platform.following import LogAccess, LogService
from hutong.platform.limits import Limits
from hutong.platform.metrics import Metrics
from hutong.platform.migrate import migrate
from hutong.platform.rpc import methods_of
from hutong.platform.sessions import Sessions
from hutong.platform.settings import Settings, SettingsError
from hutong.platform.writer import Transaction, Writer
from hutong.schema import log_pb2

PURGE_EVERY_S = 3600

log = journal.get(__name__)


@dataclass(slots=True)
class Core:
    """The platform with its features, without any listener."""

    platform: Platform
    background: list[Background]
    _housekeeping: list[asyncio.Task[None]]
    _lock: IO[bytes]

    async def start(self) -> None:
        """Begin accepting connections' requests."""
        self.platform.writer.start()
        for service in self.background:
            await service.on_start()
        self._housekeeping.append(asyncio.create_task(_watch_idle(self.platform)))
        self._housekeeping.append(asyncio.create_task(_purge(self.platform)))

    async def close(self) -> None:
        """Say goodbye, commit what waits, close the database."""
        self.platform.sessions.close()
        for task in self._housekeeping:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for service in reversed(self.background):
            await service.on_stop()
        await self.platform.writer.close()
        self.platform.read.close()
        self._lock.close()


def build_core(
    settings: Settings,
    *,
    clock: Clock | None = None,
    random: Randomness | None = None,
    features: Sequence[Feature] | None = None,
) -> Core:
    """Open the data folder, bring the database up to date, and build the features on it."""
    clock = clock or SystemClock()
    random = random or Randomness()
    features = discover() if features is None else features
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(settings.data)
    migrate(settings.database, migration_folders(features))
    metrics = Metrics()
    bus = LocalBus()
    sessions = Sessions(settings, clock, random, bus, metrics)
    read = Reads(settings.database)
    platform = Platform(
        settings=settings,
        clock=clock,
        random=random,
        read=read,
        writer=Writer(settings.database, clock, sessions.publish),
        bus=bus,
        sessions=sessions,
        blobs=Blobs(settings.blobs_url, settings.data / "blobs"),
        limits=Limits(clock, settings.rate_limit_factor),
        metrics=metrics,
        logs=LogAccess(),
    )
    methods, background = install(features, platform)
    log_service = LogService(read, sessions, platform.logs)
    events.register(log_pb2.DESCRIPTOR)
    for method in methods_of(log_pb2.DESCRIPTOR.services_by_name["Log"], log_service):
        methods[method.id] = method
    sessions.methods = methods
    return Core(platform, background, [], lock)


def _lock(folder: Path) -> IO[bytes]:
    """Keep other servers off the folder until the file is closed: the writer's heads are in memory.

    Raises `SettingsError` when one is there.
    """
    file = (folder / "lock").open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise SettingsError(f"Another server is using the folder {folder}.") from error
    return file


async def _watch_idle(platform: Platform) -> None:
    while True:
        await asyncio.sleep(platform.settings.heartbeat_s)
        platform.sessions.drop_idle()


async def _purge(platform: Platform) -> None:
    while True:
        await asyncio.sleep(PURGE_EVERY_S)
        statement = answers.purge_statement(platform.clock.now_ms())
        try:
            await platform.writer.work(partial(Transaction.execute, statement=statement))
        except Exception:
            log.exception("purge_failed")
