"""A request on its way through the core, and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from hutong.protocols.stun.address import FiveTuple
from hutong.protocols.stun.attributes import (
    COMPREHENSION_OPTIONAL_FROM,
    UNDERSTOOD_TYPES,
    AttributeType,
    encode_error_code,
    encode_unknown_attributes,
)
from hutong.protocols.stun.authentication import Credentials
from hutong.protocols.stun.message import Message, MessageClass, encode_message
from hutong.protocols.stun.rejection import Rejection


@dataclass(frozen=True, slots=True)
class Request:
    """An authenticated request."""

    message: Message
    five_tuple: FiveTuple
    credentials: Credentials


def unknown_attributes(
    message: Message, *, also_understood: frozenset[AttributeType] = frozenset()
) -> list[int]:
    """Return the comprehension-required types this server does not understand, each once."""
    return list(
        dict.fromkeys(
            kind
            for kind, _ in message.attributes
            if kind < COMPREHENSION_OPTIONAL_FROM
            and kind not in UNDERSTOOD_TYPES
            and kind not in also_understood
        )
    )


def refuse_unknown_attributes(
    message: Message, *, also_understood: frozenset[AttributeType] = frozenset()
) -> None:
    """Raise Rejection with 420 when something essential is not understood (section 6.3.1)."""
    kinds = unknown_attributes(message, also_understood=also_understood)
    if kinds:
        listed = (AttributeType.UNKNOWN_ATTRIBUTES, encode_unknown_attributes(kinds))
        raise Rejection(420, attributes=[listed])


def encode_success(
    message: Message,
    credentials: Credentials | None,
    attributes: Sequence[tuple[AttributeType, bytes]],
) -> bytes:
    """Encode the success response to a request, protected as the request was."""
    return _encode_response(message, MessageClass.SUCCESS, credentials, attributes)


def encode_error(
    message: Message,
    credentials: Credentials | None,
    code: int,
    attributes: Sequence[tuple[AttributeType, bytes]] = (),
) -> bytes:
    """Encode an error response; without a reason phrase, for it to stay small (TURN3)."""
    error = (AttributeType.ERROR_CODE, encode_error_code(code))
    return _encode_response(message, MessageClass.ERROR, credentials, [error, *attributes])


def _encode_response(
    message: Message,
    message_class: MessageClass,
    credentials: Credentials | None,
    attributes: Sequence[tuple[AttributeType, bytes]],
) -> bytes:
    return encode_message(
        message.method,
        message_class,
        message.transaction_id,
        attributes,
        integrity=None if credentials is None else (credentials.integrity, credentials.key),
        fingerprint=message.has_fingerprint,
    )
