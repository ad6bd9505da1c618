"""The `Invites` service, in parts."""

from __future__ import annotations

from hutong.features.invites.joining import Joining
from hutong.features.invites.links import Links
from hutong.platform.feature import Platform


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.invites.Invites`."""
    links = Links(platform)
    return links, Joining(platform, links)
