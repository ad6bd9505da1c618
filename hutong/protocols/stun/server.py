"""The STUN and TURN server without its sockets.

Bytes, five-tuples and the time go in; effects and the next deadline come out. The shell carries
the effects out in their order and calls back: `relay_opened` or `relay_failed` after OpenRelay,
`relay_received` for what arrives at a relay socket, `connection_lost` when a TCP client is gone.

`now` is seconds of a clock that never goes back, `unix_now` is unix time; only the expiry of
credentials needs the latter. The rules (STUN1, TURN1, ...) are in docs/protocol/stun.md.

Source: RFC 8489, RFC 8656.
"""

from hutong.protocols.stun.address import Address, FiveTuple, Transport, encode_xor_address
from hutong.protocols.stun.allocation import AllocationTable
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.authentication import Authenticator, Credentials
from hutong.protocols.stun.channel_data import is_channel_data
from hutong.protocols.stun.config import ServerConfig
from hutong.protocols.stun.effects import CloseRelay, Dropped, DropReason, Effect, SendToClient
from hutong.protocols.stun.errors import (
    MalformedAttributeError,
    StunError,
)
from hutong.protocols.stun.forwarding import Forwarding
from hutong.protocols.stun.message import Message, MessageClass, Method, parse_message
from hutong.protocols.stun.nonce import NonceIssuer
from hutong.protocols.stun.peer_policy import PeerPolicy
from hutong.protocols.stun.rate_limit import SourceRateLimiter
from hutong.protocols.stun.rejection import Rejection
from hutong.protocols.stun.request import (
    Request,
    encode_error,
    encode_success,
    refuse_unknown_attributes,
)
from hutong.protocols.stun.turn_requests import TurnRequests


class StunServer:
    """The server core. No bytes a client or a peer sends make it raise."""

    def __init__(self, config: ServerConfig) -> None:
        limits = config.limits
        policy = PeerPolicy(config.allow_private_peers, config.own_listeners)
        self._table = AllocationTable()
        self._authenticator = Authenticator(
            secret=config.secret,
            realm=config.realm,
            nonces=NonceIssuer(config.nonce_key, limits.nonce_lifetime_s),
            expired_grace_s=limits.expired_grace_s,
        )
        self._unauthenticated = SourceRateLimiter(
            burst=limits.unauthenticated_burst,
            per_s=limits.unauthenticated_per_s,
            sources_max=limits.unauthenticated_sources_max,
        )
        self._requests = TurnRequests(config, self._table, policy)
        self._forwarding = Forwarding(config, self._table, policy)
        self._handlers = {
            Method.ALLOCATE: self._requests.allocate,
            Method.REFRESH: self._requests.refresh,
            Method.CREATE_PERMISSION: self._requests.create_permission,
            Method.CHANNEL_BIND: self._requests.channel_bind,
        }

    @property
    def allocation_count(self) -> int:
        """How many allocations there are, with those whose socket is being opened."""
        return len(self._table)

    def has_allocation(self, five_tuple: FiveTuple) -> bool:
        """Tell whether a client has an allocation."""
        return self._table.at(five_tuple) is not None

    def receive(self, data: bytes, five_tuple: FiveTuple, now: float, unix_now: float) -> list[Effect]:
        """Take one datagram, or one frame of a TCP connection, from a client."""
        effects = self._expire_if_due(now)
        try:
            if is_channel_data(data):
                return effects + self._forwarding.channel_data(data, five_tuple, now)
            message = parse_message(data)
            if message.message_class is MessageClass.REQUEST:
                return effects + self._request(message, five_tuple, now, unix_now)
            if message.message_class is MessageClass.INDICATION and message.method == Method.SEND:
                return effects + self._forwarding.send_indication(message, five_tuple, now)
        except StunError:
            return [*effects, Dropped(DropReason.MALFORMED)]
        return [*effects, Dropped(DropReason.NOT_A_REQUEST)]

    def relay_opened(self, allocation_id: int, relayed: Address, now: float) -> list[Effect]:
        """The relay socket is open; `relayed` is the address peers reach it at."""
        effects = self._expire_if_due(now)
        allocation = self._table.by_id(allocation_id)
        if allocation is None:
            return [*effects, CloseRelay(allocation_id)]
        return effects + self._requests.relay_opened(allocation, relayed)

    def relay_failed(self, allocation_id: int, now: float) -> list[Effect]:
        """The relay socket could not be opened."""
        effects = self._expire_if_due(now)
        allocation = self._table.by_id(allocation_id)
        return effects if allocation is None else effects + self._requests.relay_failed(allocation)

    def relay_received(self, allocation_id: int, data: bytes, peer: Address, now: float) -> list[Effect]:
        """Take one datagram that arrived at a relay socket."""
        effects = self._expire_if_due(now)
        allocation = self._table.by_id(allocation_id)
        if allocation is None:
            return [*effects, Dropped(DropReason.NO_ALLOCATION)]
        return effects + self._forwarding.from_peer(allocation, peer, data, now)

    def connection_lost(self, five_tuple: FiveTuple) -> list[Effect]:
        """A TCP client's connection is closed: its allocation ends (RFC 8656 section 7.3)."""
        allocation = self._table.at(five_tuple)
        if allocation is None:
            return []
        self._table.remove(allocation)
        return [CloseRelay(allocation.allocation_id)]

    def next_deadline(self) -> float | None:
        """When to call `expire` at the latest; None when nothing can expire."""
        return self._table.deadline

    def expire(self, now: float) -> list[Effect]:
        """End the allocations whose lifetime is over."""
        return [CloseRelay(expired.allocation_id) for expired in self._table.pop_expired(now)]

    def _expire_if_due(self, now: float) -> list[Effect]:
        deadline = self._table.deadline
        return self.expire(now) if deadline is not None and deadline <= now else []

    def _request(self, message: Message, five_tuple: FiveTuple, now: float, unix_now: float) -> list[Effect]:
        """Answer a request; unknown methods are dropped (RFC 8489 section 6.3)."""
        credentials: Credentials | None = None
        try:
            if message.method == Method.BINDING:
                return _binding(message, five_tuple)
            if message.method not in self._handlers:
                return [Dropped(DropReason.NOT_A_REQUEST)]
            credentials = self._authenticate(message, five_tuple, now, unix_now)
            refuse_unknown_attributes(message)
            handler = self._handlers[Method(message.method)]
            return handler(Request(message, five_tuple, credentials), now)
        except Rejection as rejection:
            return self._reject(message, five_tuple, credentials, rejection, now)
        except MalformedAttributeError:
            return self._reject(message, five_tuple, credentials, Rejection(400), now)

    def _authenticate(
        self, message: Message, five_tuple: FiveTuple, now: float, unix_now: float
    ) -> Credentials:
        allocation = self._table.at(five_tuple)
        live_username = None if allocation is None else allocation.credentials.username
        return self._authenticator.authenticate(
            message, five_tuple.client, now, unix_now, live_username=live_username
        )

    def _reject(
        self,
        message: Message,
        five_tuple: FiveTuple,
        credentials: Credentials | None,
        rejection: Rejection,
        now: float,
    ) -> list[Effect]:
        """Encode an error answer, unless it would go to a source that may be forged too often."""
        client = five_tuple.client
        # A TCP handshake has proved where the client is; a datagram's source proves nothing.
        forgeable = credentials is None and five_tuple.transport is Transport.UDP
        if forgeable and not self._unauthenticated.allow(client.host, now):
            return [Dropped(DropReason.RATE_LIMITED)]
        attributes = list(rejection.attributes)
        if rejection.challenge:
            attributes += self._authenticator.challenge(client, now)
        answer = encode_error(message, credentials, rejection.code, attributes)
        return [SendToClient(five_tuple, answer)]


def _binding(message: Message, five_tuple: FiveTuple) -> list[Effect]:
    """Tell a client its address as seen from here (RFC 8489 section 13)."""
    refuse_unknown_attributes(message)
    mapped = encode_xor_address(five_tuple.client, message.transaction_id)
    answer = encode_success(message, None, [(AttributeType.XOR_MAPPED_ADDRESS, mapped)])
    return [SendToClient(five_tuple, answer)]
