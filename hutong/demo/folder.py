"""What a data folder holds: nothing, a demo, or something that is not the demo's to touch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "demo.json"


class FolderError(Exception):
    """The folder cannot hold the demo; the text says why and what helps."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A data folder for the demo. A small file in it says that it is one, and whether it is whole."""

    path: Path

    @property
    def _mark(self) -> Path:
        return self.path / MARK

    def language(self) -> str:
        """Return the language the folder was filled in, '' while it is empty. Raises `FolderError`."""
        if self.path.exists() and not self.path.is_dir():
            raise FolderError(f"{self.path} is not a folder. Choose another one with --data.")
        if not self.path.exists() or not any(self.path.iterdir()):
            return ""
        mark = self._read_mark()
        if mark is None:
            raise FolderError(
                f"{self.path} holds something that is not the demo. "
                "Choose another folder with --data, or start your own server with `hutong serve`."
            )
        if mark.get("state") != "filled":
            raise FolderError(
                f"{self.path} was left half filled, or is being filled right now. "
                "Remove the folder and try again."
            )
        return str(mark.get("language"))

    def begin(self, language: str) -> None:
        """Mark an empty folder as one that is being filled. Raises `FolderError` when somebody was faster."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with self._mark.open("x") as file:
                json.dump({"state": "filling", "language": language}, file)
        except FileExistsError as error:
            raise FolderError(f"{self.path} is being filled already.") from error

    def finish(self, language: str) -> None:
        """Mark the folder as filled."""
        fresh = self._mark.with_suffix(".new")
        fresh.write_text(json.dumps({"state": "filled", "language": language}))
        fresh.replace(self._mark)

    def _read_mark(self) -> dict[str, Any] | None:
        try:
            mark = json.loads(self._mark.read_text())
        except (OSError, ValueError):
            return None
        return mark if isinstance(mark, dict) else None
