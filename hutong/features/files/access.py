"""Who may read which blob; and `api.Files` for the other features."""

from __future__ import annotations

from hutong.features.files import api, store
from hutong.platform.database import Executor
from hutong.platform.errors import InvalidArgument, NotFound
from hutong.platform.following import LogAccess
from hutong.platform.writer import Transaction

# Everybody who lists contacts loads it.
PROFILE_PICTURE_BYTES_MAX = 10 * 1024 * 1024
_HINTS_MAX = 10_000


class Access:
    """Given to the uploader, to everybody who may read some log, or to everybody."""

    def __init__(self, logs: LogAccess) -> None:
        self._logs = logs
        # Through which log a user could read a blob the last time: tried first, and never believed without a
        # look. A picture that went into a thousand conversations costs the search once, not for every chunk.
        self._hints: dict[tuple[str, str], str] = {}

    def may_read(self, executor: Executor, user: str, blob: str) -> bool:
        """Tell whether the user may read the blob; one that is not there is like a forbidden one."""
        hint = self._hints.get((user, blob))
        if hint is not None and self._through(executor, user, blob, hint):
            return True
        if store.has_grant(executor, blob, store.to_user(user), store.EVERYBODY):
            return True
        for log in store.grants(executor, blob):
            if self._logs.first_readable(executor, user, log):
                if len(self._hints) >= _HINTS_MAX:
                    self._hints.clear()
                self._hints[user, blob] = log
                return True
        return False

    def _through(self, executor: Executor, user: str, blob: str, log: str) -> bool:
        granted = store.has_grant(executor, blob, log)
        return granted and self._logs.first_readable(executor, user, log) > 0

    def readable(self, executor: Executor, user: str, blob: str) -> store.Blob:
        """Return the blob to a user who may read it. Raises `NotFound`."""
        found = store.get_blob(executor, blob) if self.may_read(executor, user, blob) else None
        if found is None:
            raise NotFound("There is no such file.", reason="no_such_blob")
        return found

    # ---- api.Files ----

    def shown(self, executor: Executor, user: str, blob: str) -> api.Shown:
        """Return what a blob is."""
        found = self.readable(executor, user, blob)
        return api.Shown(found.size_bytes, found.media_type, found.width, found.height)

    def share(self, tx: Transaction, user: str, blob: str, log: str) -> None:
        """Let everybody who may read `log` read the blob."""
        self.readable(tx, user, blob)
        store.add_use(tx, blob, log)

    def withdraw(self, tx: Transaction, blob: str, log: str) -> None:
        """Take one sharing back; the blob stays readable through the log's other messages that show it."""
        store.remove_use(tx, blob, log)

    def publish(self, tx: Transaction, user: str, blob: str) -> None:
        """Let every signed-in user read the blob."""
        self.readable(tx, user, blob)
        store.put_grant(tx, blob, store.EVERYBODY)

    def keep(self, tx: Transaction, user: str, blob: str, size_bytes: int) -> None:
        """Give a user something the server made and put into the blob store."""
        store.put_blob(tx, store.Blob(blob, size_bytes, created_at_ms=tx.now_ms))
        store.put_grant(tx, blob, store.to_user(user))

    def drop(self, tx: Transaction, blob: str) -> None:
        """Forget something the server made."""
        store.delete_blob(tx, blob)

    def space(self, executor: Executor, user: str) -> list[api.Share]:
        """Return what a user has uploaded and conversations show."""
        return [api.Share(*row) for row in store.shared_uploads(executor, user)]

    def publish_profile_picture(self, tx: Transaction, user: str, blob: str) -> None:
        """Publish a blob that becomes a profile picture. Raises `InvalidArgument` when it is none."""
        found = self.readable(tx, user, blob)
        if not found.width:
            raise InvalidArgument("This file is not a picture.", reason="not_a_picture")
        if found.size_bytes > PROFILE_PICTURE_BYTES_MAX:
            raise InvalidArgument("This picture is too large.", reason="file_too_large")
        store.put_grant(tx, blob, store.EVERYBODY)
