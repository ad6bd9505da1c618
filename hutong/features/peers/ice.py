"""The STUN and TURN servers a client is told to use: the built-in one, or a coturn in its place."""

from __future__ import annotations

from hutong.platform.coturn import Coturn
from hutong.platform.endpoints import Endpoints
from hutong.protocols.stun import time_limited_credentials
from hutong.schema import peers_pb2 as pb


def ice_servers(
    endpoints: Endpoints,
    coturn: Coturn | None,
    *,
    user: str,
    now_s: int,
    lifetime_s: int,
    discovery: str = "",
) -> list[pb.IceServer]:
    """Return the servers with credentials for that long; none when there is no relay.

    `discovery` is the built-in server's second address (`relay_discovery`): two that see the same client
    tell it how its NAT behaves.
    """
    if coturn is not None:
        host, port, tls_port, secret = coturn.host, coturn.port, coturn.tls_port, coturn.secret
    else:
        host, port, tls_port = endpoints.relay_host, endpoints.relay_port, endpoints.relay_tls_port
        secret = endpoints.relay_secret
    if not port:
        return []
    host = f"[{host}]" if ":" in host else host
    urls = [f"turn:{host}:{port}?transport=udp", f"turn:{host}:{port}?transport=tcp"]
    if tls_port:
        urls.append(f"turns:{host}:{tls_port}?transport=tcp")
    username, credential = time_limited_credentials(secret, user, now_s, lifetime_s)
    stuns = [f"stun:{host}:{port}"]
    if discovery and coturn is None:
        stuns.append(f"stun:{discovery}")
    return [
        pb.IceServer(urls=stuns),
        pb.IceServer(urls=urls, username=username, credential=credential),
    ]
