"""Tables and statements of files. The bytes are in the blob store and, while they come in, on disk."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.schema import files_pb2

# Grants name a log, or one of these instead.
EVERYBODY = ""


def to_user(user: str) -> str:
    """Return the grant that lets one user read."""
    return f"user:{user}"


blob = sa.Table(
    "blob",
    metadata,
    sa.Column("blob", sa.String(64), primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String(64), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("thumbnail", sa.String(64), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
)

blob_grant = sa.Table(
    "blob_grant",
    metadata,
    sa.Column("blob", sa.String(64), sa.ForeignKey("blob.blob"), primary_key=True),
    sa.Column("log", sa.String(80), primary_key=True, index=True),
    # How many messages of the log show it: recalling the last one takes it back.
    sa.Column("uses", sa.Integer, nullable=False, server_default="1"),
)

upload = sa.Table(
    "upload",
    metadata,
    sa.Column("upload", sa.String(16), primary_key=True),
    sa.Column("user", sa.String(16), nullable=False, index=True),
    sa.Column("blob", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("begun_at_ms", sa.BigInteger, nullable=False, index=True),
)


class Blob(NamedTuple):
    """One stored blob, in the order of the table's columns. Only pictures have a media type and sides."""

    blob: str
    size_bytes: int
    media_type: str = ""
    width: int = 0
    height: int = 0
    thumbnail: str = ""
    created_at_ms: int = 0

    def to_reply(self) -> files_pb2.FinishReply:
        """Return what the uploader is told."""
        return files_pb2.FinishReply(
            blob=self.blob,
            thumbnail=self.thumbnail,
            width=self.width,
            height=self.height,
            media_type=self.media_type,
        )


class Upload(NamedTuple):
    """One upload that has not finished, in the order of the table's columns."""

    upload: str
    user: str
    blob: str
    size_bytes: int
    begun_at_ms: int


def get_blob(executor: Executor, name: str) -> Blob | None:
    """Return a blob, whoever may read it."""
    row = executor.execute(sa.select(blob).where(blob.c.blob == name)).first()
    return Blob._make(row) if row else None


def put_blob(executor: Executor, row: Blob) -> None:
    """Store a blob that may be there already: the same name is the same bytes."""
    if get_blob(executor, row.blob) is None:
        executor.execute(sa.insert(blob), row._asdict())


def grants(executor: Executor, name: str) -> list[str]:
    """Return whom a blob was given to."""
    query = sa.select(blob_grant.c.log).where(blob_grant.c.blob == name)
    return [row.log for row in executor.execute(query)]


def has_grant(executor: Executor, name: str, *logs: str) -> bool:
    """Tell whether a blob was given to any of these."""
    query = sa.select(blob_grant.c.log).where(blob_grant.c.blob == name, blob_grant.c.log.in_(logs))
    return executor.execute(query.limit(1)).first() is not None


def put_grant(executor: Executor, name: str, log: str) -> None:
    """Give a blob to a log, a user or everybody; once is enough."""
    if not has_grant(executor, name, log):
        executor.execute(sa.insert(blob_grant), {"blob": name, "log": log})


def add_use(executor: Executor, name: str, log: str) -> None:
    """Give a blob to a log once more."""
    if has_grant(executor, name, log):
        _change_uses(executor, name, log, 1)
    else:
        executor.execute(sa.insert(blob_grant), {"blob": name, "log": log, "uses": 1})


def remove_use(executor: Executor, name: str, log: str) -> None:
    """Take back one giving of a blob to a log; the last one ends the grant."""
    _change_uses(executor, name, log, -1)
    same = (blob_grant.c.blob == name) & (blob_grant.c.log == log)
    executor.execute(sa.delete(blob_grant).where(same, blob_grant.c.uses <= 0))


def _change_uses(executor: Executor, name: str, log: str, by: int) -> None:
    same = (blob_grant.c.blob == name) & (blob_grant.c.log == log)
    executor.execute(sa.update(blob_grant).where(same).values(uses=blob_grant.c.uses + by))


def delete_blob(executor: Executor, name: str) -> None:
    """Forget a blob and its grants."""
    executor.execute(sa.delete(blob_grant).where(blob_grant.c.blob == name))
    executor.execute(sa.delete(blob).where(blob.c.blob == name))


def shared_uploads(executor: Executor, user: str) -> list[tuple[str, str, int]]:
    """Return (log, blob, size) of what a user uploaded and conversations show, the largest first."""
    mine = blob_grant.alias()
    query = (
        sa.select(blob_grant.c.log, blob.c.blob, blob.c.size_bytes)
        .select_from(mine)
        .join(blob_grant, blob_grant.c.blob == mine.c.blob)
        .join(blob, blob.c.blob == mine.c.blob)
        .where(mine.c.log == to_user(user), blob_grant.c.log.like("chat:%"))
        .order_by(blob.c.size_bytes.desc(), blob.c.blob, blob_grant.c.log)
    )
    return [(row.log, row.blob, row.size_bytes) for row in executor.execute(query)]


def get_upload(executor: Executor, name: str, user: str) -> Upload | None:
    """Return one of the user's uploads."""
    same = (upload.c.upload == name) & (upload.c.user == user)
    row = executor.execute(sa.select(upload).where(same)).first()
    return Upload._make(row) if row else None


def uploads_of(executor: Executor, user: str) -> list[Upload]:
    """Return a user's open uploads."""
    return [Upload._make(row) for row in executor.execute(sa.select(upload).where(upload.c.user == user))]


def put_upload(executor: Executor, row: Upload) -> None:
    """Store an upload, new or begun again."""
    delete_upload(executor, row.upload)
    executor.execute(sa.insert(upload), row._asdict())


def delete_upload(executor: Executor, name: str) -> None:
    """Forget an upload."""
    executor.execute(sa.delete(upload).where(upload.c.upload == name))


def begun_before(executor: Executor, at_ms: int) -> list[str]:
    """Return the uploads nobody has begun again since."""
    query = sa.select(upload.c.upload).where(upload.c.begun_at_ms < at_ms)
    return [row.upload for row in executor.execute(query)]


def all_uploads(executor: Executor) -> set[str]:
    """Return the names of all open uploads."""
    return {row.upload for row in executor.execute(sa.select(upload.c.upload))}
