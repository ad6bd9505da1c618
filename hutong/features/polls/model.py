"""What counts as a vote. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from hutong.platform.errors import FailedPrecondition, InvalidArgument
from hutong.schema import chat_pb2


def choice(poll: chat_pb2.Poll, options: Sequence[int]) -> list[int]:
    """Return a voter's choice in the order of the options. Raises `InvalidArgument`."""
    if len(set(options)) < len(options) or any(option >= len(poll.options) for option in options):
        raise InvalidArgument("The poll has no such option.", reason="bad_options")
    if len(options) > 1 and not poll.multiple:
        raise InvalidArgument("Choose one option.", reason="bad_options")
    return sorted(options)


def check_open(poll: chat_pb2.Poll, now_ms: int, *, closed: bool) -> None:
    """Refuse what comes after the end. Raises `FailedPrecondition`."""
    if closed or 0 < poll.closes_ms <= now_ms:
        raise FailedPrecondition("This poll is over.", reason="closed")
