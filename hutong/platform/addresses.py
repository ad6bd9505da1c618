"""Which addresses the server may be made to connect to. No I/O."""

from __future__ import annotations

import ipaddress

_V6 = ipaddress.IPv6Network("2000::/3")  # global unicast; everything beside it is special
# Inside of it, what leads to IPv4 addresses of another's choice, or nowhere (RFC 6890, RFC 9637).
_V6_SPECIAL = [
    ipaddress.IPv6Network(each)
    for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")  # Teredo is in the first
]
_V4_SPECIAL = [ipaddress.IPv4Network("192.88.99.0/24")]  # 6to4 relays (RFC 7526)


def is_public(address: str) -> bool:
    """Tell whether an address is a machine on the public internet, and nothing that could lead inside."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _V4_SPECIAL)
    inside = parsed in _V6 and parsed.scope_id is None
    return inside and not any(parsed in network for network in _V6_SPECIAL)
