"""The `Bots` service, in two parts."""

from __future__ import annotations

from hutong.features.bots.bots import Bots
from hutong.features.bots.hooks import Hooks
from hutong.platform.endpoints import ensure_secret
from hutong.platform.feature import Platform


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.bots.Bots`."""
    secret = ensure_secret(platform.settings.data, "bots")
    return Bots(platform, secret), Hooks(platform, secret)
