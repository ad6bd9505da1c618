"""Who may do what in a group: one table. No I/O.

What is done to somebody depends on both roles, the rest on one's own and on the group's settings. Who is
muted may only read and leave; the owner cannot be, so that there always is somebody who may change the group.
"""

from __future__ import annotations

from enum import Enum

from hutong.features.chat.api import Room
from hutong.platform.errors import PermissionDenied
from hutong.schema import chat_pb2
from hutong.schema.chat_pb2 import ROLE_ADMIN, ROLE_MEMBER, ROLE_OWNER


class Act(Enum):
    """What somebody may want to do in a group."""

    WRITE = "write"  # everything that says something: messages, reactions, the title, the picture
    NICKNAME = "nickname"  # one's own
    INVITE = "invite"  # add people, make links
    EVERYONE = "everyone"  # mention everyone
    MANAGE = "manage"  # settings, the announcement, who is let in
    REMOVE = "remove"
    MUTE = "mute"
    APPOINT = "appoint"  # a member becomes an admin
    DISMISS = "dismiss"  # an admin becomes a member
    HAND_OVER = "hand over"


_MEMBER = frozenset({Act.WRITE, Act.NICKNAME, Act.INVITE})
_STEWARD = _MEMBER | {Act.EVERYONE, Act.MANAGE}
_BY_ROLE: dict[chat_pb2.Role, frozenset[Act]] = {
    ROLE_MEMBER: _MEMBER,
    ROLE_ADMIN: _STEWARD,
    ROLE_OWNER: _STEWARD,
}
# To others: (whoever does it, whoever it is done to).
_TO_OTHERS: dict[tuple[chat_pb2.Role, chat_pb2.Role], frozenset[Act]] = {
    (ROLE_OWNER, ROLE_ADMIN): frozenset({Act.REMOVE, Act.MUTE, Act.DISMISS, Act.HAND_OVER}),
    (ROLE_OWNER, ROLE_MEMBER): frozenset({Act.REMOVE, Act.MUTE, Act.APPOINT, Act.HAND_OVER}),
    (ROLE_ADMIN, ROLE_MEMBER): frozenset({Act.REMOVE, Act.MUTE}),
}
# To oneself: an admin may lay it down.
_TO_ONESELF: dict[chat_pb2.Role, frozenset[Act]] = {ROLE_ADMIN: frozenset({Act.DISMISS})}
_FOR_OWNERS = frozenset({Act.APPOINT, Act.DISMISS, Act.HAND_OVER})


def muted(room: Room, user: str, now_ms: int) -> bool:
    """Tell whether a member may not write at this moment because an admin said so."""
    return user != room.owner and room.muted_until_ms.get(user, 0) > now_ms


def may(room: Room, user: str, act: Act, target: str = "") -> bool:
    """Tell whether a member who is not muted may do this, to another member if there is a `target`."""
    role = room.role(user)
    if target:
        if target == user:
            return act in _TO_ONESELF.get(role, ())
        return act in _TO_OTHERS.get((role, room.role(target)), ())
    if role == ROLE_MEMBER and (
        (act is Act.WRITE and room.settings.admins_write)
        or (act is Act.INVITE and room.settings.inviting == chat_pb2.INVITING_ADMINS)
    ):
        return False
    return act in _BY_ROLE[role]


def check(room: Room, user: str, act: Act, now_ms: int, target: str = "") -> None:
    """Refuse what a member of a group may not do. Raises `PermissionDenied`."""
    if muted(room, user, now_ms) and target != user:
        raise PermissionDenied("You cannot write in this group at the moment.", reason="muted")
    if may(room, user, act, target):
        return
    if target == user:
        raise PermissionDenied("You cannot do this to yourself.", reason="not_to_yourself")
    if act is Act.WRITE:
        raise PermissionDenied("Only the owner and admins write in this group.", reason="admins_write")
    if act in _FOR_OWNERS or user in room.admins:
        raise PermissionDenied("Only the owner of this group may do this.", reason="owner_only")
    raise PermissionDenied("Only the owner and admins of this group may do this.", reason="admins_only")
