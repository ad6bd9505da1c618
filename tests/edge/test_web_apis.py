"""Plain HTTP for programs: what reaches a feature, and what never does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hutong.edge import web
from hutong.platform.web_api import BODY_BYTES_MAX
from tests.edge.listening import listening
from tests.edge.raw import Answer, connected, get, parse


async def post(port: int, path: str, body: bytes, *, announced: int = -1) -> Answer:
    """Post a body, or only the beginning of an `announced` one."""
    length = len(body) if announced < 0 else announced
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    async with connected(port) as raw:
        await raw.write(head.encode() + body)
        return parse(await raw.rest())


async def test_errors_are_json_with_a_reason(tmp_path: Path) -> None:
    async with listening(tmp_path) as edge:
        answer = await post(edge.port, "/hooks/nothing/here", b"{}")
        asked = await get(edge.port, "/hooks/nothing/here")
        deleted = await get(edge.port, "/hooks/nothing/here", method="DELETE")
    assert (answer.status, asked.status, deleted.status) == (404, 404, 405)
    assert json.loads(answer.body)["error"] == "no_such_hook"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_body_has_a_bound(tmp_path: Path) -> None:
    async with listening(tmp_path) as edge:
        answer = await post(edge.port, "/hooks/x/y", b"x" * (BODY_BYTES_MAX + 1))
    assert answer.status == 413
    assert json.loads(answer.body)["error"] == "too_large"


async def test_a_body_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_BODY_TIMEOUT_S", 0.2)
    async with listening(tmp_path) as edge:
        answer = await post(edge.port, "/hooks/x/y", b"{", announced=100)
    assert answer.status == 408
