"""A port of this machine that others reach through the router, where the router does that on request."""

from hutong.client.portmap.gateway import Gateway, default_gateway
from hutong.client.portmap.mapping import MapState, PortMapping
from hutong.client.portmap.methods import PROTOCOLS, Protocol
from hutong.client.portmap.ports import map_port

__all__ = [
    "PROTOCOLS",
    "Gateway",
    "MapState",
    "PortMapping",
    "Protocol",
    "default_gateway",
    "map_port",
]
