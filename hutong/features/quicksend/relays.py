"""The relay for people without an account: credentials of one channel, for a short while.

Both ends of a channel are one user to the relay, so they share what it gives to one user.
"""

from __future__ import annotations

from hutong.platform.coturn import Coturn
from hutong.platform.endpoints import Endpoints
from hutong.protocols.stun import time_limited_credentials
from hutong.schema import peers_pb2

LIFE_S = 1_800


def relays(endpoints: Endpoints, coturn: Coturn | None, user: str, now_s: int) -> list[peers_pb2.IceServer]:
    """Return the servers with credentials for half an hour; none when there is no relay."""
    if coturn is not None:
        host, port, tls_port, secret = coturn.host, coturn.port, coturn.tls_port, coturn.secret
    else:
        host, port, tls_port = endpoints.relay_host, endpoints.relay_port, endpoints.relay_tls_port
        secret = endpoints.relay_secret
    if not port:
        return []
    host = f"[{host}]" if ":" in host else host
    urls = [f"turn:{host}:{port}?transport={transport}" for transport in ("udp", "tcp")]
    if tls_port:
        urls.append(f"turns:{host}:{tls_port}?transport=tcp")
    username, credential = time_limited_credentials(secret, user, now_s, LIFE_S)
    return [
        peers_pb2.IceServer(urls=[f"stun:{host}:{port}"]),
        peers_pb2.IceServer(urls=urls, username=username, credential=credential),
    ]
