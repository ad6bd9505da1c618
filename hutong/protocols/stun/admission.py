"""Whether an Allocate request is granted, and which sockets it needs.

Source: RFC 8656 section 7.2.
"""

from dataclasses import dataclass, field

from hutong.protocols.stun.address import Family, Transport
from hutong.protocols.stun.allocation import AllocationTable
from hutong.protocols.stun.attributes import (
    AttributeType,
    decode_even_port,
    decode_requested_address_family,
    decode_requested_transport,
    encode_unknown_attributes,
)
from hutong.protocols.stun.bandwidth import Bandwidth
from hutong.protocols.stun.config import ServerConfig
from hutong.protocols.stun.message import Message
from hutong.protocols.stun.rejection import Rejection
from hutong.protocols.stun.request import Request
from hutong.protocols.stun.reservation import Reservations


@dataclass(slots=True)
class Wanted:
    """What an Allocate request asks for; `failed` is the error of a family it only added."""

    families: list[Family]
    failed: dict[Family, int] = field(default_factory=dict)
    even_port: bool = False
    reserve_next: bool = False
    token: bytes = b""


class Admission:
    """The checks, over what there is already. Each refusal is a Rejection that changes nothing."""

    def __init__(
        self,
        config: ServerConfig,
        table: AllocationTable,
        bandwidth: Bandwidth,
        reservations: Reservations,
    ) -> None:
        self._config = config
        self._table = table
        self._bandwidth = bandwidth
        self._reservations = reservations
        # Allocations being opened that will bring a reservation.
        self.reservations_promised = 0

    def admit(self, request: Request, now: float) -> Wanted:
        """Return what to open; raises Rejection and MalformedAttributeError."""
        self._check_transport(request.message)
        wanted = self._wanted(request, now)
        self._check_quotas(request.credentials.user, now)
        return wanted

    def _check_transport(self, message: Message) -> None:
        """Only UDP is relayed (steps 3 and 4)."""
        value = message.get(AttributeType.REQUESTED_TRANSPORT)
        if value is None:
            raise Rejection(400)
        if decode_requested_transport(value) != Transport.UDP:
            raise Rejection(442)
        if message.get(AttributeType.DONT_FRAGMENT) is not None and not self._config.dont_fragment:
            kinds = encode_unknown_attributes([AttributeType.DONT_FRAGMENT])
            raise Rejection(420, attributes=[(AttributeType.UNKNOWN_ATTRIBUTES, kinds)])

    def _check_quotas(self, user: bytes, now: float) -> None:
        limits = self._config.limits
        if self._table.count_of(user) >= limits.allocations_per_user_max:
            raise Rejection(486)
        if self._bandwidth.is_spent_by(user, now):
            raise Rejection(486)
        if len(self._table) >= limits.allocations_max or self._bandwidth.is_spent(now):
            raise Rejection(508)

    def _wanted(self, request: Request, now: float) -> Wanted:
        """Read the attributes about families and ports (steps 5 to 10)."""
        message = request.message
        token = message.get(AttributeType.RESERVATION_TOKEN)
        requested = message.get(AttributeType.REQUESTED_ADDRESS_FAMILY)
        additional = message.get(AttributeType.ADDITIONAL_ADDRESS_FAMILY)
        even_port = message.get(AttributeType.EVEN_PORT)
        if token is not None:
            if not requested is additional is even_port is None:
                raise Rejection(400)
            return self._reserved(token, request.credentials.user, now)
        reserve_next = even_port is not None and decode_even_port(even_port)
        if additional is not None:
            if requested is not None or reserve_next:
                raise Rejection(400)
            if decode_requested_address_family(additional) is not Family.IPV6:
                raise Rejection(400)
            wanted = self._both_families()
        else:
            family = Family.IPV4 if requested is None else decode_requested_address_family(requested)
            if family is None or family not in self._config.relay_families:
                raise Rejection(440)
            wanted = Wanted([family])
        if reserve_next and not self._reservations.has_room(self.reservations_promised):
            raise Rejection(508)
        wanted.even_port = even_port is not None
        wanted.reserve_next = reserve_next
        return wanted

    def _both_families(self) -> Wanted:
        """IPv4 with IPv6 in addition: one that there is will do, the other is told to be missing."""
        families = self._config.relay_families
        return Wanted(
            [family for family in Family if family in families],
            {family: 440 for family in Family if family not in families},
        )

    def _reserved(self, token: bytes, user: bytes, now: float) -> Wanted:
        """Use the port kept under a token: 508 when it is not, or no longer, this user's."""
        family = self._reservations.family_of(token, user, now)
        if family is None:
            raise Rejection(508)
        return Wanted([family], token=token)


def wants_reservation(message: Message) -> bool:
    """Tell whether an Allocate request that was granted asks for a second port."""
    value = message.get(AttributeType.EVEN_PORT)
    return value is not None and decode_even_port(value)
