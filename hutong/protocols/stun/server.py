"""The STUN and TURN server without its sockets.

Bytes, five-tuples and the time go in; effects and the next deadline come out. The shell carries
the effects out in their order and calls back: `relay_opened` or `relay_failed` after OpenRelay,
`relay_received` for what arrives at a relay socket, `connection_lost` when a TCP client is gone.

`now` is seconds of a clock that never goes back, `unix_now` is unix time; only the expiry of
credentials needs the latter. The rules (STUN1, TURN1, ...) are in docs/protocol/stun.md.

Source: RFC 8489, RFC 8656.
"""

from hutong.protocols.stun.address import Address, Family, FiveTuple, Transport
from hutong.protocols.stun.allocation import AllocationTable
from hutong.protocols.stun.authentication import Authenticator, Credentials
from hutong.protocols.stun.bandwidth import Bandwidth
from hutong.protocols.stun.channel_data import is_channel_data
from hutong.protocols.stun.config import ServerConfig
from hutong.protocols.stun.discovery import Bindings
from hutong.protocols.stun.effects import (
    CloseRelay,
    CloseReserved,
    Dropped,
    DropReason,
    Effect,
    SendToClient,
)
from hutong.protocols.stun.errors import (
    MalformedAttributeError,
    StunError,
)
from hutong.protocols.stun.forwarding import Forwarding
from hutong.protocols.stun.message import Message, MessageClass, Method, parse_message
from hutong.protocols.stun.nonce import NonceIssuer
from hutong.protocols.stun.peer_policy import PeerPolicy
from hutong.protocols.stun.rate_limit import ExcessAllowance
from hutong.protocols.stun.rejection import Rejection
from hutong.protocols.stun.request import Request, encode_error, refuse_unknown_attributes
from hutong.protocols.stun.turn_requests import TurnRequests


class StunServer:
    """The server core. No bytes a client or a peer sends make it raise."""

    def __init__(self, config: ServerConfig) -> None:
        limits = config.limits
        policy = PeerPolicy(config.allow_private_peers, config.own_listeners)
        table = self._table = AllocationTable()
        bandwidth = Bandwidth(
            user_bytes_per_s=limits.user_bytes_per_s_max,
            bytes_per_s=limits.bytes_per_s_max,
            has_allocation=lambda user: table.count_of(user) > 0,
        )
        self._authenticator = Authenticator(
            secret=config.secret,
            realm=config.realm,
            nonces=NonceIssuer(config.nonce_key, limits.nonce_lifetime_s),
            expired_grace_s=limits.expired_grace_s,
        )
        self._unauthenticated = ExcessAllowance(
            burst_bytes=limits.unauthenticated_excess_bytes,
            bytes_per_s=limits.unauthenticated_excess_bytes_per_s,
            sources_max=limits.unauthenticated_sources_max,
        )
        self._bindings = Bindings(config.discovery)
        self._requests = TurnRequests(config, table, policy, bandwidth)
        self._forwarding = Forwarding(config, table, policy)
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

    def relay_opened(
        self, allocation_id: int, relayed: Address, now: float, *, token: bytes = b""
    ) -> list[Effect]:
        """A relay socket is open; `relayed` is the address peers reach it at.

        `token` is that of the next port, if it was to be reserved.
        """
        effects = self._expire_if_due(now)
        allocation = self._table.by_id(allocation_id)
        if allocation is None:
            effects.append(CloseRelay(allocation_id))
            return [*effects, CloseReserved(token)] if token else effects
        return effects + self._requests.relay_opened(allocation, relayed, token, now)

    def relay_failed(self, allocation_id: int, family: Family, now: float) -> list[Effect]:
        """A relay socket could not be opened."""
        effects = self._expire_if_due(now)
        allocation = self._table.by_id(allocation_id)
        if allocation is None:
            return effects
        return effects + self._requests.relay_failed(allocation, family)

    def relay_received(self, allocation_id: int, data: bytes, peer: Address, now: float) -> list[Effect]:
        """Take one datagram that arrived at a relay socket."""
        effects = self._expire_if_due(now)
        allocation = self._table.by_id(allocation_id)
        if allocation is None:
            return [*effects, Dropped(DropReason.NO_ALLOCATION)]
        return effects + self._forwarding.from_peer(allocation, peer, data, now)

    def relay_refused(self, allocation_id: int, peer: Address, icmp: bytes, now: float) -> list[Effect]:
        """The network answered a datagram to a peer with ICMP; `icmp` is the attribute's value."""
        effects = self._expire_if_due(now)
        allocation = self._table.by_id(allocation_id)
        if allocation is None:
            return [*effects, Dropped(DropReason.NO_ALLOCATION)]
        return effects + self._forwarding.icmp_from_peer(allocation, peer, icmp, now)

    def connection_lost(self, five_tuple: FiveTuple) -> list[Effect]:
        """A TCP client's connection is closed: its allocation ends (RFC 8656 section 7.3)."""
        allocation = self._table.at(five_tuple)
        if allocation is None:
            return []
        self._table.remove(allocation)
        self._requests.give_up_opening(allocation)
        return [CloseRelay(allocation.allocation_id)]

    def next_deadline(self) -> float | None:
        """When to call `expire` at the latest; None when nothing can expire."""
        deadlines = (self._table.deadline, self._requests.reservations.deadline)
        return min((each for each in deadlines if each is not None), default=None)

    def expire(self, now: float) -> list[Effect]:
        """End the allocations and reservations whose lifetime is over."""
        effects: list[Effect] = []
        for expired in self._table.pop_expired(now):
            self._requests.give_up_opening(expired)
            effects.append(CloseRelay(expired.allocation_id))
        effects += [CloseReserved(token) for token in self._requests.reservations.pop_expired(now)]
        return effects

    def _expire_if_due(self, now: float) -> list[Effect]:
        deadline = self.next_deadline()
        return self.expire(now) if deadline is not None and deadline <= now else []

    def _request(self, message: Message, five_tuple: FiveTuple, now: float, unix_now: float) -> list[Effect]:
        """Answer a request; unknown methods are dropped (RFC 8489 section 6.3)."""
        credentials: Credentials | None = None
        try:
            if message.method == Method.BINDING:
                return self._answer_unproven(
                    message, five_tuple, self._bindings.answer(message, five_tuple), now
                )
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
        """Encode an error answer."""
        attributes = list(rejection.attributes)
        if rejection.challenge:
            attributes += self._authenticator.challenge(five_tuple.client, now)
        answer = SendToClient(five_tuple, encode_error(message, credentials, rejection.code, attributes))
        if credentials is not None:
            return [answer]
        return self._answer_unproven(message, five_tuple, answer, now)

    def _answer_unproven(
        self, message: Message, five_tuple: FiveTuple, answer: SendToClient, now: float
    ) -> list[Effect]:
        """Answer who showed no credential, unless it makes more of what may be a forged source's."""
        # A TCP handshake has proved where the client is; a datagram's source proves nothing.
        excess_bytes = len(answer.data) - len(message.raw)
        if five_tuple.transport is Transport.UDP and not self._unauthenticated.take(
            five_tuple.client.host, excess_bytes, now
        ):
            return [Dropped(DropReason.RATE_LIMITED)]
        return [answer]
