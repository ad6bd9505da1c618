"""Edge and core as processes of their own (docs/decisions/0013-edge-and-core.md).

One wire between them carries all clients of an edge: TLS 1.3 of our own, whose pre-shared key both sides
derive from a secret that the operator gives to both.
"""

from hutong.edge.apart.core_side import EdgeGate
from hutong.edge.apart.edge_side import RemoteCore

__all__ = ["EdgeGate", "RemoteCore"]
