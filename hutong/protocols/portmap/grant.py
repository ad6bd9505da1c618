"""What a router gave: an outside address that leads to a port of this machine, for a time."""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass


class Kind(enum.Enum):
    """What is mapped; the values are IP protocol numbers."""

    TCP = 6
    UDP = 17


@dataclass(frozen=True, slots=True)
class Grant:
    """A mapping: whatever comes to this outside address is handed to us."""

    host: str
    port: int
    lifetime_s: int


def is_public(host: str) -> bool:
    """Whether the whole Internet reaches an address: not one that another NAT hands out.

    Private (RFC 1918), shared (100.64/10, RFC 6598), link-local, reserved and documentation addresses are
    none, and what is no address is none either.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast
