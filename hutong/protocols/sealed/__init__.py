"""The second layer inside every carrier, without I/O: who may open it, and how it begins.

Rules: docs/protocol/sealed.md. A client makes a `ClientSession` of a manifest its `Pins` believe, sends
`opening`, and gives `receive` what comes; a core gives the OPEN to `ServerSession.accept` and records to
`open`. Both seal with `sealer`, through an `Outbox` where there is bulk.
"""

from hutong.protocols.sealed.client import Accepted, ClientSession, Refused, early_size_bytes
from hutong.protocols.sealed.errors import ManifestError, OpenError, SealedError
from hutong.protocols.sealed.manifest import Pins, sign, verify
from hutong.protocols.sealed.outbox import Outbox
from hutong.protocols.sealed.record import PHASE_S_MAX, Opener, Sealer
from hutong.protocols.sealed.server import ServerSession, is_early, refuse
from hutong.protocols.sealed.wire import (
    BULK,
    CARRIER_MESSAGE_BYTES_MAX,
    CONTROL,
    EARLY_BYTES_MAX,
    EXPORTER_BYTES,
    LOW_WATER_BYTES,
    MESSAGE,
    MESSAGE_BYTES_MAX,
    OPENS_MAX,
    ROUTE_BYTES,
)

__all__ = [
    "BULK",
    "CARRIER_MESSAGE_BYTES_MAX",
    "CONTROL",
    "EARLY_BYTES_MAX",
    "EXPORTER_BYTES",
    "LOW_WATER_BYTES",
    "MESSAGE",
    "MESSAGE_BYTES_MAX",
    "OPENS_MAX",
    "PHASE_S_MAX",
    "ROUTE_BYTES",
    "Accepted",
    "ClientSession",
    "ManifestError",
    "OpenError",
    "Opener",
    "Outbox",
    "Pins",
    "Refused",
    "SealedError",
    "Sealer",
    "ServerSession",
    "early_size_bytes",
    "is_early",
    "refuse",
    "sign",
    "verify",
]
