"""The state machines: which message is taken in which state, by whom, and where that leads.

The tables are the diagrams of RFC 8446 appendix A.1 (client) and A.2 (server) for this profile, and the
diagrams in docs/protocol/link.md. What is not in them is refused with unexpected_message before it is stored.
States have the RFC's names. Without client certificates WAIT_CERT_CR is WAIT_CERT, and the server goes from
NEGOTIATED straight on. New are the states after a HelloRetryRequest (`_AGAIN`), so that a second one is
refused by the table, and RECVD_CH, in which the shell looks up a ticket and nothing is taken.
"""

import enum
from collections.abc import Mapping
from typing import NamedTuple

from hutong.protocols.tls13.codepoints import HandshakeType


class State(enum.StrEnum):
    """Where a connection is."""

    START = "start"
    START_AGAIN = "start, after a HelloRetryRequest"
    RECVD_CH = "a ticket is being looked up"
    WAIT_EOED = "early data"
    WAIT_SH = "waiting for ServerHello"
    WAIT_SH_AGAIN = "waiting for ServerHello, after a HelloRetryRequest"
    WAIT_EE = "waiting for EncryptedExtensions"
    WAIT_CERT = "waiting for Certificate"
    WAIT_CV = "waiting for CertificateVerify"
    WAIT_FINISHED = "waiting for Finished"
    CONNECTED = "connected"


class Transition(NamedTuple):
    """The method that takes the message, where it may lead, and whether a new receiving key may follow.

    A message after which the key may change must be the last of its record (RFC 8446 section 5.1).
    """

    handler: str
    to: frozenset[State]
    ends_record: bool = False


Table = Mapping[tuple[State, int], Transition]


def _to(*states: State) -> frozenset[State]:
    return frozenset(states)


CLIENT: Table = {
    (State.WAIT_SH, HandshakeType.SERVER_HELLO): Transition(
        "_on_server_hello", _to(State.WAIT_SH_AGAIN, State.WAIT_EE), ends_record=True
    ),
    (State.WAIT_SH_AGAIN, HandshakeType.SERVER_HELLO): Transition(
        "_on_server_hello", _to(State.WAIT_EE), ends_record=True
    ),
    (State.WAIT_EE, HandshakeType.ENCRYPTED_EXTENSIONS): Transition(
        "_on_encrypted_extensions", _to(State.WAIT_CERT, State.WAIT_FINISHED)
    ),
    (State.WAIT_CERT, HandshakeType.CERTIFICATE): Transition("_on_certificate", _to(State.WAIT_CV)),
    (State.WAIT_CV, HandshakeType.CERTIFICATE_VERIFY): Transition(
        "_on_certificate_verify", _to(State.WAIT_FINISHED)
    ),
    (State.WAIT_FINISHED, HandshakeType.FINISHED): Transition(
        "_on_finished", _to(State.CONNECTED), ends_record=True
    ),
    (State.CONNECTED, HandshakeType.NEW_SESSION_TICKET): Transition(
        "_on_new_session_ticket", _to(State.CONNECTED)
    ),
    (State.CONNECTED, HandshakeType.KEY_UPDATE): Transition(
        "_on_key_update", _to(State.CONNECTED), ends_record=True
    ),
}

_FROM_CLIENT_HELLO = (State.RECVD_CH, State.WAIT_EOED, State.WAIT_FINISHED)

SERVER: Table = {
    (State.START, HandshakeType.CLIENT_HELLO): Transition(
        "_on_client_hello", _to(State.START_AGAIN, *_FROM_CLIENT_HELLO), ends_record=True
    ),
    (State.START_AGAIN, HandshakeType.CLIENT_HELLO): Transition(
        "_on_second_client_hello", _to(*_FROM_CLIENT_HELLO), ends_record=True
    ),
    (State.WAIT_EOED, HandshakeType.END_OF_EARLY_DATA): Transition(
        "_on_end_of_early_data", _to(State.WAIT_FINISHED), ends_record=True
    ),
    (State.WAIT_FINISHED, HandshakeType.FINISHED): Transition(
        "_on_finished", _to(State.CONNECTED), ends_record=True
    ),
    (State.CONNECTED, HandshakeType.KEY_UPDATE): Transition(
        "_on_key_update", _to(State.CONNECTED), ends_record=True
    ),
}
