"""What an edge needs of a core, whether it is in this process or behind a wire."""

from __future__ import annotations

from typing import Protocol

from hutong.platform.door import Door
from hutong.platform.endpoints import Endpoints
from hutong.platform.metrics import Metrics
from hutong.platform.settings import Settings
from hutong.platform.web_api import WebApis


class CoreAccess(Protocol):
    """`hutong.app.Core` is one, `hutong.edge.apart.RemoteCore` another."""

    @property
    def settings(self) -> Settings:
        """The settings in force here."""

    @property
    def door(self) -> Door:
        """Where new carriers go."""

    @property
    def metrics(self) -> Metrics:
        """What /metrics of this process shows."""

    @property
    def web_apis(self) -> WebApis:
        """What answers plain HTTP; nothing where the core is another process."""

    @property
    def root(self) -> bytes:
        """The root's public key (SEAL17), 32 bytes."""

    @property
    def relay_secret(self) -> bytes:
        """What the relay's credentials are made with."""

    @property
    def ready(self) -> bool:
        """Whether new clients would be let in."""

    async def certify(self, public_key: bytes, host: str) -> bytes:
        """Return the root's certificate (DER) for the link port's key. Raises `OSError`."""

    def announce(self, endpoints: Endpoints) -> None:
        """Be told where this edge is reached."""

    def collect(self) -> None:
        """Bring the metrics up to date, before they are read."""
