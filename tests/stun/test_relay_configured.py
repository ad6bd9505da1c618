"""The relay's settings: each arrives where it works, and what cannot work is refused with its name."""

import ssl
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from hutong.edge.relay.configured import configured_relay
from hutong.platform.coturn import Coturn, parse_coturn
from hutong.platform.settings import Settings, SettingsError, load
from hutong.protocols.stun import Address

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def relay_of(reached_at: str = "192.0.2.1", **settings: Any) -> Any:
    return configured_relay(
        load(environment={}, **settings),
        host=reached_at,
        secret=b"north",
        tls=TLS,
        registry=CollectorRegistry(),
    )


def test_the_defaults() -> None:
    relay = relay_of()
    assert relay.options.relay_addresses == ("192.0.2.1",)
    assert relay.options.tls is None
    assert relay.options.port_range is None
    assert relay.options.discovery is None
    assert relay.port == Settings().relay_port
    limits = relay.options.limits
    assert (limits.allocations_max, limits.allocations_per_user_max) == (2048, 32)
    assert (limits.bytes_per_s_max, limits.user_bytes_per_s_max) == (250_000_000, 100_000_000)


def test_every_setting_arrives() -> None:
    relay = relay_of(
        relay_ipv6_address="2600::1",
        relay_tls_port=443,
        relay_ports="50000-50100",
        relay_discovery="192.0.2.2:3479",
        relay_allocations_max=7,
        relay_user_allocations_max=5,
        relay_bytes_per_s_max=2_000_000,
        relay_user_bytes_per_s_max=1_000_000,
        relay_private_peers=True,
        host="192.0.2.1",
    )
    assert relay.options.relay_addresses == ("192.0.2.1", "2600::1")
    assert (relay.options.tls, relay.tls_port) == (TLS, 443)
    assert relay.options.port_range == (50_000, 50_100)
    assert relay.options.discovery == Address("192.0.2.2", 3479)
    limits = relay.options.limits
    assert (limits.allocations_max, limits.allocations_per_user_max) == (7, 5)
    assert (limits.bytes_per_s_max, limits.user_bytes_per_s_max) == (2_000_000, 1_000_000)
    assert relay.options.allow_private_peers


def test_names_are_resolved_and_ipv6_addresses_taken() -> None:
    assert relay_of("localhost").options.relay_addresses == ("127.0.0.1",)
    assert relay_of(
        "2600::0001", relay_discovery="[2600::2]:3479", host="2600::1"
    ).options.discovery == Address("2600::2", 3479)


@pytest.mark.parametrize(
    "settings",
    [
        {"relay_ports": "many"},
        {"relay_ports": "60000-50000"},
        {"relay_ports": "1-70000"},
        {"relay_discovery": "192.0.2.2"},
        {"relay_discovery": "192.0.2.2:0"},
        {"relay_discovery": "192.0.2.2:99999"},
        {"relay_discovery": "999.0.2.2:3479"},
        {"relay_discovery": "192.0.2.1:3479", "host": "192.0.2.1"},
        {"relay_discovery": "192.0.2.2:8302", "host": "192.0.2.1"},
        {"relay_discovery": "[2600::2]:3479", "host": "192.0.2.1"},
        {"relay_ipv6_address": "192.0.2.9"},
        {"relay_ipv6_address": "::"},
        {"relay_ipv6_address": "here"},
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="relay"):
        relay_of(**settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("coturn://north@turn.example.org", Coturn("turn.example.org", 3478, 0, b"north")),
        ("coturn://a%40b@192.0.2.1:5000?tls=5349", Coturn("192.0.2.1", 5000, 5349, b"a@b")),
        ("coturn://north@[2600::1]:3478", Coturn("2600::1", 3478, 0, b"north")),
    ],
)
def test_a_coturn_is_named(text: str, expected: Coturn | None) -> None:
    assert parse_coturn(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "turn.example.org",
        "turn:north@turn.example.org",
        "coturn://turn.example.org",
        "coturn://@turn.example.org",
        "coturn://us:north@turn.example.org",
        "coturn://north@turn.example.org:99999",
        "coturn://north@turn.example.org:0",
        "coturn://north@turn.example.org?tls=x",
        "coturn://north@turn.example.org?tls=70000",
        "coturn://north@turn.example.org?dtls=1",
        "coturn://north@turn.example.org/path",
    ],
)
def test_what_names_no_coturn_is_refused_without_showing_the_secret(text: str) -> None:
    with pytest.raises(SettingsError, match="relay_coturn") as refused:
        parse_coturn(text)
    assert "north" not in str(refused.value)
    assert "north" not in repr(parse_coturn("coturn://north@turn.example.org"))
