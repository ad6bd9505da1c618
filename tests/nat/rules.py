"""The nftables rules that make a Linux router behave like each kind of NAT, or firewall.

Linux masquerading keeps a port that is free: endpoint-independent mapping, address-and-port-dependent
filtering (RFC 4787's words for "port-restricted"). The others bend that.
"""

from __future__ import annotations

from enum import Enum


class Nat(Enum):
    """What stands between a device and the public network."""

    FULL_CONE = "full cone"
    ADDRESS_RESTRICTED = "address-restricted"
    PORT_RESTRICTED = "port-restricted"
    SYMMETRIC = "symmetric"
    DOUBLE = "double NAT"
    UDP_BLOCKED = "UDP blocked"
    ONLY_TCP_443 = "only TCP 443"


# The map is filled behind the source NAT, where the mapped port is known, and read on the way in.
_FULL_CONE = r"""
  map mapped {
    type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 120s; size 65535;
  }
  chain learn {
    type filter hook postrouting priority srcnat + 1;
    oifname "wan" ct direction original meta l4proto udp update @mapped \
      { udp sport timeout 120s : ct original ip saddr . ct original proto-src }
  }
  chain enter {
    type nat hook prerouting priority dstnat;
    iifname "wan" meta l4proto udp dnat ip to udp dport map @mapped;
  }
"""
# Anybody this device has sent something to may answer from any port.
_ADDRESS_RESTRICTED = r"""
  map mapped {
    type inet_service . ipv4_addr : ipv4_addr . inet_service; flags dynamic,timeout; timeout 120s; size 65535;
  }
  chain learn {
    type filter hook postrouting priority srcnat - 5;
    oifname "wan" meta l4proto udp update @mapped \
      { udp sport . ip daddr timeout 120s : ip saddr . udp sport }
  }
  chain enter {
    type nat hook prerouting priority dstnat;
    iifname "wan" meta l4proto udp dnat ip to udp dport . ip saddr map @mapped;
  }
"""
_MASQUERADE = 'type nat hook postrouting priority srcnat; oifname "wan" masquerade'
_ANSWERS_ONLY = 'policy drop; iifname "lan" accept; ct state established,related accept;'
_FORWARD = {
    Nat.FULL_CONE: f"{_ANSWERS_ONLY} ct status dnat accept;",
    Nat.ADDRESS_RESTRICTED: f"{_ANSWERS_ONLY} ct status dnat accept;",
    Nat.UDP_BLOCKED: f"policy drop; meta l4proto udp drop; {_ANSWERS_ONLY.removeprefix('policy drop; ')}",
    Nat.ONLY_TCP_443: 'policy drop; iifname "lan" tcp dport 443 accept; ct state established accept;',
}
_MAPPING = {Nat.FULL_CONE: _FULL_CONE, Nat.ADDRESS_RESTRICTED: _ADDRESS_RESTRICTED}


def router_rules(nat: Nat) -> str:
    """Return the rule set of a router whose interfaces are called `lan` and `wan`."""
    ports = " random,fully-random" if nat is Nat.SYMMETRIC else ""
    # A router that answers what nobody asked for with an ICMP error would close the other side's hole.
    return f"""
table ip nat {{{_MAPPING.get(nat, "")}
  chain leave {{ {_MASQUERADE}{ports}; }}
}}
table ip filter {{
  chain input {{
    type filter hook input priority filter; policy accept;
    iifname "wan" ct state established,related accept;
    iifname "wan" meta l4proto {{ udp, tcp }} drop;
  }}
  chain forward {{ type filter hook forward priority filter; {_FORWARD.get(nat, _ANSWERS_ONLY)} }}
}}
"""


def door_rules(address: str, port: int, to: int) -> str:
    """Return rules that bring TCP to `address` and `port` to the server's own port `to`."""
    return f"""
table ip nat {{
  chain enter {{
    type nat hook prerouting priority dstnat;
    ip daddr {address} tcp dport {port} redirect to :{to};
  }}
}}
"""


MEND_RULES = """
table ip cut {}
delete table ip cut
"""


def cut_rules(address: str) -> str:
    """Return rules of a router that lose everything to and from an outside address."""
    return f"""
table ip cut {{
  chain lose {{
    type filter hook forward priority -10;
    ip saddr {address} drop;
    ip daddr {address} drop;
  }}
}}
"""
