"""Everything `Client` can say, over real sockets, as the other side gets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from hutong.client import Client, Message, MessageStream
from hutong.features.files.tests.uploading import picture
from hutong.features.previews.tests.site import Site, page
from hutong.platform.errors import InvalidArgument, PermissionDenied
from hutong.schema import chat_pb2
from tests.client.live import PASSWORD, LiveServer, running
from tests.platform.scene import cheap_passwords


class Pair(NamedTuple):
    server: LiveServer
    lin: Client
    bob: Client
    log: str
    heard: MessageStream

    async def next(self) -> Message:
        return await anext(self.heard)


@pytest.fixture
async def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    cheap_passwords(monkeypatch)
    async with (
        running(tmp_path, rate_limit_factor=100, link_preview_hosts="127.0.0.1") as server,
        server.client("lin") as lin,
        server.client("bob") as bob,
    ):
        await lin.sign_up("lin", PASSWORD, name="Lin")
        await bob.sign_up("bob", PASSWORD, name="Bob")
        await server.befriend(lin, bob)
        log = (await lin.open("bob")).log
        stream = bob.messages()
        await bob.caught_up()
        yield Pair(server, lin, bob, log, stream)


async def test_every_kind(pair: Pair, tmp_path: Path) -> None:
    """MSG1"""
    lin, log = pair.lin, pair.log
    voice, film, still = tmp_path / "v.ogg", tmp_path / "f.mp4", tmp_path / "s.png"
    voice.write_bytes(b"OggS voice")
    film.write_bytes(b"a film")
    still.write_bytes(picture(32, 32))
    await lin.send_voice(log, voice, duration_ms=900, waveform=b"\x01\x02")
    heard = await pair.next()
    assert (heard.kind, heard.content.voice.duration_ms, heard.content.voice.size_bytes) == ("voice", 900, 10)
    await lin.send_video(log, film, duration_ms=5_000, width=640, height=360, poster=still)
    heard = await pair.next()
    assert (heard.kind, heard.content.video.name, bool(heard.content.video.poster)) == (
        "video",
        "f.mp4",
        True,
    )
    await lin.send_location(log, 39.9042, -116.4074, name="Somewhere")
    place = (await pair.next()).content.location
    assert (place.latitude_e7, place.longitude_e7, place.name) == (399_042_000, -1_164_074_000, "Somewhere")
    await lin.send_card(log, await lin.person(pair.bob.me.user))
    assert (await pair.next()).content.card.profile.name == "Bob"
    await lin.send_sticker(log, chat_pb2.Sticker(blob=(await stored(lin, still)), emoji="😀"))
    assert (await pair.next()).content.sticker.emoji == "😀"
    await lin.send_poll(log, "Tea?", ["yes", "no"])
    asked = await pair.next()
    assert asked.content.poll.question == "Tea?"
    answer = await pair.bob.reply(asked, "good question")
    assert (await pair.lin.history(log))[-1].reply_to == asked.seq
    await lin.reply(answer, "@Bob thanks", mentions=[pair.bob.me])
    heard = await pair.next()
    assert (heard.reply_to, heard.content.mentions[0].user) == (answer.seq, pair.bob.me.user)
    for bad in ((91.0, 0.0), (0.0, 180.1), (float("nan"), 0.0)):
        with pytest.raises(InvalidArgument):
            await lin.send_location(log, *bad)
    with pytest.raises(InvalidArgument):
        await lin.send_text(log, "hello", mentions=[pair.bob.me])


async def stored(client: Client, path: Path) -> str:
    return (await client._upload(path))[0]


async def test_what_was_said(pair: Pair) -> None:
    """MSG6, MSG10 to MSG13"""
    lin, bob, log = pair.lin, pair.bob, pair.log
    sent = await lin.send_text(log, "helo")
    heard = await pair.next()
    await lin.edit(sent, "hello")
    assert [each.content.text for each in await bob.wordings(heard)] == ["helo", "hello"]
    await bob.react(heard, "👍")
    await bob.pin(heard)
    assert await lin.pins(log) == [sent.seq]
    saved = await bob.open(bob.me)
    assert saved.saved
    assert len(await bob.forward([heard], saved)) == 1
    await lin.send_text(log, "again")
    again = await pair.next()
    await bob.forward([again, heard], saved, merged=True)
    copies = await bob.history(saved)
    assert (copies[0].text, copies[0].content.forwarded_from.name) == ("hello", "Lin")
    assert [each.content.text for each in copies[1].content.bundle.messages] == ["hello", "again"]
    with pytest.raises(InvalidArgument):
        await bob.forward([heard, copies[0]], saved)
    poll = await lin.send_poll(log, "Tea?", ["yes", "no"])
    await bob.vote(poll, 1)
    with pytest.raises(PermissionDenied):
        await bob.close_poll(poll)
    await lin.close_poll(poll)


async def test_later(pair: Pair) -> None:
    """MSG14"""
    at_ms = pair.server.core.platform.clock.now_ms() + 3_600_000
    one = await pair.lin.schedule(pair.log, "later", at_ms)
    two = await pair.lin.schedule(pair.log, chat_pb2.Content(location=chat_pb2.Location()), at_ms + 1)
    assert await pair.lin.scheduled() == [one, two]
    await pair.lin.cancel_scheduled(one)
    assert [each.id for each in await pair.lin.scheduled()] == [two.id]


async def test_a_link(pair: Pair) -> None:
    """MSG7"""
    async with Site.open() as site:
        site.html("/", page(title="A title"))
        preview = await pair.lin.preview(site.url)
        assert await pair.lin.preview(site.url + "/nothing") is None
        await pair.lin.send_text(pair.log, f"see {site.url}", preview=preview)
        assert (await pair.next()).content.preview.title == "A title"
