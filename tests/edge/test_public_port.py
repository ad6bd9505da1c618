"""One port for the web client, the link, health and metrics (decision 4)."""

from __future__ import annotations

import asyncio
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from hutong import __version__
from hutong.edge import http as http_module
from hutong.edge import web
from hutong.platform.settings import SettingsError
from hutong.schema import link_pb2
from tests.edge.listening import Listening, listening, packet, trusting
from tests.edge.raw import Answer, connected, get, parse, websocket


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A web client, as far as a server can tell."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Hutong</title>" + "<p>" * 2000)
    (folder / "assets" / "app-0123abcd.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    create = web.create
    monkeypatch.setattr(web, "create", lambda core, carriers: create(core, carriers, folder))
    return folder


@pytest.fixture
def unbuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = web.create
    monkeypatch.setattr(web, "create", lambda core, posts: create(core, posts, tmp_path / "nowhere"))


@pytest.mark.usefixtures("built")
async def test_one_port_for_everything(tmp_path: Path) -> None:
    async with listening(tmp_path) as edge:
        page, health, metrics = [await get(edge.port, path) for path in ("/", "/healthz", "/metrics")]
        async with websocket(edge.port) as link:
            await link.say(packet(link_pb2.Request(id=1, method=99_999)))
            assert (await link.reply()).error.reason == "unknown_method"
    assert page.status == health.status == metrics.status == 200
    assert b"<title>Hutong" in page.body
    assert f'"version":"{__version__}"'.encode() in health.body
    assert b"hutong_connections " in metrics.body


def check_headers(answer: Answer) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy or "unsafe" not in policy.split("script-src")[1].split(";")[0]
    for word in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert word in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=(self)" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers


@pytest.mark.usefixtures("built")
async def test_security_headers(tmp_path: Path) -> None:
    async with listening(tmp_path) as edge:
        for path, status, cache in (
            ("/", 200, "no-cache"),
            ("/index.html", 200, "no-cache"),
            ("/assets/app-0123abcd.js", 200, "public, max-age=31536000, immutable"),
            ("/assets/nothing.js", 404, None),
            ("/some/page", 404, None),
        ):
            answer = await get(edge.port, path)
            assert answer.status == status, path
            check_headers(answer)
            assert answer.headers.get("cache-control") == cache


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "//secret.txt",
        "/..%5csecret.txt",
        "/%00",
        "/assets/%ff%fe",
    ],
)
async def test_files_outside_the_folder(tmp_path: Path, path: str) -> None:
    async with listening(tmp_path) as edge:
        answer = await get(edge.port, path)
    assert answer.status in {400, 404}
    assert b"secret" not in answer.body


@pytest.mark.usefixtures("built")
async def test_pages_are_compressed_and_not_sent_twice(tmp_path: Path) -> None:
    async with listening(tmp_path) as edge:
        small = await get(edge.port, "/", {"Accept-Encoding": "gzip"})
        assert small.headers["content-encoding"] == "gzip"
        again = await get(edge.port, "/", {"If-None-Match": small.headers["etag"]})
        assert (again.status, again.body) == (304, b"")


async def test_what_the_build_has_packed_is_sent_as_it_is(tmp_path: Path, built: Path) -> None:
    (built / "assets" / "app-0123abcd.js.br").write_bytes(b"packed by the build")
    async with listening(tmp_path) as edge:
        path = "/assets/app-0123abcd.js"
        packed = await get(edge.port, path, {"Accept-Encoding": "gzip, deflate, br, zstd"})
        plain = await get(edge.port, path, {"Accept-Encoding": "gzip"})
        tag = {"Accept-Encoding": "br", "If-None-Match": packed.headers["etag"]}
        again = await get(edge.port, path, tag)
        page = await get(edge.port, "/", {"Accept-Encoding": "br"})
    assert (packed.body, packed.headers["content-encoding"]) == (b"packed by the build", "br")
    assert packed.headers["content-type"].startswith("text/javascript")
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["vary"] == "Accept-Encoding"
    check_headers(packed)
    assert (plain.body, plain.headers.get("content-encoding")) == (b"export {}", None)
    assert plain.headers["etag"] != packed.headers["etag"]
    assert (again.status, again.body) == (304, b"")
    assert (page.status, page.headers.get("content-encoding")) == (200, None)


@pytest.mark.usefixtures("built")
async def test_other_methods(tmp_path: Path) -> None:
    async with listening(tmp_path) as edge:
        for path in ("/", "/healthz", "/metrics"):
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                assert (await get(edge.port, path, method=method)).status == 405
        head = await get(edge.port, "/", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert (await get(edge.port, "/link")).status == 404


@pytest.mark.usefixtures("unbuilt")
async def test_a_client_that_was_not_built(tmp_path: Path) -> None:
    async with listening(tmp_path) as edge:
        answer = await get(edge.port, "/")
        assert answer.status == 503
        assert b"make web" in answer.body
        assert (await get(edge.port, "/healthz")).status == 200


# ---- metrics ----


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [("", 200), ("127.0.0.1", 200), ("192.0.2.7", 404), ("192.0.2.7, 127.0.0.1", 404), ("no address", 404)],
)
async def test_metrics_are_for_loopback(edge: Listening, forwarded: str, status: int) -> None:
    """Also when a proxy on this machine asks for somebody else."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    answer = await get(edge.port, "/metrics", headers)
    assert answer.status == status
    assert (b"hutong_connections" in answer.body) == (status == 200)


async def test_metrics_with_a_token(tmp_path: Path) -> None:
    async with listening(tmp_path, metrics_token="sesame") as edge:
        for given, status in (
            (None, 404),
            ("Bearer sesame", 200),
            ("Bearer Sesame", 404),
            ("Bearer ", 404),
            ("sesame", 404),
            ("Bearer sesam\u00e9", 404),
        ):
            headers = {} if given is None else {"Authorization": given}
            assert (await get(edge.port, "/metrics", headers)).status == status


# ---- garbage ----


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\nhello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        b"\x00" * 1000,
    ],
)
async def test_what_is_no_http(edge: Listening, garbage: bytes) -> None:
    async with connected(edge.port) as raw:
        await raw.write(garbage)
        answer = await raw.rest()
    assert answer == b"" or parse(answer).status == 400
    assert (await get(edge.port, "/healthz")).status == 200


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.usefixtures("unbuilt")
async def test_noise(tmp_path: Path, seed: int) -> None:
    noise = random.Random(seed)
    good = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    damaged = bytearray(good)
    for _ in range(noise.randrange(1, 6)):
        damaged[noise.randrange(len(damaged))] = noise.randrange(256)
    async with listening(tmp_path) as edge:
        async with connected(edge.port) as raw:
            await raw.write(bytes(damaged))
            raw.writer.write_eof()
            await raw.ended()
        assert (await get(edge.port, "/healthz")).status == 200


async def test_a_head_that_does_not_end_in_size(edge: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "HEAD_TIMEOUT_S", 60)
    async with connected(edge.port) as raw:
        await raw.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        await raw.write(b"x" * (http_module.HEAD_BYTES_MAX + 1))
        await raw.ended()
    async with connected(edge.port) as raw:
        await raw.write(b"GET /" + b"x" * (http_module.HEAD_BYTES_MAX + 1))
        await raw.ended()


async def test_a_second_head_that_does_not_end_in_size(
    edge: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "HEAD_TIMEOUT_S", 60)
    async with connected(edge.port) as raw:
        await raw.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await raw.reader.readuntil(b"\r\n\r\n")
        await raw.write(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * (http_module.HEAD_BYTES_MAX + 1))
        await raw.ended()


async def test_a_head_that_does_not_end_in_time(edge: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "HEAD_TIMEOUT_S", 0.2)
    for beginning in (b"", b"GET / HTTP/1.1\r\nHost: local"):
        async with connected(edge.port) as raw:
            await raw.write(beginning)
            await raw.ended()
    async with connected(edge.port) as raw:  # one that is in time is left alone until it asks again
        await raw.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await raw.reader.readuntil(b"}")
        await asyncio.sleep(0.4)
        await raw.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert parse(await raw.reader.readuntil(b"}")).status == 200


async def test_a_link_is_not_bound_by_the_time_for_a_head(
    edge: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "HEAD_TIMEOUT_S", 0.1)
    async with websocket(edge.port) as link:
        await asyncio.sleep(0.3)
        await link.say(packet(ping=7))
        assert (await link.packet()).pong == 7


# ---- TLS on the public port ----


async def test_a_certificate_of_its_own(tmp_path: Path) -> None:
    async with listening(tmp_path, tls="self-signed") as edge:
        assert edge.addresses.public_url.startswith("https://")
        assert (await get(edge.port, "/healthz", tls=trusting())).status == 200
        async with websocket(edge.port, tls=trusting()) as link:
            await link.say(packet(ping=7))
            assert (await link.packet()).pong == 7
            for _ in range(30):  # large ones both ways, through the protocol that took the socket over
                request = link_pb2.Request(id=1, method=99_999, body=b"x" * 100_000)
                await link.say(packet(request))
                assert (await link.reply()).error.reason == "unknown_method"
        async with connected(edge.port) as raw:
            await raw.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" not in await raw.rest()


async def test_a_certificate_from_files(tmp_path: Path) -> None:
    async with listening(tmp_path / "one", tls="self-signed"):
        pass
    files = tmp_path / "one" / "tls"
    options: dict[str, Any] = {
        "tls": "files",
        "tls_certificate_file": files / "certificate.pem",
        "tls_key_file": files / "certificate.key",
    }
    async with listening(tmp_path / "two", **options) as edge:
        assert (await get(edge.port, "/healthz", tls=trusting())).status == 200


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"tls_certificate_file": Path(__file__)},
        {"tls_certificate_file": Path(__file__), "tls_key_file": Path(__file__)},
        {"tls_certificate_file": Path("/nothing"), "tls_key_file": Path("/nothing")},
    ],
)
async def test_files_that_are_no_certificate(tmp_path: Path, files: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        async with listening(tmp_path, tls="files", **files):
            pass


async def test_listening_on_a_name(tmp_path: Path) -> None:
    async with listening(tmp_path, host="localhost") as edge:
        assert edge.addresses.public_url == f"http://localhost:{edge.port}"
        assert socket.gethostbyname("localhost") == "127.0.0.1"
        assert (await get(edge.port, "/healthz")).status == 200
