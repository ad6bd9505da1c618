"""Asking a router to forward a port, without sockets: PCP, NAT-PMP and UPnP IGD.

Source: RFC 6887 (PCP), RFC 6886 (NAT-PMP), UPnP Device Architecture 1.1, WANIPConnection:1 and :2.
The rules are in docs/protocol/portmap.md.
"""

from hutong.protocols.portmap.errors import MalformedError, PortMapError, RefusedError, SilentError
from hutong.protocols.portmap.grant import Grant, Kind, is_public
from hutong.protocols.portmap.lease import Lease
from hutong.protocols.portmap.resend import Resend

__all__ = [
    "Grant",
    "Kind",
    "Lease",
    "MalformedError",
    "PortMapError",
    "RefusedError",
    "Resend",
    "SilentError",
    "is_public",
]
