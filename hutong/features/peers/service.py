"""The `Peers` service: ICE servers, and the mailboxes of sessions.

Sessions live in memory: an introduction takes seconds, and after a restart both ends introduce themselves
anew, because the features that open sessions do so again when a device comes back.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import NamedTuple

from hutong.features.peers import api as peers_api
from hutong.features.peers.api import Device
from hutong.features.peers.ice import ice_servers
from hutong.features.peers.mailbox import Session, check_signal
from hutong.platform.answers import key_reused
from hutong.platform.coturn import parse_coturn
from hutong.platform.errors import NotFound
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.writer import Notify
from hutong.schema import peers_pb2 as pb

CREDENTIAL_LIFE_S = 3600
SAYS = Rate("peer_say", burst=400, every_s=0.02)
# The least recently used go beyond this; their ends open a new session.
SESSIONS_MAX = 5_000
ANSWERS_MAX = 20_000


class _Answer(NamedTuple):
    digest: bytes
    number: int


class PeersService:
    """Answers `hutong.peers.Peers`, and `api.Peers` to the other features."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._coturn = parse_coturn(platform.settings.relay_coturn)
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        # A retry of `Say` must not say it twice (CONN13): the last answers, by (device, key).
        self._answers: OrderedDict[tuple[str, bytes], _Answer] = OrderedDict()
        platform.provide(peers_api.Peers, self)

    # ---- for other features ----

    def open_session(self, session: str, one: Device, other: Device) -> None:
        """Let the two devices talk."""
        known = self._sessions.get(session)
        if known is not None and known.same_ends(one, other):
            return
        self._sessions[session] = Session(session, one, other, self._platform.clock.now_ms())
        if len(self._sessions) > SESSIONS_MAX:
            self._sessions.popitem(last=False)

    def move_device(self, session: str, device: Device) -> None:
        """Let another device of the same user take that user's place."""
        found = self._sessions.get(session)
        if found is None or device in found.ends:
            return
        side = [end.user for end in found.ends].index(device.user)
        found.replace(side, device)
        # Numbered and kept like anything else, so that an end that is away for a moment hears it.
        self._tell(found, 1 - side, found.say(side, pb.Signal(restart=True)))

    def close_session(self, session: str) -> None:
        """Forget a session."""
        self._sessions.pop(session, None)

    # ---- the service ----

    def get_ice_servers(self, caller: Caller, _request: pb.GetIceServersRequest) -> pb.GetIceServersReply:
        """Return the STUN and TURN servers with credentials for an hour."""
        now_s = self._platform.clock.now_ms() // 1000
        servers = ice_servers(
            self._platform.endpoints,
            self._coturn,
            user=caller.user,
            now_s=now_s,
            lifetime_s=CREDENTIAL_LIFE_S,
            discovery=self._platform.settings.relay_discovery,
        )
        return pb.GetIceServersReply(servers=servers, expires_at_ms=(now_s + CREDENTIAL_LIFE_S) * 1000)

    def say(self, caller: Caller, request: pb.SayRequest) -> pb.SayReply:
        """Put a signal into the other end's mailbox and tell it."""
        check_signal(request.signal)
        self._platform.limits.spend(SAYS, caller.device)
        session = self._get(request.session)
        side = session.side(Device(caller.user, caller.device))
        known = self._answers.get((caller.device, caller.key))
        if known is not None:
            if known.digest != _digest(caller):
                raise key_reused()
            return pb.SayReply(number=known.number)
        said = session.say(side, request.signal)
        self._remember(caller, said.number)
        self._tell(session, 1 - side, said)
        return pb.SayReply(number=said.number)

    def fetch(self, caller: Caller, request: pb.FetchRequest) -> pb.FetchReply:
        """Return what the other end said after a number."""
        session = self._get(request.session)
        side = session.side(Device(caller.user, caller.device))
        return pb.FetchReply(said=session.heard_by(side, request.after))

    def _get(self, session: str) -> Session:
        found = self._sessions.get(session)
        if found is None:
            raise NotFound("There is no such session.", reason="no_such_session")
        self._sessions.move_to_end(session)
        return found

    def _remember(self, caller: Caller, number: int) -> None:
        self._answers[caller.device, caller.key] = _Answer(_digest(caller), number)
        if len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)

    def _tell(self, session: Session, side: int, said: pb.Said) -> None:
        end = session.ends[side]
        self._platform.sessions.notify(Notify(end.user, said, device=end.device))


def _digest(caller: Caller) -> bytes:
    return hashlib.sha256(caller.body).digest()
