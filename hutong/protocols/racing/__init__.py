"""Which address to try when, and which not for a while (docs/protocol/link.md)."""

from hutong.protocols.racing.bans import Bans
from hutong.protocols.racing.race import Race

__all__ = ["Bans", "Race"]
