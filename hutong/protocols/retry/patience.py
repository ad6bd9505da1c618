"""Waiting times in seconds. Pure; `chance` is in [0, 1) and spreads what many clients do at once."""

from __future__ import annotations

from enum import Enum

from hutong.protocols.heartbeat import PONG_WITHIN_S, Activity

# CONN14
_FIRST_S = 0.5
_LONGEST_S = 30.0
# Nobody waits for it: how far the time between attempts may grow.
_RECONNECT_LONGEST_S = {
    Activity.FOREGROUND: _LONGEST_S,
    Activity.BACKGROUND: 240.0,
    Activity.INACTIVE: 600.0,
}
# 2^16 times the first wait is beyond every bound; a larger exponent would only overflow.
_DOUBLINGS_MAX = 16


class Network(Enum):
    """The wait for a first answer, the slowest rate to reckon with (bytes/s), the longest wait."""

    FAST = (12.0, 12 * 1024, 22.0)  # cable, wireless LAN
    MOBILE = (15.0, 4 * 1024, 30.0)


def first_packet_s(size_bytes: int, network: Network = Network.FAST) -> float:
    """Return after which silence a carrier that was given `size_bytes` has to be taken for dead."""
    base_s, rate, longest_s = network.value
    return float(min(base_s + size_bytes / rate, longest_s))


def probe_after_s(size_bytes: int, network: Network = Network.FAST) -> float:
    """Return after which silence to ping, so that the missing pong tells by `first_packet_s`.

    A server may think longer about an answer than that; its pong does not.
    """
    return first_packet_s(size_bytes, network) - PONG_WITHIN_S


def retry_s(attempt: int, chance: float) -> float:
    """Return the wait before retry number `attempt` (0 is the first) of a request (CONN14)."""
    return _backoff_s(attempt, chance, _LONGEST_S)


def reconnect_s(attempt: int, chance: float, activity: Activity) -> float:
    """Return the wait before attempt number `attempt` to open a carrier again (CONN19)."""
    return _backoff_s(attempt, chance, _RECONNECT_LONGEST_S[activity])


def _backoff_s(attempt: int, chance: float, longest_s: float) -> float:
    return float(min(_FIRST_S * 2 ** min(attempt, _DOUBLINGS_MAX), longest_s) * (1 - chance / 2))
