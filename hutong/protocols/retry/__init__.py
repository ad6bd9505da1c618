"""How long to wait, how often to repeat, and when to stop repeating (docs/protocol/link.md)."""

from hutong.protocols.retry.avalanche import Avalanche
from hutong.protocols.retry.patience import Network, first_packet_s, probe_after_s, reconnect_s, retry_s

__all__ = ["Avalanche", "Network", "first_packet_s", "probe_after_s", "reconnect_s", "retry_s"]
