"""The four authenticated requests of TURN: Allocate, Refresh, CreatePermission, ChannelBind.

Every handler either returns its effects or raises before it has changed anything: Rejection, or
MalformedAttributeError, which is answered with 400.

Source: RFC 8656 sections 7.2, 8.2, 10.2 and 12.2.
"""

from hutong.protocols.stun.address import (
    Address,
    Family,
    decode_xor_address,
    encode_xor_address,
)
from hutong.protocols.stun.admission import Admission, wants_reservation
from hutong.protocols.stun.allocation import Allocation, AllocationTable
from hutong.protocols.stun.attributes import (
    AttributeType,
    decode_channel_number,
    decode_lifetime,
    decode_requested_address_family,
    encode_address_error_code,
    encode_lifetime,
)
from hutong.protocols.stun.bandwidth import Bandwidth
from hutong.protocols.stun.config import ServerConfig
from hutong.protocols.stun.effects import (
    BindChannel,
    CloseRelay,
    Dropped,
    DropReason,
    Effect,
    OpenRelay,
    SendToClient,
    UnbindChannel,
)
from hutong.protocols.stun.message import Message
from hutong.protocols.stun.peer_policy import PeerPolicy
from hutong.protocols.stun.rejection import Rejection
from hutong.protocols.stun.request import Request, encode_error, encode_success
from hutong.protocols.stun.reservation import Reservations

# RFC 8656 section 3.2: what a client gets that does not ask for longer.
LIFETIME_S_DEFAULT = 600


class TurnRequests:
    """The handlers, over the table of allocations."""

    def __init__(
        self, config: ServerConfig, table: AllocationTable, policy: PeerPolicy, bandwidth: Bandwidth
    ) -> None:
        self._limits = config.limits
        self._table = table
        self._policy = policy
        self._bandwidth = bandwidth
        self.reservations = Reservations(config.limits.reservations_max)
        self._admission = Admission(config, table, bandwidth, self.reservations)

    def allocate(self, request: Request, now: float) -> list[Effect]:
        """Begin an allocation; the answer follows when the shell has opened what it needs."""
        existing = self._table.at(request.five_tuple)
        if existing is not None:
            return _repeat_answer(existing, request)
        wanted = self._admission.admit(request, now)
        user = request.credentials.user
        lifetime_s = self._lifetime_s(request.message)
        allocation = Allocation(
            allocation_id=self._table.next_id(),
            five_tuple=request.five_tuple,
            credentials=request.credentials,
            request=request.message,
            budget=self._bandwidth.of(user, now),
            lifetime_s=lifetime_s,
            expires_at=now + lifetime_s,
            opening=set(wanted.families),
            failed=wanted.failed,
        )
        self._table.add(allocation)
        if wanted.token:
            self.reservations.take(wanted.token)
        if wanted.reserve_next:
            self._admission.reservations_promised += 1
        return [
            OpenRelay(allocation.allocation_id, family, wanted.even_port, wanted.reserve_next, wanted.token)
            for family in wanted.families
        ]

    def relay_opened(
        self, allocation: Allocation, relayed: Address, token: bytes, now: float
    ) -> list[Effect]:
        """Take in a socket that is open, and answer when it was the last one."""
        self._table.set_relayed(allocation, relayed)
        if wants_reservation(allocation.request):
            self._admission.reservations_promised -= 1
            allocation.token = token
            self.reservations.keep(token, allocation.credentials.user, relayed.family, now)
        return self._answer_allocate(allocation)

    def relay_failed(self, allocation: Allocation, family: Family) -> list[Effect]:
        """Take notice that there is no such socket to be had, and answer when it was the last one."""
        self.give_up_opening(allocation)
        allocation.opening.discard(family)
        allocation.failed[family] = 508
        return self._answer_allocate(allocation)

    def give_up_opening(self, allocation: Allocation) -> None:
        """Expect no reservation any more from an allocation that was to bring one."""
        if allocation.opening and wants_reservation(allocation.request):
            self._admission.reservations_promised -= 1

    def _answer_allocate(self, allocation: Allocation) -> list[Effect]:
        """Answer the Allocate request, unless a socket is still being opened."""
        if allocation.opening:
            return []
        message = allocation.request
        if not allocation.relayed:
            self._table.remove(allocation)
            code = max(allocation.failed.values())
            answer = encode_error(message, allocation.credentials, code)
            return [SendToClient(allocation.five_tuple, answer)]
        transaction_id = message.transaction_id
        client = allocation.five_tuple.client
        attributes = [
            (AttributeType.XOR_RELAYED_ADDRESS, encode_xor_address(relayed, transaction_id))
            for relayed in allocation.relayed.values()
        ]
        attributes += [
            (AttributeType.ADDRESS_ERROR_CODE, encode_address_error_code(family, code))
            for family, code in allocation.failed.items()
        ]
        attributes += [
            (AttributeType.LIFETIME, encode_lifetime(allocation.lifetime_s)),
            (AttributeType.XOR_MAPPED_ADDRESS, encode_xor_address(client, transaction_id)),
        ]
        if allocation.token:
            attributes.append((AttributeType.RESERVATION_TOKEN, allocation.token))
        allocation.answer = encode_success(message, allocation.credentials, attributes)
        return [SendToClient(allocation.five_tuple, allocation.answer)]

    def refresh(self, request: Request, now: float) -> list[Effect]:
        """Extend an allocation, or end it with a lifetime of 0 (RFC 8656 section 8.2)."""
        allocation = self._allocation_of(request)
        message = request.message
        family_value = message.get(AttributeType.REQUESTED_ADDRESS_FAMILY)
        family = None
        if family_value is not None:
            family = decode_requested_address_family(family_value)
            if family not in allocation.relayed:
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
        if not ends:
            allocation.expires_at = now + lifetime_s
            self._table.note_expiry(allocation)
        elif family is None or len(allocation.relayed) == 1:
            self._table.remove(allocation)
            effects.append(CloseRelay(allocation.allocation_id))
        else:
            ended = self._table.drop_family(allocation, family)
            effects += [UnbindChannel(allocation.allocation_id, channel) for channel in ended]
            effects.append(CloseRelay(allocation.allocation_id, family))
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
        limits = self._limits
        expired = allocation.pop_expired_channels(now)
        effects: list[Effect] = [UnbindChannel(allocation.allocation_id, channel) for channel in expired]
        if not allocation.has_room_for_channel(
            number, channels_max=limits.channels_per_allocation_max
        ) or not allocation.permit({peer.host}, now, permissions_max=limits.permissions_per_allocation_max):
            return [
                *effects,
                SendToClient(request.five_tuple, encode_error(message, request.credentials, 508)),
            ]
        bound = allocation.bind(number, peer, now)
        if bound is not None:
            effects.append(
                BindChannel(allocation.allocation_id, bound, allocation.five_tuple, allocation.budget)
            )
        answer = encode_success(message, request.credentials, [])
        return [*effects, SendToClient(request.five_tuple, answer)]

    def _allocation_of(self, request: Request) -> Allocation:
        """Return the request's allocation; Rejection with 437 or 441 (RFC 8656 section 5)."""
        allocation = self._table.at(request.five_tuple)
        if allocation is None or not allocation.answer:
            raise Rejection(437)
        if allocation.credentials.username != request.credentials.username:
            raise Rejection(441)
        return allocation

    def _lifetime_s(self, message: Message) -> int:
        """Choose a lifetime between the default and the maximum (RFC 8656 section 7.2)."""
        value = message.get(AttributeType.LIFETIME)
        asked_s = LIFETIME_S_DEFAULT if value is None else decode_lifetime(value)
        return max(LIFETIME_S_DEFAULT, min(asked_s, self._limits.lifetime_s_max))

    def _peer(self, value: bytes, message: Message, allocation: Allocation) -> Address:
        """Decode a peer's address; Rejection with 443 or 403 when it may not be reached."""
        peer = decode_xor_address(value, message.transaction_id)
        if peer.family not in allocation.relayed:
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
    if not existing.answer:
        return [Dropped(DropReason.PENDING)]
    return [SendToClient(existing.five_tuple, existing.answer)]
