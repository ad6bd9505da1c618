"""A TURN client for load: one allocation and one channel to a peer's socket, on blocking sockets."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from hutong.protocols.stun import Address, time_limited_credentials
from hutong.protocols.stun.address import decode_xor_address, encode_xor_address
from hutong.protocols.stun.attributes import (
    AttributeType,
    decode_error_code,
    encode_channel_number,
    encode_lifetime,
)
from hutong.protocols.stun.channel_data import is_channel_data
from hutong.protocols.stun.credentials import long_term_key
from hutong.protocols.stun.message import (
    Integrity,
    Message,
    MessageClass,
    Method,
    encode_message,
    parse_message,
)

HOST = "127.0.0.1"
CHANNEL = 0x4000
_UDP = (AttributeType.REQUESTED_TRANSPORT, bytes([17, 0, 0, 0]))
_WAIT_S = 5.0
_BUFFER_BYTES = 4 << 20


@dataclass(slots=True)
class Flow:
    """A client with its allocation, and the peer its channel leads to."""

    client: socket.socket
    peer: socket.socket
    relayed: Address
    login: _Login

    def release(self) -> None:
        """Give the allocation back: the next flow may get the same port."""
        self.client.settimeout(_WAIT_S)
        ends = (AttributeType.LIFETIME, encode_lifetime(0))
        _ask(self.client, self.login, Method.REFRESH, os.urandom(12), [ends])


class _Login:
    """The long-term credential, once the server has told realm and nonce."""

    def __init__(self, secret: bytes, user: str) -> None:
        username, self._password = time_limited_credentials(secret, user, time.time(), 3600)
        self._username = username.encode()
        self._realm = b""
        self._nonce = b""

    def take(self, challenge: Message) -> None:
        self._realm = challenge.get(AttributeType.REALM) or b""
        self._nonce = challenge.get(AttributeType.NONCE) or b""

    def attributes(self) -> list[tuple[AttributeType, bytes]]:
        if not self._nonce:
            return []
        return [
            (AttributeType.USERNAME, self._username),
            (AttributeType.REALM, self._realm),
            (AttributeType.NONCE, self._nonce),
        ]

    def integrity(self) -> tuple[Integrity, bytes] | None:
        if not self._nonce:
            return None
        return Integrity.SHA1, long_term_key(self._username, self._realm, self._password.encode())


def open_flow(port: int, secret: bytes, user: str) -> Flow:
    """Allocate at a relay, permit a peer and bind a channel to it. Raises RuntimeError when refused."""
    client, peer = _bound(), _bound()
    login, relayed = _allocate(client, port, secret, user)
    _bind(client, login, Address(*peer.getsockname()))
    return Flow(client, peer, relayed, login)


def open_pair(port: int, secret: bytes, user: str) -> tuple[Flow, Flow]:
    """Allocate twice at a relay; each one's peer is the other one's relayed address."""
    clients = _bound(), _bound()
    (login, relayed), (other_login, other_relayed) = (
        _allocate(client, port, secret, user) for client in clients
    )
    _bind(clients[0], login, other_relayed)
    _bind(clients[1], other_login, relayed)
    return (
        Flow(clients[0], clients[1], relayed, login),
        Flow(clients[1], clients[0], other_relayed, other_login),
    )


def _allocate(client: socket.socket, port: int, secret: bytes, user: str) -> tuple[_Login, Address]:
    client.connect((HOST, port))
    login = _Login(secret, user)
    answer = _ask(client, login, Method.ALLOCATE, os.urandom(12), [_UDP])
    relayed = answer.get(AttributeType.XOR_RELAYED_ADDRESS)
    assert relayed is not None
    return login, decode_xor_address(relayed, answer.transaction_id)


def _bind(client: socket.socket, login: _Login, peer: Address) -> None:
    transaction_id = os.urandom(12)
    channel = (AttributeType.CHANNEL_NUMBER, encode_channel_number(CHANNEL))
    peer_attribute = (AttributeType.XOR_PEER_ADDRESS, encode_xor_address(peer, transaction_id))
    _ask(client, login, Method.CHANNEL_BIND, transaction_id, [channel, peer_attribute])


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind((HOST, 0))
    bound.settimeout(_WAIT_S)
    # 33: SO_RCVBUFFORCE, for root; what is lost at the receiver would count against the relay.
    try:
        bound.setsockopt(socket.SOL_SOCKET, 33, _BUFFER_BYTES)
    except PermissionError:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    return bound


def _ask(
    client: socket.socket,
    login: _Login,
    method: Method,
    transaction_id: bytes,
    attributes: list[tuple[AttributeType, bytes]],
) -> Message:
    for _ in range(2):
        request = encode_message(
            method,
            MessageClass.REQUEST,
            transaction_id,
            [*attributes, *login.attributes()],
            integrity=login.integrity(),
        )
        client.send(request)
        answer = _next_answer(client)
        if answer.message_class is MessageClass.SUCCESS:
            return answer
        login.take(answer)
    raise RuntimeError(f"{method.name} was refused: {decode_error_code(_error_of(answer))}")


def _next_answer(client: socket.socket) -> Message:
    """Skip the data that still arrives."""
    while True:
        data = client.recv(2048)
        if not is_channel_data(data):
            return parse_message(data)


def _error_of(answer: Message) -> bytes:
    return answer.get(AttributeType.ERROR_CODE) or b""
