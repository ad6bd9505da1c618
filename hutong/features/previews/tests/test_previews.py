"""Links looked at by a real server, at a real site on this machine that misbehaves in many ways."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import hashlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hutong.features.chat.tests.saying import edit, recall, say, sent
from hutong.features.files.tests.uploading import picture, read
from hutong.features.previews import looking
from hutong.features.previews.looking import PAGE_BYTES_MAX, PICTURE_BYTES_MAX
from hutong.features.previews.service import CACHED_NOTHING_S, CACHED_S, LOOKS
from hutong.features.previews.tests.site import Site, Write, answer, page
from hutong.platform import outbound
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted, Unauthenticated
from hutong.platform.outbound import Fetcher, FetchError
from hutong.platform.urls import parse
from hutong.schema import chat_pb2
from hutong.schema import previews_pb2 as pb
from hutong.testing import Client, TestServer, refused

TITLED = page(title="A title", description="Words", site_name="The Site")


class Scene(NamedTuple):
    server: TestServer
    alice: Client
    bobby: Client
    site: Site


@pytest.fixture
async def scene(tmp_path: Path, quick_passwords: None) -> AsyncIterator[Scene]:
    del quick_passwords
    async with (
        Site.open() as site,
        TestServer.run(tmp_path, link_preview_hosts="intranet.example, 127.0.0.1") as server,
    ):
        alice, bobby = await server.friends("alice", "bobby")
        yield Scene(server, alice, bobby, site)


async def look(client: Client, url: str) -> chat_pb2.Preview | None:
    reply: pb.LookReply = await client.call("Previews.Look", pb.LookRequest(url=url))
    return reply.preview if reply.HasField("preview") else None


async def title(client: Client, url: str) -> str:
    preview = await look(client, url)
    return preview.title if preview else ""


async def test_a_link_with_a_picture(scene: Scene) -> None:
    """MSG7, MSG18: the picture is a small copy, the asker's own, and goes with the message."""
    server, alice, bobby, site = scene
    original = picture(1200, 600, "JPEG", text="taken at home")
    site.html("/", page(title="A title", description="Words", site_name="The Site", image="/p.jpg"))
    site.pages["/p.jpg"] = answer(original, "image/jpeg")
    preview = await look(alice, site.url)
    assert preview is not None
    assert (preview.url, preview.title, preview.description, preview.site) == (
        site.url,
        "A title",
        "Words",
        "The Site",
    )
    assert (preview.width, preview.height) == (480, 240)
    small = await read(alice, preview.picture)
    assert small[8:12] == b"WEBP"
    assert b"home" not in small
    with refused(NotFound, "no_such_blob"):
        await read(bobby, preview.picture)
    log = await server.conversation(alice, bobby)
    content = chat_pb2.Content(text=f"see {site.url} now", preview=preview)
    seq = await say(alice, log, content)
    assert (await sent(bobby, log, seq)).content == content
    assert await read(bobby, preview.picture) == small
    await edit(alice, log, seq, chat_pb2.Content(text="no link"))
    await recall(alice, log, seq)
    with refused(NotFound, "no_such_blob"):
        await read(bobby, preview.picture)
    assert not any("Cookie" in request or "Referer" in request for request in site.asked)
    assert "User-Agent: Hutong/" in site.asked[0]
    assert "Accept-Encoding: identity" in site.asked[0]


async def test_only_what_the_server_made_is_accepted(scene: Scene) -> None:
    """MSG7"""
    server, alice, bobby, site = scene
    log = await server.conversation(alice, bobby)
    site.html("/", TITLED)
    preview = await look(alice, site.url)
    assert preview is not None
    changes: dict[str, Any] = {
        "title": "Win a prize",
        "description": "",
        "site": "bank.example",
        "picture": "0" * 64,
        "width": 1,
        "proof": b"",
        "url": site.url + "/other",
    }
    for name, value in changes.items():
        changed = chat_pb2.Preview()
        changed.CopyFrom(preview)
        setattr(changed, name, value)
        with refused(InvalidArgument, "bad_preview"):
            await say(alice, log, chat_pb2.Content(text=f"{site.url}/other", preview=changed))
    with refused(InvalidArgument, "bad_preview"):
        await say(alice, log, chat_pb2.Content(text="no link", preview=preview))
    seq = await say(bobby, log, chat_pb2.Content(text=site.url, preview=preview))  # whoever shows it
    await edit(bobby, log, seq, chat_pb2.Content(text=f"{site.url}!", preview=preview))


async def test_pages_without_anything_to_show(scene: Scene) -> None:
    _, alice, _, site = scene
    site.html("/empty", "<p>hello")
    site.html("/error", TITLED, status="500 Oops")
    site.pages["/json"] = answer(TITLED.encode(), "application/json")
    site.pages["/none"] = b"HTTP/1.1 200 OK\r\n\r\n" + TITLED.encode()
    site.pages["/text"] = answer(TITLED.encode(), "text/plain")
    site.pages["/garbage"] = b"\x00\xff" * 500
    site.pages["/ssh"] = b"SSH-2.0-OpenSSH_9.9\r\n"
    site.pages["/nothing"] = b""
    site.pages["/upgrade"] = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxx"
    site.pages["/headers"] = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n"
    site.pages["/kinds"] = answer(
        TITLED.encode(), "text/html", *(f"X-{number}: y" for number in range(outbound.HEADERS_MAX))
    )
    site.pages["/cut"] = answer(b"<title>cut", "text/html", "Content-Length: 500", sized=False)
    for path in list(site.pages):
        assert await look(alice, site.url + path) is None, path
    assert await look(alice, "http://127.0.0.1:1") is None  # nobody there
    assert len(site.asked) == len(site.pages)


async def test_ways_to_say_the_same(scene: Scene) -> None:
    """Chunked, until the end, after an interim answer, in many pieces."""
    _, alice, _, site = scene
    body = TITLED.encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, bytes([byte])) for byte in body) + b"0\r\n\r\n"
    site.pages["/chunked"] = answer(chunks, "text/html", "Transfer-Encoding: chunked", sized=False)
    site.pages["/until-the-end"] = answer(body, "Text/HTML", sized=False)
    site.pages["/hints"] = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(body, "text/html")

    async def slowly(write: Write) -> None:
        for byte in answer(body, "text/html"):
            await write(bytes([byte]))

    site.pages["/pieces"] = slowly
    for path in list(site.pages):
        assert await title(alice, site.url + path) == "A title", path


async def test_only_the_head_is_waited_for(scene: Scene) -> None:
    """MSG19"""
    _, alice, _, site = scene

    async def endless(write: Write) -> None:
        await write(answer(TITLED.encode(), "text/html", "Content-Length: 10000000000", sized=False))
        await asyncio.Event().wait()

    site.pages["/"] = endless
    assert await title(alice, site.url) == "A title"


async def test_huge_pages_are_cut(scene: Scene) -> None:
    """MSG19"""
    _, alice, _, site = scene
    written = 0

    async def flood(write: Write) -> None:
        nonlocal written
        await write(answer(b"<title>Early</title>", "text/html", sized=False))
        while True:
            await write(b"<meta x=y>" * 1_000)
            written += 10_000

    site.pages["/"] = flood
    assert await title(alice, site.url) == "Early"
    assert written < 20 * PAGE_BYTES_MAX
    late = b" " * PAGE_BYTES_MAX + b"<title>Late</title>"
    site.pages["/late"] = answer(late, "text/html")
    assert await look(alice, site.url + "/late") is None


async def test_slow_ones_are_not_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """MSG19: one byte now and then keeps nobody waiting for longer than the whole may take."""
    monkeypatch.setattr(looking, "TIME_S_MAX", 0.3)
    _, alice, _, site = scene
    cut: list[str] = []

    async def drip(write: Write) -> None:
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000:
                await write(bytes([byte]))
                await asyncio.sleep(0.05)
        finally:
            cut.append("drip")

    async def silent(_write: Write) -> None:
        await asyncio.Event().wait()

    site.pages["/drip"] = drip
    site.pages["/silent"] = silent
    site.html("/titled", page(title="No picture in time", image="/silent"))
    assert await look(alice, site.url + "/drip") is None
    assert await look(alice, site.url + "/silent") is None
    monkeypatch.setattr(looking, "TIME_S_MAX", 2.0)  # enough for the page on a busy machine
    preview = await look(alice, site.url + "/titled")
    assert preview is not None
    assert (preview.title, preview.picture) == ("No picture in time", "")
    await alice.until(lambda: cut)  # the connection was given up, not forgotten


async def test_compressed_pages_are_not_unpacked(scene: Scene) -> None:
    """MSG19"""
    _, alice, _, site = scene
    bomb = gzip.compress(b"<title>boom</title>" + bytes(50_000_000))
    site.pages["/bomb"] = answer(bomb, "text/html", "Content-Encoding: gzip")
    site.pages["/lie"] = answer(TITLED.encode(), "text/html", "Content-Encoding: br")
    for path in site.pages:
        assert await look(alice, site.url + path) is None


async def test_bad_pictures_are_left_out(scene: Scene) -> None:
    """MSG18"""
    _, alice, _, site = scene
    good = picture(64, 64)
    site.pages["/html"] = answer(good, "text/html")
    site.pages["/svg"] = answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    site.pages["/broken"] = answer(good[:100], "image/png")
    site.pages["/huge"] = answer(good + bytes(PICTURE_BYTES_MAX), "image/png")
    site.pages["/many-pixels"] = answer(picture(5_000, 4_000, mode="1"), "image/png")
    site.pages["/elsewhere"] = answer(b"", "image/png", "Location: http://10.0.0.1/", status="302 Found")
    for number, image in enumerate([*site.pages, "", "ftp://x/", "http://10.0.0.1/", "http://["]):
        site.html(f"/page{number}", page(title="T", image=image))
        preview = await look(alice, f"{site.url}/page{number}")
        assert preview is not None
        assert preview.picture == "", image


# ---- where it goes ----


async def test_redirects_are_followed_a_few_times(scene: Scene) -> None:
    """MSG17"""
    _, alice, _, site = scene
    for number in range(5):
        site.pages[f"/{number}"] = answer(b"", "text/html", f"Location: /{number + 1}", status="302 Found")
    site.html("/5", TITLED)
    site.pages["/nowhere"] = answer(b"", "text/html", status="301 Moved")
    assert await title(alice, site.url + "/2") == "A title"
    assert await look(alice, site.url + "/1") is None
    assert len(site.asked) == 4 + 4
    assert await look(alice, site.url + "/nowhere") is None


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "10.0.0.1",
        "[::1]",
        "169.254.169.254",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "[::ffff:7f00:1]",
    ],
)
async def test_private_addresses_are_not_reached(scene: Scene, host: str) -> None:
    """MSG17: asked for, or led to; only the named hosts may be private."""
    _, alice, _, site = scene
    target = f"http://{host}:{site.port}/"
    site.html("/", TITLED)
    site.pages["/away"] = answer(b"", "text/html", f"Location: {target}", status="302 Found")
    assert await look(alice, target) is None
    assert site.asked == []
    assert await look(alice, site.url + "/away") is None
    assert len(site.asked) == 1
    assert await title(alice, site.url) == "A title"


async def test_the_address_that_was_looked_at_is_the_one_connected_to() -> None:
    """MSG17: a name that means something else a moment later leads nowhere else."""
    async with Site.open() as site:
        site.html("/", TITLED)
        answers = iter([["8.8.8.8", "127.0.0.1"], ["127.0.0.1"], ["2002:7f00:1::"], []])
        fetcher = Fetcher([], lambda _host, _port: next(answers))
        url = parse("http://rebinding.example:8080/")
        for reason in ("not a public", "not a public", "not a public", "nobody answers"):
            with pytest.raises(FetchError, match=reason):
                await fetcher.get(url, ["text/html"], 1_000)
        fetcher.close()
        names: list[str] = []

        def once(host: str, _port: int) -> list[str]:
            names.append(host)
            return ["127.0.0.1"] if len(names) == 1 else ["127.0.0.2"]

        fetcher = Fetcher(["intranet.example"], once)
        got = await fetcher.get(parse(f"http://Intranet.Example:{site.port}/"), ["text/html"], 1_000)
        assert (got.status, names) == (200, ["intranet.example"])
        assert "Host: intranet.example:" in site.asked[0]
        fetcher.close()


async def test_public_machines_are_not_scanned() -> None:
    """MSG17"""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        raise OSError("no such host")

    fetcher = Fetcher([], resolve)
    for port in (22, 25, 6379, 8301):
        with pytest.raises(FetchError, match="port"):
            await fetcher.get(parse(f"http://a.example:{port}/"), ["text/html"], 1_000)
    with pytest.raises(FetchError, match="host"):
        await fetcher.get(parse("http://a.example/"), ["text/html"], 1_000)
    assert asked == ["a.example"]
    fetcher.close()


async def test_a_secured_site_has_to_be_the_one_it_is_called(tmp_path: Path) -> None:
    """MSG17: connected to by address, checked by name, with the system's certificates."""
    certificate = _certificate("intranet.example", tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    async with Site.open(tls) as site:
        site.html("/", TITLED)
        names = ["intranet.example", "other.example"]
        fetcher = Fetcher(names, lambda _host, _port: ["127.0.0.1"])
        urls = [parse(f"https://{name}:{site.port}/") for name in names]
        for url in urls:
            with pytest.raises(FetchError):
                await fetcher.get(url, ["text/html"], 10_000)
        fetcher._tls = ssl.create_default_context(cafile=certificate)
        assert (await fetcher.get(urls[0], ["text/html"], 10_000)).status == 200
        with pytest.raises(FetchError):
            await fetcher.get(urls[1], ["text/html"], 10_000)
        fetcher.close()
        assert len(site.asked) == 1


def _certificate(name: str, folder: Path) -> Path:
    """Return a file with a key and a certificate nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "site.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


# ---- bounds ----


async def test_what_was_seen_is_remembered_for_a_while(scene: Scene) -> None:
    """Others get it too, with the picture; what was not there is tried again sooner."""
    server, alice, bobby, site = scene
    site.html("/", page(title="A title", image="/p.png"))
    site.pages["/p.png"] = answer(picture(64, 64), "image/png")
    first = await look(alice, site.url)
    assert first is not None
    second = await look(bobby, site.url + "/#part")  # the same page by another link
    assert second is not None
    assert (second.picture, second.title) == (first.picture, first.title)
    assert second.proof != first.proof
    assert hashlib.sha256(await read(bobby, first.picture)).hexdigest() == first.picture
    assert len(site.asked) == 2
    assert await look(alice, site.url + "/later") is None
    site.html("/later", TITLED)
    assert await look(alice, site.url + "/later") is None
    server.clock.advance(CACHED_NOTHING_S)
    assert await title(alice, site.url + "/later") == "A title"
    server.clock.advance(CACHED_S)
    asked = len(site.asked)
    assert await look(alice, site.url) == first
    assert len(site.asked) == asked + 2


async def test_asking_has_rules_and_a_pace(scene: Scene) -> None:
    server, alice, _, site = scene
    with refused(Unauthenticated, "signed_out"):
        await look(Client(server), site.url)
    for url in ("", "hello", "file:///etc/passwd", "http://u:p@127.0.0.1/", "http://" + "x" * 3_000):
        with refused(InvalidArgument, "bad_url"):
            await look(alice, url)
    site.html("/", TITLED)
    for _ in range(LOOKS.burst):
        await look(alice, site.url)
    with refused(ResourceExhausted, "rate_limited"):
        await look(alice, site.url)
    server.clock.advance(LOOKS.every_s)
    await look(alice, site.url)


async def test_an_operator_may_turn_it_off(tmp_path: Path, quick_passwords: None) -> None:
    del quick_passwords
    async with (
        Site.open() as site,
        TestServer.run(tmp_path, link_previews=False, link_preview_hosts="127.0.0.1") as server,
    ):
        (alice,) = await server.people("alice")
        site.html("/", TITLED)
        assert await look(alice, site.url) is None
        assert site.asked == []
