"""What a message looks like elsewhere. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from hutong.features.chat.api import Said
from hutong.platform.errors import InvalidArgument
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2

MESSAGES_MAX = 100
# All of it is in one commit, and pushed at once.
FORWARD_BYTES_MAX = 512 * 1024
_NAMES_MAX = 3

Profiles = Mapping[str, identity_pb2.Profile]


def check_seqs(seqs: Sequence[int]) -> None:
    """Refuse what is no ascending list of messages. Raises `InvalidArgument`."""
    if not 1 <= len(seqs) <= MESSAGES_MAX:
        raise InvalidArgument(f"Forward 1 to {MESSAGES_MAX} messages.", reason="bad_number")
    if any(one >= next_one for one, next_one in pairwise(seqs)):
        raise InvalidArgument("Each message once, the oldest first.", reason="out_of_order")


def check_size(contents: Sequence[pb.Content]) -> None:
    """Refuse too much at once. Raises `InvalidArgument`."""
    if sum(content.ByteSize() for content in contents) > FORWARD_BYTES_MAX:
        raise InvalidArgument("This is too much to forward at once.", reason="too_large")


def single(said: Said, profiles: Profiles) -> pb.Content:
    """Return a message as it stands in another conversation: whose it was first, what it answered not."""
    content = _elsewhere(said.content)
    content.forwarded_from.CopyFrom(_author(said, profiles))
    return content


def bundle(messages: Sequence[Said], profiles: Profiles, title: str) -> pb.Content:
    """Return several messages as one. Raises nothing: a bundle among them stands as its title."""
    merged = pb.Content()
    merged.bundle.title = title
    for said in messages:
        content = _elsewhere(said.content)
        if content.HasField("bundle"):
            content = pb.Content(text=content.bundle.title)
        merged.bundle.messages.add(author=_author(said, profiles), at_ms=said.at_ms, content=content)
    return merged


def title(group: str, messages: Sequence[Said], profiles: Profiles) -> str:
    """Return a bundle's title: the group's, or the names of those who speak in it."""
    names = list(dict.fromkeys(_author(said, profiles).name for said in messages))
    return group or ", ".join(names[:_NAMES_MAX]) + (" …" if len(names) > _NAMES_MAX else "")


def _author(said: Said, profiles: Profiles) -> identity_pb2.Profile:
    if said.content.HasField("forwarded_from"):
        return said.content.forwarded_from
    return profiles.get(said.author, identity_pb2.Profile(user=said.author))


def _elsewhere(content: pb.Content) -> pb.Content:
    """Return a copy without what means something in its conversation only."""
    copy = pb.Content()
    copy.CopyFrom(content)
    for field in ("reply_to", "mentions", "forwarded_from"):
        copy.ClearField(field)
    return copy
