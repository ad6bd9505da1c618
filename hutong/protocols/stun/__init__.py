"""STUN and TURN without sockets: codec, credentials and the server core.

Source: RFC 8489 (STUN), RFC 8656 (TURN). The rules are in docs/protocol/stun.md.
"""

from hutong.protocols.stun.address import Address, Family, FiveTuple, Transport
from hutong.protocols.stun.allocation import Channel
from hutong.protocols.stun.bandwidth import UserBudget
from hutong.protocols.stun.config import Discovery, Limits, ServerConfig
from hutong.protocols.stun.credentials import time_limited_credentials
from hutong.protocols.stun.effects import (
    BindChannel,
    CloseRelay,
    CloseReserved,
    Dropped,
    DropReason,
    Effect,
    OpenRelay,
    SendToClient,
    SendToPeer,
    UnbindChannel,
)
from hutong.protocols.stun.errors import StunError
from hutong.protocols.stun.server import StunServer

__all__ = [
    "Address",
    "BindChannel",
    "Channel",
    "CloseRelay",
    "CloseReserved",
    "Discovery",
    "DropReason",
    "Dropped",
    "Effect",
    "Family",
    "FiveTuple",
    "Limits",
    "OpenRelay",
    "SendToClient",
    "SendToPeer",
    "ServerConfig",
    "StunError",
    "StunServer",
    "Transport",
    "UnbindChannel",
    "UserBudget",
    "time_limited_credentials",
]
