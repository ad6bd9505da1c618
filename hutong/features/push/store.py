"""Subscriptions, and up to where each has been told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, in_parts, metadata
from hutong.platform.writer import Transaction

push_subscription = sa.Table(
    "push_subscription",
    metadata,
    sa.Column("device", sa.String(16), primary_key=True),
    sa.Column("user", sa.String(16), nullable=False, index=True),
    sa.Column("endpoint", sa.String(1000), nullable=False, index=True),
    sa.Column("p256dh", sa.LargeBinary(65), nullable=False),
    sa.Column("auth", sa.LargeBinary(16), nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
)

# The newest event a push service took for a device. What is newer, unread and not here is still to be pushed.
push_mark = sa.Table(
    "push_mark",
    metadata,
    sa.Column("device", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
)


class Subscription(NamedTuple):
    """One browser, in the order of the table's columns."""

    device: str
    user: str
    endpoint: str
    p256dh: bytes
    auth: bytes
    made_at_ms: int


def get(executor: Executor, device: str) -> Subscription | None:
    """Return a device's subscription."""
    table = push_subscription
    row = executor.execute(sa.select(table).where(table.c.device == device)).first()
    return Subscription._make(row) if row else None


def of_users(executor: Executor, users: Iterable[str]) -> dict[str, list[str]]:
    """Return the devices that subscribed, by user."""
    table = push_subscription
    found: defaultdict[str, list[str]] = defaultdict(list)
    for some in in_parts(users):
        query = sa.select(table.c.device, table.c.user).where(table.c.user.in_(some))
        for row in executor.execute(query):
            found[row.user].append(row.device)
    return found


def page(executor: Executor, after: str, limit: int) -> list[tuple[str, str]]:
    """Return (device, user) of the next subscriptions."""
    table = push_subscription
    query = sa.select(table.c.device, table.c.user).where(table.c.device > after)
    return [(row.device, row.user) for row in executor.execute(query.order_by(table.c.device).limit(limit))]


def put(tx: Transaction, subscription: Subscription) -> int:
    """Store a subscription, new or renewed; return by how many there are more now.

    A browser has one endpoint: whoever used it before signed out there. A renewed one keeps its age.
    """
    known = get(tx, subscription.device)
    if known is not None:
        subscription = subscription._replace(made_at_ms=known.made_at_ms)
    others = sa.select(push_subscription.c.device).where(
        push_subscription.c.endpoint == subscription.endpoint,
        push_subscription.c.device != subscription.device,
    )
    gone = sum(remove(tx, device) for device in tx.execute(others).scalars().all())
    tx.execute(sa.delete(push_subscription).where(push_subscription.c.device == subscription.device))
    tx.execute(sa.insert(push_subscription), subscription._asdict())
    return (known is None) - gone


def remove(tx: Transaction, device: str, endpoint: str = "") -> int:
    """Forget a device's subscription, or only the one with this endpoint; return how many that were."""
    same = push_subscription.c.device == device
    if endpoint:
        same &= push_subscription.c.endpoint == endpoint
    found = int(tx.execute(sa.delete(push_subscription).where(same)).rowcount)
    if found:
        tx.execute(sa.delete(push_mark).where(push_mark.c.device == device))
    return found


def remove_user(tx: Transaction, user: str) -> int:
    """Forget all subscriptions of a user; return how many those were."""
    query = sa.select(push_subscription.c.device).where(push_subscription.c.user == user)
    return sum(remove(tx, device) for device in tx.execute(query).scalars().all())


def count(executor: Executor) -> int:
    """Return how many subscriptions there are."""
    return int(executor.execute(sa.select(sa.func.count()).select_from(push_subscription)).scalar_one())


def mark(executor: Executor, device: str, log: str) -> int:
    """Return the newest event of a log that was pushed to a device, or 0."""
    same = (push_mark.c.device == device) & (push_mark.c.log == log)
    return executor.execute(sa.select(push_mark.c.seq).where(same)).scalar() or 0


def put_mark(tx: Transaction, device: str, log: str, seq: int) -> None:
    """Remember what was pushed, unless the subscription ended meanwhile."""
    if get(tx, device) is None:
        return
    tx.execute(sa.delete(push_mark).where(push_mark.c.device == device, push_mark.c.log == log))
    tx.execute(sa.insert(push_mark), {"device": device, "log": log, "seq": seq})
