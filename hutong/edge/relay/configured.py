"""The relay as the settings want it."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl

from prometheus_client import CollectorRegistry

from hutong.edge.relay.meter import PrometheusMeter
from hutong.edge.relay.options import RelayOptions
from hutong.edge.relay.server import RelayServer
from hutong.platform.settings import Settings, SettingsError
from hutong.protocols.stun import Address, Limits

# RFC 7443; coturn's and browsers' TURN clients send them or nothing.
ALPN = ["stun.turn", "stun.nat-discovery"]
REALM = "hutong"

_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})")
_PLACE = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([\d.]+)):(\d{1,5})")


def configured_relay(
    settings: Settings, *, host: str, secret: bytes, tls: ssl.SSLContext, registry: CollectorRegistry
) -> RelayServer:
    """Return the relay, not started. `host` is what others reach it at, `tls` for `relay_tls_port`.

    Raises `SettingsError` when a setting of the relay cannot work.
    """
    addresses = [_numeric(host)]
    if settings.relay_ipv6_address:
        addresses.append(settings.relay_ipv6_address)
    try:
        options = RelayOptions(
            host=_numeric(settings.host),
            port=settings.relay_port,
            secret=secret,
            realm=REALM,
            relay_addresses=tuple(addresses),
            allow_private_peers=settings.relay_private_peers,
            port_range=_port_range(settings.relay_ports),
            tls=tls if settings.relay_tls_port >= 0 else None,
            tls_port=max(0, settings.relay_tls_port),
            discovery=_place(settings.relay_discovery),
            limits=_limits(settings),
        )
    except ValueError as error:
        raise SettingsError(f"The relay's settings cannot work: {error}.") from error
    return RelayServer(options, meter=PrometheusMeter(registry))


def _limits(settings: Settings) -> Limits:
    return Limits(
        allocations_max=settings.relay_allocations_max,
        allocations_per_user_max=settings.relay_user_allocations_max,
        bytes_per_s_max=settings.relay_bytes_per_s_max,
        user_bytes_per_s_max=settings.relay_user_bytes_per_s_max,
    )


def _numeric(host: str) -> str:
    """Resolve a name; leave an address as it is."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return socket.gethostbyname(host)


def _port_range(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    match = _RANGE.fullmatch(text)
    if match is None:
        raise SettingsError("relay_ports is written 49152-65535.")
    return int(match[1]), int(match[2])


def _place(text: str) -> Address | None:
    if not text:
        return None
    match = _PLACE.fullmatch(text)
    if match is None or not 1 <= int(match[3]) <= 65_535:
        raise SettingsError("relay_discovery is written 198.51.100.4:8303, or [2001:db8::4]:8303.")
    return Address(str(ipaddress.ip_address(match[1] or match[2])), int(match[3]))
