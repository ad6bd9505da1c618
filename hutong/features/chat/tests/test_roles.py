"""The whole table of who may do what: every role, act, target and setting."""

from __future__ import annotations

import itertools

import pytest

from hutong.features.chat import roles
from hutong.features.chat.api import Room, Settings
from hutong.features.chat.roles import Act
from hutong.platform.errors import PermissionDenied
from hutong.schema.chat_pb2 import INVITING_ADMINS
from hutong.testing import refused

NOW_MS = 1_800_000_000_000
WHO = {"owner": "owner0", "admin": "admin0", "member": "member0"}
OTHER = {"admin": "admin1", "member": "member1"}
OPEN, CLOSED = Settings(), Settings(inviting=INVITING_ADMINS, admins_write=True)
ON_PEOPLE = {Act.REMOVE, Act.MUTE, Act.APPOINT, Act.DISMISS, Act.HAND_OVER}
ALONE = set(Act) - ON_PEOPLE

# What each may do by themselves.
MAY = {
    ("owner", OPEN): ALONE,
    ("owner", CLOSED): ALONE,
    ("admin", OPEN): ALONE,
    ("admin", CLOSED): ALONE,
    ("member", OPEN): {Act.WRITE, Act.NICKNAME, Act.INVITE},
    ("member", CLOSED): {Act.NICKNAME},
}
# What each may do to another, whatever the settings.
MAY_TO = {
    ("owner", "admin"): {Act.REMOVE, Act.MUTE, Act.DISMISS, Act.HAND_OVER},
    ("owner", "member"): {Act.REMOVE, Act.MUTE, Act.APPOINT, Act.HAND_OVER},
    ("admin", "owner"): set(),
    ("admin", "admin"): set(),
    ("admin", "member"): {Act.REMOVE, Act.MUTE},
    ("member", "owner"): set(),
    ("member", "admin"): set(),
    ("member", "member"): set(),
}
MAY_TO_ONESELF = {"owner": set(), "admin": {Act.DISMISS}, "member": set()}


def room(settings: Settings = OPEN, muted_until_ms: dict[str, int] | None = None) -> Room:
    return Room(
        log="chat:1",
        group=True,
        members=frozenset([*WHO.values(), *OTHER.values()]),
        owner="owner0",
        admins=frozenset({"admin0", "admin1"}),
        muted_until_ms=muted_until_ms or {},
        settings=settings,
    )


def allowed(place: Room, user: str, act: Act, target: str = "") -> bool:
    try:
        roles.check(place, user, act, NOW_MS, target)
    except PermissionDenied:
        return False
    return True


@pytest.mark.parametrize(("role", "settings"), MAY)
def test_what_each_may_do(role: str, settings: Settings) -> None:
    """GRP1"""
    place = room(settings)
    assert {act for act in Act if allowed(place, WHO[role], act)} == MAY[role, settings]


@pytest.mark.parametrize(
    ("role", "target", "settings"),
    [(*pair, settings) for pair, settings in itertools.product(MAY_TO, (OPEN, CLOSED))],
)
def test_what_each_may_do_to_others(role: str, target: str, settings: Settings) -> None:
    """GRP1"""
    place = room(settings)
    other = WHO["owner"] if target == "owner" else OTHER[target]
    assert {act for act in Act if allowed(place, WHO[role], act, other)} == MAY_TO[role, target]


@pytest.mark.parametrize("role", WHO)
def test_what_each_may_do_to_themselves(role: str) -> None:
    user = WHO[role]
    assert {act for act in Act if allowed(room(), user, act, user)} == MAY_TO_ONESELF[role]


def test_who_is_muted_may_only_read() -> None:
    """GRP2"""
    for user, act, target in itertools.product(("admin0", "member0"), Act, ("", "member1", "owner0")):
        with refused(PermissionDenied, "muted"):
            roles.check(room(muted_until_ms={user: NOW_MS + 1}), user, act, NOW_MS, target)
        over = room(muted_until_ms={user: NOW_MS})
        assert allowed(over, user, act, target) == allowed(room(), user, act, target)


def test_an_admin_who_is_muted_may_lay_it_down() -> None:
    assert allowed(room(muted_until_ms={"admin0": NOW_MS + 1}), "admin0", Act.DISMISS, "admin0")


def test_the_owner_cannot_be_silenced() -> None:
    """Who was muted and then got the group must be able to change it."""
    for act in ALONE:
        assert allowed(room(muted_until_ms={"owner0": NOW_MS + 1}), "owner0", act)


@pytest.mark.parametrize(
    ("user", "act", "target", "reason"),
    [
        ("member0", Act.WRITE, "", "admins_write"),
        ("member0", Act.INVITE, "", "admins_only"),
        ("member0", Act.MANAGE, "", "admins_only"),
        ("member0", Act.REMOVE, "member1", "admins_only"),
        ("admin0", Act.REMOVE, "admin1", "owner_only"),
        ("admin0", Act.APPOINT, "member0", "owner_only"),
        ("member0", Act.HAND_OVER, "member1", "owner_only"),
        ("owner0", Act.REMOVE, "owner0", "not_to_yourself"),
    ],
)
def test_the_reason_says_why(user: str, act: Act, target: str, reason: str) -> None:
    with refused(PermissionDenied, reason):
        roles.check(room(CLOSED), user, act, NOW_MS, target)
