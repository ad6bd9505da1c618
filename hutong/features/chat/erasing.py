"""The end of a message, taken back by its author or due to disappear: nothing of it stays readable."""

from __future__ import annotations

from hutong.features.chat import expiry, mentions, wordings
from hutong.features.chat.api import Erased
from hutong.features.chat.content import blobs_of
from hutong.features.files.api import Files
from hutong.platform.log import Stored
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb


class Erasing:
    """Erases messages with everything that hangs on them (LOG12). Appends no event: the caller says why."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._listeners: list[Erased] = []

    def on_erased(self, listener: Erased) -> None:
        """Call `listener(tx, log, seq)` in the transaction that erases a message."""
        self._listeners.append(listener)

    def erase(self, tx: Transaction, event: Stored) -> None:
        """Empty every wording of a message, and forget its files, mentions and time."""
        log, seq = event.log, event.seq
        self._withdraw(tx, log, pb.MessageSent.FromString(event.body).content)
        tx.erase(log, seq)
        for edit in wordings.edits_of(tx, log, seq):
            self._withdraw(tx, log, pb.MessageEdited.FromString(tx.event(log, edit).body).content)
            tx.erase(log, edit)
        wordings.remove(tx, log, seq)
        mentions.remove(tx, log, seq)
        expiry.remove(tx, log, seq)
        for listener in self._listeners:
            listener(tx, log, seq)

    def _withdraw(self, tx: Transaction, log: str, content: pb.Content) -> None:
        for blob in blobs_of(content):
            self._files.withdraw(tx, blob, log)
