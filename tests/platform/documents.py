"""Writes docs/settings.md and docs/errors.md: `python -m tests.platform.documents`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from hutong.platform import settings as settings_module
from hutong.platform.errors import BY_CODE
from hutong.schema import link_pb2

ROOT = Path(__file__).resolve().parents[2]
# What a client should do, beside showing the sentence.
_WHAT_TO_DO = {
    link_pb2.CODE_INVALID_ARGUMENT: "Do not repeat it; it is a bug or a typing mistake.",
    link_pb2.CODE_NOT_FOUND: "Forget the thing.",
    link_pb2.CODE_PERMISSION_DENIED: "Do not offer it any more.",
    link_pb2.CODE_ALREADY_EXISTS: "Choose something else; with `key_reused`, make a new key.",
    link_pb2.CODE_RESOURCE_EXHAUSTED: "Come again after `retry_after_ms`, or ask for less.",
    link_pb2.CODE_FAILED_PRECONDITION: "Look at the state again.",
    link_pb2.CODE_UNAVAILABLE: "Retry with the same key (CONN14).",
    link_pb2.CODE_INTERNAL: "Report it.",
    link_pb2.CODE_UNAUTHENTICATED: "Sign in.",
    link_pb2.CODE_DEADLINE_EXCEEDED: "Retry with the same key: it may have happened (CONN15).",
}


def settings() -> str:
    return (
        "# Settings\n\n"
        "A setting comes from the command line, the environment, `hutong.toml` in the data folder (or the "
        "file `--config` names), or its default, in this order. A name or a value that does not fit stops "
        "the server with a sentence that says which.\n\n"
        f"{settings_module.table()}"
    )


def errors() -> str:
    reasons = _reasons()
    rows = ["| Code | What it says | What a client does | Reasons |", "|---|---|---|---|"]
    for kind in sorted(BY_CODE.values(), key=lambda kind: kind.code):
        name = link_pb2.Code.Name(kind.code).removeprefix("CODE_").lower()
        meaning = (kind.__doc__ or "").strip()
        words = ", ".join(f"`{reason}`" for reason in sorted(reasons.get(kind.__name__, ())))
        rows.append(f"| `{name}` | {meaning} | {_WHAT_TO_DO[kind.code]} | {words} |")
    return (
        "# Errors\n\n"
        "Every request is answered with its reply or with one of these codes, a sentence for the person, "
        "and a reason for programs. Reasons are stable; sentences are not.\n\n" + "\n".join(rows) + "\n"
    )


def _reasons() -> dict[str, set[str]]:
    """Return the reasons the server's code gives, by the class of the error."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "hutong").rglob("*.py")):
        if {"tests", "client", "cli", "demo"} & set(path.relative_to(ROOT).parts):
            continue
        for kind, reason in _reasons_in(ast.parse(path.read_text())):
            found.setdefault(kind, set()).add(reason)
    return found


def _reasons_in(tree: ast.AST) -> Iterator[tuple[str, str]]:
    names = {kind.__name__ for kind in BY_CODE.values()}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names):
            continue
        for keyword in node.keywords:
            if keyword.arg == "reason":
                yield node.func.id, _word(keyword.value)


def _word(node: ast.expr) -> str:
    """Return a reason; one with a number in it shows the number's name."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr), ast.dump(node)
    parts = [
        str(part.value) if isinstance(part, ast.Constant) else f"<{ast.unparse(part.value)}>"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    ]
    return "".join(parts)


GENERATED: dict[str, Callable[[], str]] = {"settings.md": settings, "errors.md": errors}

if __name__ == "__main__":
    for name, generate in GENERATED.items():
        (ROOT / "docs" / name).write_text(generate())
