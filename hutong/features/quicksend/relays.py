"""The relay for people without an account: credentials of one channel, for a short while.

Both ends of a channel are one user to the relay, so they share what it gives to one user.
"""

from __future__ import annotations

from hutong.features.peers.api import ice_servers
from hutong.platform.coturn import Coturn
from hutong.platform.endpoints import Endpoints
from hutong.schema import peers_pb2

LIFE_S = 1_800


def relays(endpoints: Endpoints, coturn: Coturn | None, user: str, now_s: int) -> list[peers_pb2.IceServer]:
    """Return the servers with credentials for half an hour; none when there is no relay."""
    return ice_servers(endpoints, coturn, user=user, now_s=now_s, lifetime_s=LIFE_S)
