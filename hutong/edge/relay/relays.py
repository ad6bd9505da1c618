"""The relay sockets of all allocations, and those kept for whoever reserved a port."""

import secrets
import socket
from collections.abc import Sequence

from hutong.edge.relay.fast_path import FastPath
from hutong.edge.relay.relay_port import RelayPort
from hutong.edge.relay.sockets import bind_relay, family_of
from hutong.protocols.stun import Family, OpenRelay

# RFC 8656 section 18.10.
_TOKEN_BYTES = 8
_WILDCARDS = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}  # noqa: S104  # peers must reach it


def family_number(host: str) -> Family:
    """Return the family of a numeric host as STUN counts it."""
    return Family.IPV6 if ":" in host else Family.IPV4


class Relays:
    """Opens and closes relay sockets.

    `relay_addresses` are what peers are told, one a family. A socket is bound with the listener at
    `host` if the families agree, else to every address.
    """

    def __init__(
        self,
        fast_path: FastPath,
        *,
        host: str,
        relay_addresses: Sequence[str],
        port_range: tuple[int, int] | None,
    ) -> None:
        self._fast_path = fast_path
        self._host = host
        self._addresses = {family_number(address): address for address in relay_addresses}
        self._port_range = port_range
        self._open: dict[int, dict[Family, RelayPort]] = {}
        self._reserved: dict[bytes, socket.socket] = {}

    @property
    def count(self) -> int:
        """How many relay sockets are open, without those that are kept for somebody."""
        return sum(len(ports) for ports in self._open.values())

    def get(self, allocation_id: int, family: Family) -> RelayPort | None:
        """Return an allocation's socket."""
        return self._open.get(allocation_id, {}).get(family)

    def open(self, wanted: OpenRelay) -> tuple[RelayPort, bytes]:
        """Open a socket; return it, with the token of the next port if that was to be kept.

        Raises OSError when there is none to be had.
        """
        relay_address = self._addresses[wanted.family]
        kept: socket.socket | None = None
        if wanted.token:
            bound = self._reserved.pop(wanted.token)
        else:
            bound, kept = bind_relay(
                self._bind_host(relay_address),
                port_range=self._port_range,
                even_port=wanted.even_port,
                reserve_next=wanted.reserve_next,
            )
        relay = RelayPort(bound, wanted.allocation_id, relay_address)
        self._fast_path.add_relay(relay)
        self._open.setdefault(wanted.allocation_id, {})[wanted.family] = relay
        if kept is None:
            return relay, b""
        token = secrets.token_bytes(_TOKEN_BYTES)
        self._reserved[token] = kept
        return relay, token

    def close(self, allocation_id: int, family: Family | None) -> None:
        """Close an allocation's socket of a family, or all of them."""
        ports = self._open.get(allocation_id, {})
        for each in list(ports) if family is None else [family]:
            port = ports.pop(each, None)
            if port is not None:
                self._fast_path.remove_relay(port)
        if not ports:
            self._open.pop(allocation_id, None)

    def close_reserved(self, token: bytes) -> None:
        """Close a socket that was kept, if nobody has taken it."""
        kept = self._reserved.pop(token, None)
        if kept is not None:
            kept.close()

    def close_all(self) -> None:
        """Close every socket; idempotent."""
        for allocation_id in list(self._open):
            self.close(allocation_id, None)
        for token in list(self._reserved):
            self.close_reserved(token)

    def _bind_host(self, relay_address: str) -> str:
        family = family_of(relay_address)
        return self._host if family_of(self._host) == family else _WILDCARDS[family]
