"""A client that talks to the sans-I/O core: it builds requests and reads effects."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hutong.protocols.stun import (
    Address,
    Discovery,
    Dropped,
    DropReason,
    Effect,
    Family,
    FiveTuple,
    Limits,
    OpenRelay,
    SendToClient,
    ServerConfig,
    StunServer,
    Transport,
    time_limited_credentials,
)
from hutong.protocols.stun.address import encode_xor_address
from hutong.protocols.stun.attributes import (
    AttributeType,
    decode_error_code,
    encode_channel_number,
    encode_lifetime,
)
from hutong.protocols.stun.credentials import long_term_key
from hutong.protocols.stun.message import (
    Integrity,
    Message,
    MessageClass,
    Method,
    encode_message,
    parse_message,
)

SECRET = b"north"
REALM = "hutong"
LISTENER = Address("192.0.2.1", 3478)
RELAY_HOST = "192.0.2.1"
CLIENT = Address("198.51.100.7", 4000)
PEER = Address("203.0.113.9", 5000)
UDP_TRANSPORT = (AttributeType.REQUESTED_TRANSPORT, bytes([17, 0, 0, 0]))

Attributes = Sequence[tuple[AttributeType, bytes]]


def make_core(
    *,
    limits: Limits | None = None,
    allow_private_peers: bool = False,
    dont_fragment: bool = False,
    families: frozenset[Family] = frozenset({Family.IPV4}),
    discovery: Discovery | None = None,
) -> StunServer:
    return StunServer(
        ServerConfig(
            secret=SECRET,
            nonce_key=b"k" * 32,
            realm=REALM,
            relay_families=families,
            discovery=discovery,
            own_listeners=frozenset({LISTENER, Address("2600:db8::1", 3478)}),
            allow_private_peers=allow_private_peers,
            dont_fragment=dont_fragment,
            limits=limits or Limits(),
        )
    )


@dataclass
class Clock:
    now: float = 1000.0
    unix: float = 1_800_000_000.0

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.unix += seconds


@dataclass
class TurnClient:
    core: StunServer
    clock: Clock
    user: str = "lin"
    credential_lifetime_s: int = 3600
    client: Address = CLIENT
    transport: Transport = Transport.UDP
    server: Address = LISTENER
    realm: bytes = REALM.encode()
    integrity: Integrity = Integrity.SHA1
    nonce: bytes = b""
    relay_port: int = 50_000
    _transactions: int = 0
    username: bytes = field(init=False)
    key: bytes = field(init=False)

    def __post_init__(self) -> None:
        username, password = time_limited_credentials(
            SECRET, self.user, self.clock.unix, self.credential_lifetime_s
        )
        self.username = username.encode()
        self.key = long_term_key(self.username, self.realm, password.encode())

    @property
    def five_tuple(self) -> FiveTuple:
        return FiveTuple(self.transport, self.client, self.server)

    def transaction_id(self) -> bytes:
        self._transactions += 1
        return self._transactions.to_bytes(12)

    def receive(self, data: bytes) -> list[Effect]:
        return self.core.receive(data, self.five_tuple, self.clock.now, self.clock.unix)

    def encode(self, method: Method, attributes: Attributes = (), *, signed: bool = True) -> bytes:
        transaction_id = self.transaction_id()
        login: Attributes = ()
        if signed:
            login = [
                (AttributeType.USERNAME, self.username),
                (AttributeType.REALM, self.realm),
                (AttributeType.NONCE, self.nonce),
            ]
        return encode_message(
            method,
            MessageClass.REQUEST,
            transaction_id,
            [*attributes, *login],
            integrity=(self.integrity, self.key) if signed else None,
        )

    def login(self) -> None:
        """Fetch a nonce with an unsigned request."""
        answer = answer_of(self.receive(self.encode(Method.REFRESH, signed=False)))
        nonce = answer.get(AttributeType.NONCE)
        assert nonce is not None
        self.nonce = nonce

    def call(self, method: Method, attributes: Attributes = ()) -> Message:
        """Send a signed request that is answered at once, and return the answer."""
        if not self.nonce:
            self.login()
        return answer_of(self.receive(self.encode(method, attributes)))

    def begin_allocate(self, attributes: Attributes = (UDP_TRANSPORT,)) -> tuple[OpenRelay, bytes]:
        """Send an Allocate; return what the shell is asked to open, and the request."""
        if not self.nonce:
            self.login()
        request = self.encode(Method.ALLOCATE, attributes)
        effects = self.receive(request)
        assert len(effects) == 1
        assert isinstance(effects[0], OpenRelay)
        return effects[0], request

    def allocate(self, attributes: Attributes = (UDP_TRANSPORT,)) -> "Allocated":
        """Allocate, playing the shell."""
        opening, request = self.begin_allocate(attributes)
        relayed = Address(RELAY_HOST, self.relay_port)
        effects = self.core.relay_opened(opening.allocation_id, relayed, self.clock.now)
        return Allocated(opening.allocation_id, relayed, request, answer_of(effects))

    def create_permission(self, *peers: Address) -> Message:
        """Ask for permissions; the last transaction id is the one that encodes the peers."""
        if not self.nonce:
            self.login()
        transaction_id = (self._transactions + 1).to_bytes(12)
        values = [
            (AttributeType.XOR_PEER_ADDRESS, encode_xor_address(peer, transaction_id)) for peer in peers
        ]
        return self.call(Method.CREATE_PERMISSION, values)

    def channel_bind(self, number: int, peer: Address = PEER) -> Message:
        if not self.nonce:
            self.login()
        transaction_id = (self._transactions + 1).to_bytes(12)
        return self.call(
            Method.CHANNEL_BIND,
            [
                (AttributeType.CHANNEL_NUMBER, encode_channel_number(number)),
                (AttributeType.XOR_PEER_ADDRESS, encode_xor_address(peer, transaction_id)),
            ],
        )

    def refresh(self, lifetime_s: int) -> list[Effect]:
        attributes = [(AttributeType.LIFETIME, encode_lifetime(lifetime_s))]
        return self.receive(self.encode(Method.REFRESH, attributes))

    def send_indication(self, peer: Address, data: bytes, extra: Attributes = ()) -> list[Effect]:
        transaction_id = self.transaction_id()
        attributes = [
            (AttributeType.XOR_PEER_ADDRESS, encode_xor_address(peer, transaction_id)),
            (AttributeType.DATA, data),
            *extra,
        ]
        return self.receive(encode_message(Method.SEND, MessageClass.INDICATION, transaction_id, attributes))

    def from_peer(self, allocation_id: int, peer: Address, data: bytes) -> list[Effect]:
        return self.core.relay_received(allocation_id, data, peer, self.clock.now)


@dataclass
class Allocated:
    allocation_id: int
    relayed: Address
    request: bytes
    answer: Message


def answer_of(effects: list[Effect]) -> Message:
    """Return the one message the effects send to the client."""
    sent = [effect.data for effect in effects if isinstance(effect, SendToClient)]
    assert len(sent) == 1, effects
    return parse_message(sent[0])


def error_of(answer: Message) -> int:
    """Return an error response's code."""
    assert answer.message_class is MessageClass.ERROR, answer
    value = answer.get(AttributeType.ERROR_CODE)
    assert value is not None
    return decode_error_code(value)[0]


def succeeded(answer: Message) -> bool:
    return answer.message_class is MessageClass.SUCCESS


def dropped(reason: DropReason) -> list[Effect]:
    return [Dropped(reason)]
