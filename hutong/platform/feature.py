"""How a capability plugs in: one folder, one `Feature`, found by name of the folder and by nothing else.

```python
feature = Feature("reactions", build=ReactionsService, service=reactions_pb2.DESCRIPTOR, needs=("chat",))
```
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from google.protobuf.descriptor import FileDescriptor

from hutong.platform import events
from hutong.platform.blobs import Blobs
from hutong.platform.bus import Bus
from hutong.platform.clock import Clock, Randomness
from hutong.platform.database import Reads
from hutong.platform.endpoints import Endpoints
from hutong.platform.following import LogAccess
from hutong.platform.limits import Limits
from hutong.platform.metrics import Metrics
from hutong.platform.rpc import Method, methods_of
from hutong.platform.sessions import Sessions
from hutong.platform.settings import Settings
from hutong.platform.web_api import WebApis
from hutong.platform.writer import Writer

A = TypeVar("A")


@dataclass(slots=True)
class Platform:
    """Everything a feature may stand on, handed to its `build`."""

    settings: Settings
    clock: Clock
    random: Randomness
    read: Reads
    writer: Writer
    bus: Bus
    sessions: Sessions
    blobs: Blobs
    limits: Limits
    metrics: Metrics
    logs: LogAccess
    endpoints: Endpoints = field(default_factory=Endpoints)
    web_apis: WebApis = field(default_factory=WebApis)
    _apis: dict[type[Any], Any] = field(default_factory=dict)

    def provide(self, kind: type[A], api: A) -> None:
        """Offer an `api.py` class to the features that need this one."""
        assert kind not in self._apis, f"{kind.__name__} is provided twice"
        self._apis[kind] = api

    def use(self, kind: type[A]) -> A:
        """Return what a feature listed in `needs` provided."""
        assert kind in self._apis, f"nobody provides {kind.__name__}: is the feature in `needs`?"
        return cast(A, self._apis[kind])


@runtime_checkable
class Background(Protocol):
    """A service with work of its own beside answering requests."""

    async def on_start(self) -> None:
        """Begin, before the first request."""

    async def on_stop(self) -> None:
        """End, after the last."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One capability. `build(platform)` returns what answers the schema's methods by name.

    That is one object or several.
    """

    name: str
    build: Callable[[Platform], object | tuple[object, ...]]
    schema: FileDescriptor
    needs: tuple[str, ...] = ()


def discover() -> list[Feature]:
    """Import every folder of `hutong.features` and return their features, needed ones first."""
    package = importlib.import_module("hutong.features")
    found: dict[str, Feature] = {}
    for module in pkgutil.iter_modules(package.__path__):
        feature = importlib.import_module(f"hutong.features.{module.name}").feature
        assert isinstance(feature, Feature)
        assert feature.name == module.name, f"the folder {module.name} holds the feature {feature.name}"
        found[feature.name] = feature
    return in_order(found.values())


def in_order(features: Iterable[Feature]) -> list[Feature]:
    """Return the features so that each comes after those it needs."""
    waiting = {feature.name: feature for feature in features}
    ordered: dict[str, Feature] = {}
    while waiting:
        ready = [each for each in waiting.values() if all(need in ordered for need in each.needs)]
        assert ready, f"features need each other in a circle, or one is missing: {sorted(waiting)}"
        for feature in ready:
            ordered[feature.name] = waiting.pop(feature.name)
    return list(ordered.values())


def install(features: Iterable[Feature], platform: Platform) -> tuple[dict[int, Method], list[Background]]:
    """Build the features; return the table of methods and the services that run in the background."""
    methods: dict[int, Method] = {}
    background: list[Background] = []
    for feature in features:
        events.register(feature.schema)
        built = feature.build(platform)
        services = built if isinstance(built, tuple) else (built,)
        for descriptor in feature.schema.services_by_name.values():
            for method in methods_of(descriptor, *services):
                assert method.id not in methods, f"method id {method.id} is taken"
                methods[method.id] = method
        background += [service for service in services if isinstance(service, Background)]
    return methods, background


def migration_folders(features: Iterable[Feature]) -> list[Path]:
    """Return the folders with the features' migrations."""
    package = importlib.import_module("hutong.features")
    root = Path(next(iter(package.__path__)))
    folders = [root / feature.name / "migrations" for feature in features]
    return [folder for folder in folders if folder.is_dir()]
