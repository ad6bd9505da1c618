"""Opening a direct UDP path between two devices behind routers, without I/O (docs/protocol/punch.md)."""

from hutong.protocols.punch.birthday import BIRTHDAY_SOCKETS
from hutong.protocols.punch.candidate import (
    CANDIDATES_MAX,
    Candidate,
    Kind,
    candidate_of,
    candidate_to_wire,
)
from hutong.protocols.punch.errors import PunchError
from hutong.protocols.punch.packet import FIRST_BYTE
from hutong.protocols.punch.plausible import Surroundings, is_private, is_unicast
from hutong.protocols.punch.puncher import ATTEMPT_S, Path, Puncher, Transmit
from hutong.protocols.punch.secrets import KEY_BYTES, PrivateKey, Secrets

__all__ = [
    "ATTEMPT_S",
    "BIRTHDAY_SOCKETS",
    "CANDIDATES_MAX",
    "FIRST_BYTE",
    "KEY_BYTES",
    "Candidate",
    "Kind",
    "Path",
    "PrivateKey",
    "PunchError",
    "Puncher",
    "Secrets",
    "Surroundings",
    "Transmit",
    "candidate_of",
    "candidate_to_wire",
    "is_private",
    "is_unicast",
]
