"""When to ping, when to give a carrier up, and what that teaches about a network (docs/protocol/link.md)."""

from hutong.protocols.heartbeat.heartbeat import PONG_WITHIN_S, Beat, Heartbeat
from hutong.protocols.heartbeat.learnt import Activity, Learnt, interval_s

__all__ = ["PONG_WITHIN_S", "Activity", "Beat", "Heartbeat", "Learnt", "interval_s"]
