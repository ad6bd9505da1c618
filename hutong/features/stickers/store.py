"""Packs, their stickers, and who keeps which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2
from hutong.schema import stickers_pb2 as pb

sticker_pack = sa.Table(
    "sticker_pack",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("title", sa.String(32), nullable=False),
    sa.Column("by", sa.String(16), nullable=False),
    sa.Column("changed_at_ms", sa.BigInteger, nullable=False),
)

sticker = sa.Table(
    "sticker",
    metadata,
    sa.Column("pack", sa.String(16), sa.ForeignKey("sticker_pack.id"), primary_key=True),
    sa.Column("blob", sa.String(64), primary_key=True),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("emoji", sa.String(32), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
)

# One's own packs too: the newest comes first.
kept_pack = sa.Table(
    "kept_pack",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("pack", sa.String(16), sa.ForeignKey("sticker_pack.id"), primary_key=True, index=True),
    sa.Column("kept_at_ms", sa.BigInteger, nullable=False),
)


def row_of(executor: Executor, pack: str) -> Any:
    """Return a pack's own row, or None."""
    return executor.execute(sa.select(sticker_pack).where(sticker_pack.c.id == pack)).first()


def packs(executor: Executor, ids: Iterable[str]) -> list[pb.Pack]:
    """Return packs with their stickers, in the order of `ids`."""
    wanted = list(ids)
    found = {
        row.id: pb.Pack(id=row.id, title=row.title, by=row.by, changed_at_ms=row.changed_at_ms)
        for row in executor.execute(sa.select(sticker_pack).where(sticker_pack.c.id.in_(wanted)))
    }
    query = sa.select(sticker).where(sticker.c.pack.in_(wanted))
    for row in executor.execute(query.order_by(sticker.c.place)):
        found[row.pack].stickers.append(
            chat_pb2.Sticker(
                blob=row.blob, width=row.width, height=row.height, emoji=row.emoji, pack=row.pack
            )
        )
    return [found[pack] for pack in wanted if pack in found]


def kept(executor: Executor, user: str) -> list[str]:
    """Return the packs a user keeps, the newest first."""
    query = sa.select(kept_pack.c.pack).where(kept_pack.c.user == user)
    return list(executor.execute(query.order_by(kept_pack.c.kept_at_ms.desc(), kept_pack.c.pack)).scalars())


def keepers(executor: Executor, pack: str, limit: int) -> list[str]:
    """Return who keeps a pack: at most `limit`, those who have kept it longest."""
    query = sa.select(kept_pack.c.user).where(kept_pack.c.pack == pack)
    query = query.order_by(kept_pack.c.kept_at_ms, kept_pack.c.user).limit(limit)
    return list(executor.execute(query).scalars())


def keep(tx: Transaction, user: str, pack: str) -> None:
    """Keep a pack that is not kept."""
    tx.execute(sa.insert(kept_pack), {"user": user, "pack": pack, "kept_at_ms": tx.now_ms})


def drop(tx: Transaction, user: str, pack: str) -> None:
    """Keep it no longer."""
    tx.execute(sa.delete(kept_pack).where(kept_pack.c.user == user, kept_pack.c.pack == pack))


def put_pack(tx: Transaction, pack: str, title: str, by: str) -> None:
    """Insert an empty pack."""
    row = {"id": pack, "title": title, "by": by, "changed_at_ms": tx.now_ms}
    tx.execute(sa.insert(sticker_pack), row)


def remove_pack(tx: Transaction, pack: str) -> None:
    """Remove a pack with everything that names it."""
    tx.execute(sa.delete(kept_pack).where(kept_pack.c.pack == pack))
    tx.execute(sa.delete(sticker).where(sticker.c.pack == pack))
    tx.execute(sa.delete(sticker_pack).where(sticker_pack.c.id == pack))


def put_sticker(tx: Transaction, pack: str, added: chat_pb2.Sticker) -> None:
    """Add a sticker at the end, or give the one that is there another emoji."""
    same = (sticker.c.pack == pack) & (sticker.c.blob == added.blob)
    if tx.execute(sa.update(sticker).where(same).values(emoji=added.emoji)).rowcount:
        return
    last = tx.execute(sa.select(sa.func.max(sticker.c.place)).where(sticker.c.pack == pack)).scalar() or 0
    row = {
        "pack": pack,
        "blob": added.blob,
        "width": added.width,
        "height": added.height,
        "emoji": added.emoji,
        "place": last + 1,
    }
    tx.execute(sa.insert(sticker), row)


def remove_sticker(tx: Transaction, pack: str, blob: str) -> None:
    """Take a sticker out of a pack."""
    tx.execute(sa.delete(sticker).where(sticker.c.pack == pack, sticker.c.blob == blob))


def touch(tx: Transaction, pack: str) -> None:
    """Note that a pack changed."""
    same = sticker_pack.c.id == pack
    tx.execute(sa.update(sticker_pack).where(same).values(changed_at_ms=tx.now_ms))
