"""What a connection tells its owner, and what the owner tells it of the device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from hutong.client.carrier import CarrierError
from hutong.platform.errors import RpcError
from hutong.schema import identity_pb2, link_pb2, log_pb2


class State(Enum):
    """What a person may be told about the connection."""

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a device proves itself with; `sign` is Ed25519 by the device's key."""

    device: str
    sign: Callable[[bytes], bytes]


class Handlers:
    """What a connection tells its owner. Override what matters; none of them may raise."""

    def on_state(self, state: State) -> None:
        """The connection came or went."""

    def on_linking(self) -> None:
        """Another link will be opened: what is asked now goes in its first flight, if it is `replay_safe`."""

    def on_challenge(self, challenge: link_pb2.Challenge) -> None:
        """A server answered."""

    def on_unreachable(self, error: CarrierError) -> None:
        """An attempt to open a carrier failed; another follows."""

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """The device is signed in again, on a new carrier: what was followed must be followed anew."""

    def on_revoked(self, error: RpcError) -> None:
        """The server does not know this device any more; the credentials are dropped."""

    def on_events(self, events: Iterable[log_pb2.Event]) -> None:
        """Events of followed logs, pushed."""

    def on_notices(self, notices: Iterable[link_pb2.Notice]) -> None:
        """Notices, pushed."""
