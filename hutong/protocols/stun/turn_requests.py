"""The four authenticated requests of TURN: Allocate, Refresh, CreatePermission, ChannelBind.

Every handler either returns its effects or raises before it has changed anything: Rejection, or
MalformedAttributeError, which is answered with 400.

Source: RFC 8656 sections 7.2, 8.2, 10.2 and 12.2.
"""

from hutong.protocols.stun.address import (
    Address,
    Family,
    Transport,
    decode_xor_address,
    encode_xor_address,
)
from hutong.protocols.stun.allocation import Allocation, AllocationTable
from hutong.protocols.stun.attributes import (
    AttributeType,
    decode_channel_number,
    decode_even_port,
    decode_lifetime,
    decode_requested_address_family,
    decode_requested_transport,
    encode_lifetime,
    encode_unknown_attributes,
)
from hutong.protocols.stun.config import ServerConfig
from hutong.protocols.stun.effects import (
    CloseRelay,
    Dropped,
    DropReason,
    Effect,
    OpenRelay,
    SendToClient,
)
from hutong.protocols.stun.message import Message
from hutong.protocols.stun.peer_policy import PeerPolicy
from hutong.protocols.stun.rejection import Rejection
from hutong.protocols.stun.request import Request, encode_error, encode_success

# RFC 8656 section 3.2: what a client gets that does not ask for longer.
LIFETIME_S_DEFAULT = 600


class TurnRequests:
    """The handlers, over the table of allocations."""

    def __init__(self, config: ServerConfig, table: AllocationTable, policy: PeerPolicy) -> None:
        self._config = config
        self._limits = config.limits
        self._table = table
        self._policy = policy

    def allocate(self, request: Request, now: float) -> list[Effect]:
        """Begin an allocation; the answer follows when the shell has opened the socket."""
        existing = self._table.at(request.five_tuple)
        if existing is not None:
            return _repeat_answer(existing, request)
        message = request.message
        self._check_transport(message)
        family, even_port = self._requested_relay(message)
        user = request.credentials.user
        if self._table.count_of(user) >= self._limits.allocations_per_user_max:
            raise Rejection(486)
        if len(self._table) >= self._limits.allocations_max:
            raise Rejection(508)
        lifetime_s = self._lifetime_s(message)
        allocation = Allocation(
            allocation_id=self._table.next_id(),
            five_tuple=request.five_tuple,
            credentials=request.credentials,
            request=message,
            family=family,
            lifetime_s=lifetime_s,
            expires_at=now + lifetime_s,
        )
        self._table.add(allocation)
        return [OpenRelay(allocation.allocation_id, family, even_port)]

    def relay_opened(self, allocation: Allocation, relayed: Address) -> list[Effect]:
        """Answer the Allocate request, now that its socket is open."""
        message = allocation.request
        transaction_id = message.transaction_id
        client = allocation.five_tuple.client
        allocation.relayed = relayed
        allocation.answer = encode_success(
            message,
            allocation.credentials,
            [
                (AttributeType.XOR_RELAYED_ADDRESS, encode_xor_address(relayed, transaction_id)),
                (AttributeType.LIFETIME, encode_lifetime(allocation.lifetime_s)),
                (AttributeType.XOR_MAPPED_ADDRESS, encode_xor_address(client, transaction_id)),
            ],
        )
        return [SendToClient(allocation.five_tuple, allocation.answer)]

    def relay_failed(self, allocation: Allocation) -> list[Effect]:
        """Answer that there is no socket to be had: 508."""
        self._table.remove(allocation)
        answer = encode_error(allocation.request, allocation.credentials, 508)
        return [SendToClient(allocation.five_tuple, answer)]

    def refresh(self, request: Request, now: float) -> list[Effect]:
        """Extend an allocation, or end it with a lifetime of 0 (RFC 8656 section 8.2)."""
        allocation = self._allocation_of(request)
        message = request.message
        family = message.get(AttributeType.REQUESTED_ADDRESS_FAMILY)
        if family is not None and decode_requested_address_family(family) != allocation.family:
            raise Rejection(443)
        asked = message.get(AttributeType.LIFETIME)
        ends = asked is not None and decode_lifetime(asked) == 0
        lifetime_s = 0 if ends else self._lifetime_s(message)
        answer = encode_success(
            message,
            request.credentials,
            [(AttributeType.LIFETIME, encode_lifetime(lifetime_s))],
        )
        effects: list[Effect] = [SendToClient(request.five_tuple, answer)]
        if ends:
            self._table.remove(allocation)
            effects.append(CloseRelay(allocation.allocation_id))
        else:
            allocation.expires_at = now + lifetime_s
            self._table.note_expiry(allocation)
        return effects

    def create_permission(self, request: Request, now: float) -> list[Effect]:
        """Let the named peers through, all or none of them (RFC 8656 section 10.2)."""
        allocation = self._allocation_of(request)
        message = request.message
        values = message.get_all(AttributeType.XOR_PEER_ADDRESS)
        if not values:
            raise Rejection(400)
        peers = {self._peer(value, message, allocation).host for value in values}
        permissions_max = self._limits.permissions_per_allocation_max
        if not allocation.permit(peers, now, permissions_max=permissions_max):
            raise Rejection(508)
        answer = encode_success(message, request.credentials, [])
        return [SendToClient(request.five_tuple, answer)]

    def channel_bind(self, request: Request, now: float) -> list[Effect]:
        """Bind a channel to a peer and let the peer through (RFC 8656 section 12.2)."""
        allocation = self._allocation_of(request)
        message = request.message
        number_value = message.get(AttributeType.CHANNEL_NUMBER)
        peer_value = message.get(AttributeType.XOR_PEER_ADDRESS)
        if number_value is None or peer_value is None:
            raise Rejection(400)
        number = decode_channel_number(number_value)
        peer = self._peer(peer_value, message, allocation)
        if self._policy.is_own_listener(peer):
            raise Rejection(403)
        by_number = allocation.channel(number, now)
        by_peer = allocation.channel_to(peer, now)
        if by_number is not by_peer:
            raise Rejection(400)
        channels_max = self._limits.channels_per_allocation_max
        permissions_max = self._limits.permissions_per_allocation_max
        if not allocation.has_room_for_channel(number, now, channels_max=channels_max):
            raise Rejection(508)
        if not allocation.permit({peer.host}, now, permissions_max=permissions_max):
            raise Rejection(508)
        allocation.bind(number, peer, now)
        answer = encode_success(message, request.credentials, [])
        return [SendToClient(request.five_tuple, answer)]

    def _allocation_of(self, request: Request) -> Allocation:
        """Return the request's allocation; Rejection with 437 or 441 (RFC 8656 section 5)."""
        allocation = self._table.at(request.five_tuple)
        if allocation is None or allocation.relayed is None:
            raise Rejection(437)
        if allocation.credentials.username != request.credentials.username:
            raise Rejection(441)
        return allocation

    def _check_transport(self, message: Message) -> None:
        """Only UDP is relayed (RFC 8656 section 7.2, steps 3 and 4)."""
        value = message.get(AttributeType.REQUESTED_TRANSPORT)
        if value is None:
            raise Rejection(400)
        if decode_requested_transport(value) != Transport.UDP:
            raise Rejection(442)
        if message.get(AttributeType.DONT_FRAGMENT) is not None and not self._config.dont_fragment:
            kinds = encode_unknown_attributes([AttributeType.DONT_FRAGMENT])
            raise Rejection(420, attributes=[(AttributeType.UNKNOWN_ATTRIBUTES, kinds)])

    def _requested_relay(self, message: Message) -> tuple[Family, bool]:
        """Return the family and whether the port must be even (section 7.2, steps 5 to 8)."""
        token = message.get(AttributeType.RESERVATION_TOKEN)
        family_value = message.get(AttributeType.REQUESTED_ADDRESS_FAMILY)
        even_port_value = message.get(AttributeType.EVEN_PORT)
        if token is not None and (family_value is not None or even_port_value is not None):
            raise Rejection(400)
        if token is not None:
            # No port is ever reserved, so no token is ours.
            raise Rejection(508)
        family = Family.IPV4 if family_value is None else decode_requested_address_family(family_value)
        if family != self._config.relay_family:
            raise Rejection(440)
        if even_port_value is not None and decode_even_port(even_port_value):
            raise Rejection(508)
        return self._config.relay_family, even_port_value is not None

    def _lifetime_s(self, message: Message) -> int:
        """Choose a lifetime between the default and the maximum (RFC 8656 section 7.2)."""
        value = message.get(AttributeType.LIFETIME)
        asked_s = LIFETIME_S_DEFAULT if value is None else decode_lifetime(value)
        return max(LIFETIME_S_DEFAULT, min(asked_s, self._limits.lifetime_s_max))

    def _peer(self, value: bytes, message: Message, allocation: Allocation) -> Address:
        """Decode a peer's address; Rejection with 443 or 403 when it may not be reached."""
        peer = decode_xor_address(value, message.transaction_id)
        if peer.family != allocation.family:
            raise Rejection(443)
        if not self._policy.permits_host(peer.host):
            raise Rejection(403)
        return peer


def _repeat_answer(existing: Allocation, request: Request) -> list[Effect]:
    """Answer an Allocate for a five-tuple that has an allocation (section 7.2, step 2)."""
    same_transaction = existing.request.transaction_id == request.message.transaction_id
    same_user = existing.credentials.username == request.credentials.username
    if not (same_transaction and same_user):
        raise Rejection(437)
    if existing.relayed is None:
        return [Dropped(DropReason.PENDING)]
    return [SendToClient(existing.five_tuple, existing.answer)]
