"""How a connection is to behave."""

import ipaddress
from dataclasses import dataclass

from hutong.protocols.tls13 import limits, signatures
from hutong.protocols.tls13.codepoints import CipherSuite, NamedGroup
from hutong.protocols.tls13.ports import PrivateKey, Verifier
from hutong.protocols.tls13.ticket import Ticket

# AES first: every machine of the last ten years has it in hardware, and there it is twice as fast.
SUITES_WANTED = (
    CipherSuite.AES_256_GCM_SHA384,
    CipherSuite.AES_128_GCM_SHA256,
    CipherSuite.CHACHA20_POLY1305_SHA256,
)
GROUPS_WANTED = (NamedGroup.X25519, NamedGroup.X25519MLKEM768)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLife:
    """When sending keys are replaced: after that many records, or that many seconds."""

    records_max: int = limits.KEY_RECORDS_MAX
    age_s_max: float = limits.KEY_AGE_S_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """A client's wishes, most wanted first.

    `server_name` is what the verifier checks; it travels unless it is an IP address. `share_groups` are
    the groups whose share is in the first flight; the others cost a round trip (HelloRetryRequest).
    With a `ticket` that has run out, `ticket` and `early_data` do not travel. Raises ValueError for early
    data that the ticket does not allow, or that names another protocol than the ticket's.
    """

    verifier: Verifier
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    suites: tuple[CipherSuite, ...] = SUITES_WANTED
    groups: tuple[NamedGroup, ...] = GROUPS_WANTED
    share_groups: tuple[NamedGroup, ...] = (NamedGroup.X25519,)
    ticket: Ticket | None = None
    early_data: bytes = b""
    middlebox_compatibility: bool = True
    key_life: KeyLife = KeyLife()

    def __post_init__(self) -> None:
        if not set(self.share_groups) <= set(self.groups) or not self.suites:
            raise ValueError("a key share must be of a group that is offered, and a suite is needed")
        if not self.early_data:
            return
        if self.ticket is None or len(self.early_data) > self.ticket.max_early_data:
            raise ValueError("early data needs a ticket that allows as much")
        if self.ticket.alpn != (self.alpn[0] if self.alpn else None):
            raise ValueError("early data must be for the protocol the ticket was given for")

    @property
    def sent_name(self) -> str | None:
        """The name that travels: server_name is for DNS names only (RFC 6066 section 3)."""
        if self.server_name is None:
            return None
        try:
            ipaddress.ip_address(self.server_name)
        except ValueError:
            return self.server_name
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """A server's certificate, and what it agrees to, most wanted first.

    `chain` holds DER certificates, the server's own first. A server with `alpn` refuses clients that want
    none of it. `max_early_data` (bytes) bounds what is skipped of early data that is not accepted, and what
    tickets may allow. `half_rtt` lets the shell send before the client's Finished has come. Raises
    ValueError for a key of another kind, or limits beyond the profile's.
    """

    chain: tuple[bytes, ...]
    key: PrivateKey
    alpn: tuple[str, ...] = ()
    suites: tuple[CipherSuite, ...] = SUITES_WANTED
    groups: tuple[NamedGroup, ...] = GROUPS_WANTED
    max_early_data: int = limits.EARLY_DATA_BYTES_MAX
    early_data_age_window_s: float = limits.EARLY_DATA_AGE_WINDOW_S
    half_rtt: bool = True
    key_life: KeyLife = KeyLife()

    def __post_init__(self) -> None:
        signatures.scheme_of(self.key)
        if not self.chain or not 0 <= self.max_early_data <= limits.EARLY_DATA_BYTES_MAX:
            raise ValueError("a server needs a certificate, and early data within the profile's bound")
