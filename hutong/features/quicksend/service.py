"""The `QuickSend` service: brings a sender and a receiver together who need no account.

Channels live in memory: a code is for now. The server carries letters it cannot read; all it can do about
guessing is to let each channel be joined once, and to count who joins (docs/protocol/quicksend.md).
"""

from __future__ import annotations

from hutong.features.quicksend.channel import WAIT_S, Channel, Channels, End, check_token
from hutong.features.quicksend.relays import LIFE_S, relays
from hutong.platform.coturn import parse_coturn
from hutong.platform.errors import FailedPrecondition, PermissionDenied
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate, network_of
from hutong.platform.rpc import Caller
from hutong.platform.sessions import pack_notice
from hutong.schema import quicksend_pb2 as pb

# By network, behind which a whole class may sit. A join is a guess.
OPENS = Rate("quicksend_open", burst=30, every_s=10)
JOINS = Rate("quicksend_join", burst=30, every_s=10)
HEARS = Rate("quicksend_hear", burst=400, every_s=0.1)
# Of everybody together.
ALL_OPENS = Rate("quicksend_all_opens", burst=200, every_s=0.2)
ALL_JOINS = Rate("quicksend_all_joins", burst=200, every_s=0.2)
# By channel.
SAYS = Rate("quicksend_say", burst=300, every_s=0.2)
RELAYS = Rate("quicksend_relays", burst=10, every_s=60)


class QuickSendService:
    """Answers `hutong.quicksend.QuickSend`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._coturn = parse_coturn(platform.settings.relay_coturn)
        self._channels = Channels(lambda: int.from_bytes(platform.random.token(8), "big"))
        # Part of the relay's user names, so that credentials of before a restart are nobody's of now.
        self._run = platform.random.new_id()

    def open(self, caller: Caller, request: pb.OpenRequest) -> pb.OpenReply:
        """Give the sender a channel."""
        self._check_on()
        token = check_token(request.token)
        network = network_of(caller.address)
        # What a network is refused must not use up what everybody has.
        self._spend(OPENS, network)
        self._spend(ALL_OPENS, "")
        now = self._now()
        sender = End(token, now, lambda: None)
        channel = self._channels.open(network, sender, now)
        self._listen(channel, caller, 0)
        left_s = max(0.0, channel.opened_at + WAIT_S - now)
        return pb.OpenReply(
            channel=channel.number,
            expires_at_ms=self._platform.clock.now_ms() + int(left_s * 1000),
            public_url=self._platform.endpoints.public_url,
        )

    def join(self, caller: Caller, request: pb.JoinRequest) -> pb.JoinReply:
        """Let the receiver in: the one guess a channel allows."""
        self._check_on()
        token = check_token(request.token)
        self._spend(JOINS, network_of(caller.address))
        self._spend(ALL_JOINS, "")
        now = self._now()
        channel = self._channels.get(request.channel, now)
        channel.join(End(token, now, lambda: None))
        self._listen(channel, caller, 1)
        return pb.JoinReply()

    def say(self, caller: Caller, request: pb.SayRequest) -> pb.SayReply:
        """Put a letter into the other end's mailbox."""
        channel, side = self._find(caller, request.channel, request.token)
        self._spend(SAYS, f"{channel.number} {side}")
        self._channels.check_room(len(request.letter))
        channel.say(side, request.number, request.letter)
        return pb.SayReply()

    def hear(self, caller: Caller, request: pb.HearRequest) -> pb.HearReply:
        """Return what the other end said."""
        channel, side = self._find(caller, request.channel, request.token)
        reply = channel.hear(side, request.after, self._now())
        self._listen(channel, caller, side)
        return reply

    def leave(self, caller: Caller, request: pb.LeaveRequest) -> pb.LeaveReply:
        """End the channel for both."""
        channel, _ = self._find(caller, request.channel, request.token)
        channel.leave(request.ending)
        return pb.LeaveReply()

    def relays(self, caller: Caller, request: pb.RelaysRequest) -> pb.RelaysReply:
        """Return STUN and TURN servers for this channel."""
        channel, _ = self._find(caller, request.channel, request.token)
        if channel.ending or len(channel.ends) == 1:
            raise FailedPrecondition("A relay is for two.", reason="nobody_there")
        self._spend(RELAYS, str(channel.number))
        now_s = self._platform.clock.now_ms() // 1000
        user = f"quick-{self._run}-{channel.number}"
        servers = relays(self._platform.endpoints, self._coturn, user, now_s)
        return pb.RelaysReply(servers=servers, expires_at_ms=(now_s + LIFE_S) * 1000)

    def _check_on(self) -> None:
        if not self._platform.settings.quick_send:
            raise PermissionDenied("This server does not hand files over by a code.", reason="quick_send_off")

    def _find(self, caller: Caller, number: int, token: bytes) -> tuple[Channel, int]:
        """Return a channel and which end of it asks. Raises `RpcError`."""
        digest = check_token(token)
        self._spend(HEARS, network_of(caller.address))
        channel = self._channels.get(number, self._now())
        return channel, channel.side(digest)

    def _listen(self, channel: Channel, caller: Caller, side: int) -> None:
        """Let the end be told on this connection that there is something to hear."""
        connection, stirred = caller.connection, pb.Stirred(channel=channel.number)
        channel.ends[side].stir = lambda: connection.send(pack_notice(stirred))

    def _spend(self, rate: Rate, key: str) -> None:
        self._platform.limits.spend(rate, key)

    def _now(self) -> float:
        return self._platform.clock.monotonic()
