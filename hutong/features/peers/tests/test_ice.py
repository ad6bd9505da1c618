"""Which STUN and TURN servers a client is told to use."""

from __future__ import annotations

from typing import Any

from hutong.features.peers.ice import ice_servers
from hutong.platform.coturn import Coturn
from hutong.platform.endpoints import Endpoints
from hutong.protocols.stun import time_limited_credentials

BUILT_IN = Endpoints(relay_host="192.0.2.1", relay_port=8302, relay_tls_port=443, relay_secret=b"own")


def told(endpoints: Endpoints, coturn: Coturn | None = None) -> list[tuple[list[str], str, str]]:
    servers = ice_servers(endpoints, coturn, user="alice", now_s=1_800_000_000, lifetime_s=60)
    return [(list(each.urls), each.username, each.credential) for each in servers]


def test_tls_is_the_last_way() -> None:
    login = time_limited_credentials(b"own", "alice", 1_800_000_000, 60)
    assert told(BUILT_IN) == [
        (["stun:192.0.2.1:8302"], "", ""),
        (
            [
                "turn:192.0.2.1:8302?transport=udp",
                "turn:192.0.2.1:8302?transport=tcp",
                "turns:192.0.2.1:443?transport=tcp",
            ],
            *login,
        ),
    ]


def test_a_coturn_takes_the_built_in_relays_place() -> None:
    login = time_limited_credentials(b"north", "alice", 1_800_000_000, 60)
    for endpoints in (BUILT_IN, Endpoints()):
        stun, turn = told(endpoints, Coturn("2001:db8::1", 3478, 0, b"north"))
        assert stun == (["stun:[2001:db8::1]:3478"], "", "")
        place = "turn:[2001:db8::1]:3478?transport="
        assert turn == ([f"{place}udp", f"{place}tcp"], *login)


def test_a_second_address_tells_how_a_nat_behaves() -> None:
    """Of the built-in server: a coturn has its own."""
    kept: dict[str, Any] = {"user": "alice", "now_s": 1, "lifetime_s": 60, "discovery": "198.51.100.4:8303"}
    assert ice_servers(BUILT_IN, None, **kept)[0].urls == ["stun:192.0.2.1:8302", "stun:198.51.100.4:8303"]
    coturn = Coturn("192.0.2.9", 3478, 0, b"north")
    assert ice_servers(BUILT_IN, coturn, **kept)[0].urls == ["stun:192.0.2.9:3478"]


def test_without_a_relay_there_is_none() -> None:
    assert told(Endpoints()) == []
