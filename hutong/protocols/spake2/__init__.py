"""SPAKE2 (RFC 9382): two who know the same short secret agree on a key; who guesses has one guess.

Over edwards25519 with SHA-256, HKDF and HMAC. The rules are in docs/protocol/quicksend.md.
"""

from hutong.protocols.spake2.edwards25519 import Edwards25519
from hutong.protocols.spake2.errors import Spake2Error
from hutong.protocols.spake2.exchange import Exchange, Role
from hutong.protocols.spake2.group import Group
from hutong.protocols.spake2.schedule import Keys

__all__ = ["Edwards25519", "Exchange", "Group", "Keys", "Role", "Spake2Error"]
