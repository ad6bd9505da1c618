"""The one place where the parts are put together."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from hutong.platform import answers, events, journal
from hutong.platform.blobs import Blobs
from hutong.platform.bus import LocalBus
from hutong.platform.clock import Clock, Randomness, SystemClock
from hutong.platform.database import Reads
from hutong.platform.endpoints import Endpoints, ensure_secret
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
from hutong.platform.sealing import CoreDoor
from hutong.platform.service_keys import ServiceKeys
from hutong.platform.sessions import SWEEP_S, Sessions
from hutong.platform.settings import Settings, SettingsError
from hutong.platform.web_api import WebApis
from hutong.platform.writer import Transaction, Writer
from hutong.schema import log_pb2, sealed_pb2

PURGE_EVERY_S = 3600

log = journal.get(__name__)


@dataclass(slots=True)
class Core:
    """The platform with its features, without any listener; carriers come in by `door`."""

    platform: Platform
    door: CoreDoor
    keys: ServiceKeys
    relay_secret: bytes
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

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.platform.settings

    @property
    def metrics(self) -> Metrics:
        """What /metrics shows."""
        return self.platform.metrics

    @property
    def web_apis(self) -> WebApis:
        """What answers plain HTTP."""
        return self.platform.web_apis

    @property
    def root(self) -> bytes:
        """The public key that clients pin (SEAL17)."""
        return self.keys.root

    @property
    def ready(self) -> bool:
        """Whether new clients would be let in."""
        return not self.platform.sessions.closing

    async def certify(self, public_key: bytes, host: str) -> bytes:
        """Return the root's certificate (DER) for an edge's key. Raises `OSError` without a root."""
        return self.keys.certify(public_key, host)

    def announce(self, endpoints: Endpoints) -> None:
        """Be told by an edge where it is reached; clients learn it from the manifest and the features."""
        endpoints.relay_secret = self.relay_secret
        for item in fields(endpoints):
            setattr(self.platform.endpoints, item.name, getattr(endpoints, item.name))
        self.keys.set_endpoints(_in_manifest(endpoints))

    def collect(self) -> None:
        """Bring the metrics up to date."""
        self.platform.sessions.collect()

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
    keys = ServiceKeys(settings.data, clock, random, days=settings.service_key_days)
    door = CoreDoor(sessions, keys, platform.limits, secret=ensure_secret(settings.data, "tags"))
    relay_secret = ensure_secret(settings.data, "relay")
    return Core(platform, door, keys, relay_secret, background, [], lock)


def _in_manifest(endpoints: Endpoints) -> list[sealed_pb2.Endpoint]:
    """Return how clients reach the server, the best way first."""
    ways = []
    if endpoints.link_port:
        kind = sealed_pb2.Endpoint.KIND_LINK
        ways.append(sealed_pb2.Endpoint(kind=kind, host=endpoints.link_host, port=endpoints.link_port))
    url = urlsplit(endpoints.public_url)
    if url.hostname:
        plain = url.scheme == "http"
        port = url.port or (80 if plain else 443)
        kind = sealed_pb2.Endpoint.KIND_WEB
        ways.append(sealed_pb2.Endpoint(kind=kind, host=url.hostname, port=port, plain=plain))
    return ways


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
        await asyncio.sleep(min(platform.settings.heartbeat_s, SWEEP_S))
        platform.sessions.drop_idle()


async def _purge(platform: Platform) -> None:
    while True:
        await asyncio.sleep(PURGE_EVERY_S)
        statement = answers.purge_statement(platform.clock.now_ms())
        try:
            await platform.writer.work(partial(Transaction.execute, statement=statement))
        except Exception:
            log.exception("purge_failed")
