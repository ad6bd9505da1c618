"""`hutong serve` as an operator sees it."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hutong.schema import identity_pb2, link_pb2
from tests.edge.linking import link, root_of
from tests.edge.listening import packet
from tests.edge.raw import get, websocket
from tests.edge.serving import HUTONG, Serve, serving

SIGN_UP = 201


async def sign_up(port: int, handle: str, invitation: str) -> link_pb2.Reply:
    ask = identity_pb2.SignUpRequest(
        handle=handle,
        name=handle,
        password="correct horse",
        device=identity_pb2.NewDevice(name="Test", public_key=b"k" * 32),
        invitation=invitation,
    )
    request = link_pb2.Request(
        id=1, method=SIGN_UP, key=handle.encode().rjust(16), body=ask.SerializeToString()
    )
    async with websocket(port) as raw:
        await raw.say(packet(request))
        return await raw.reply()


async def test_it_greets_invites_and_says_goodbye(tmp_path: Path) -> None:
    async with serving(tmp_path, relay_port=0) as serve:
        assert f"Hutong is open at http://127.0.0.1:{serve.port}" in serve.greeting
        found = re.search(r"hutong://127\.0\.0\.1:\d+(#root=[\w-]{43})$", serve.greeting, re.MULTILINE)
        assert found
        assert f"http://127.0.0.1:{serve.port}/{found[1]}" in serve.greeting
        assert re.search(r"STUN and TURN: 127\.0\.0\.1:\d+", serve.greeting)
        assert str(tmp_path) in serve.greeting
        assert (await get(serve.port, "/healthz")).status == 200
        invited = re.search(
            r"First administrator: http://[\d.:]+/#/join/([0-9a-f]+)/root=[\w-]{43}", serve.greeting
        )
        assert invited
        assert (await sign_up(serve.port, "mallory", "wrong")).error.reason == "bad_invitation"
        reply = await sign_up(serve.port, "admin", invited[1])
        assert identity_pb2.SessionReply.FromString(reply.body).admin
        assert (await sign_up(serve.port, "second", invited[1])).error.reason == "bad_invitation"
        async with AsyncExitStack() as crowd:
            for _ in range(50):
                await crowd.enter_async_context(websocket(serve.port))
            browser = await crowd.enter_async_context(websocket(serve.port))
            direct = await crowd.enter_async_context(link(serve.link_port, root_of(found[1])))
            serve.process.send_signal(signal.SIGTERM)
            assert await browser.farewell() == link_pb2.Goodbye.REASON_SHUTDOWN
            assert await direct.farewell() == link_pb2.Goodbye.REASON_SHUTDOWN
            await browser.ended()
            await direct.ended()
            assert await asyncio.wait_for(serve.process.wait(), 20) == 0
        assert serve.query("PRAGMA integrity_check") == [("ok",)]
        await serve.start()
        assert "First administrator" not in serve.greeting
        serve.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(serve.process.wait(), 20) == 0
        assert serve.errors == ""


async def run(folder: Path, *arguments: str, **settings: object) -> tuple[int | None, str, str]:
    """Run `hutong serve`, which is expected to fail; return code, output, errors."""
    serve = Serve(folder, **settings)
    process = await asyncio.create_subprocess_exec(
        *HUTONG,
        "serve",
        *arguments,
        env=serve.environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode(), errors.decode()


@pytest.mark.parametrize("name", ["port", "link_port"])
async def test_a_port_that_is_taken(tmp_path: Path, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        if name == "port":  # the command line beats the environment
            code, output, errors = await run(tmp_path, "--port", str(number))
        else:
            code, output, errors = await run(tmp_path, **{name: number})
    assert code == 1
    assert "The server could not start" in output
    assert "in use" in output
    assert "Traceback" not in output + errors


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        ([], {"heartbeat_s": "0"}, "heartbeat_s cannot be 0"),
        ([], {"tls": "files", "tls_certificate_file": __file__, "tls_key_file": __file__}, "TLS files"),
        (["--config", "/nothing.toml"], {}, "There is no file /nothing.toml"),
    ],
)
async def test_settings_that_do_not_fit(
    tmp_path: Path, arguments: list[str], settings: dict[str, object], sentence: str
) -> None:
    code, output, errors = await run(tmp_path, *arguments, **settings)
    assert code == 2
    assert sentence in output
    assert "Traceback" not in output + errors
