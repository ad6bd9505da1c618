from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hutong.cli.main import app
from hutong.demo.folder import DemoFolder, FolderError


def everything(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(*arguments: str) -> tuple[int, str]:
    # Typer colours what it prints when it believes in a terminal; wide enough not to break sentences.
    result = CliRunner(env={"COLUMNS": "300", "NO_COLOR": "1"}).invoke(app, ["demo", *arguments])
    return result.exit_code, result.output


def test_an_empty_or_missing_folder_is_free(tmp_path: Path) -> None:
    assert DemoFolder(tmp_path).language() == ""
    assert DemoFolder(tmp_path / "new").language() == ""


def test_a_folder_is_whole_only_when_filling_has_finished(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "new")
    folder.begin("zh")
    with pytest.raises(FolderError, match="half filled"):
        folder.language()
    with pytest.raises(FolderError, match="already"):
        folder.begin("zh")
    folder.finish("zh")
    assert folder.language() == "zh"


@pytest.mark.parametrize("mark", [None, "", "[]", "\x00", '{"language": "en"}'])
def test_something_else_is_left_alone(tmp_path: Path, mark: str | None) -> None:
    (tmp_path / "hutong.db").write_bytes(b"somebody's")
    if mark is not None:
        (tmp_path / "demo.json").write_text(mark)
    before = everything(tmp_path)
    code, output = run("--data", str(tmp_path), "--no-serve")
    assert code == 2
    assert "Choose another folder" in output or "half filled" in output
    assert everything(tmp_path) == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, output = run("--data", str(tmp_path / "file"), "--no-serve")
    assert (code, "not a folder" in output) == (2, True)


def test_an_unknown_language_fills_nothing(tmp_path: Path) -> None:
    code, output = run("--data", str(tmp_path / "new"), "--language", "fr", "--no-serve")
    assert (code, "en and zh" in output) == (2, True)
    assert not (tmp_path / "new").exists()


def test_other_storage_than_the_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUTONG_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    code, output = run("--data", str(tmp_path / "new"), "--no-serve")
    assert (code, "unset database_url" in output) == (2, True)
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("quick_passwords")
def test_the_command_fills_once_and_then_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    code, output = run("--data", str(folder), "--no-serve")
    assert code == 0
    for word in ("lin", "open-the-gate", "16 people", "hutong serve --data"):
        assert word in output
    before = everything(folder)
    code, output = run("--data", str(folder), "--language", "zh", "--no-serve")
    assert code == 0
    assert "filled in en already" in output
    assert "open-the-gate" in output
    assert everything(folder) == before
    with sqlite3.connect(folder / "hutong.db") as database:
        assert database.execute("SELECT count(*) FROM account").fetchone() == (16,)
    database.close()
