"""The built-in STUN and TURN server: listeners and relay sockets around the sans-I/O core."""

from hutong.edge.relay.meter import PrometheusMeter, RelayMeter
from hutong.edge.relay.options import RelayOptions
from hutong.edge.relay.server import RelayServer

__all__ = ["PrometheusMeter", "RelayMeter", "RelayOptions", "RelayServer"]
