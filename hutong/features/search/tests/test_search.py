from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hutong.features.chat.tests.grouping import group
from hutong.features.chat.tests.saying import edit, file, recall, say
from hutong.features.search import model
from hutong.features.search.service import SEARCHES
from hutong.features.search.tests.searching import found, marked, pages, search
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted, Unauthenticated
from hutong.schema import chat_pb2
from hutong.schema import search_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def test_words_in_both_languages(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    tea = await say(alice, log, "Shall we drink tea in Beijing?")
    trip = await say(bobby, log, "明天我们去北京大学吧")
    both = await say(alice, log, "北京 tea house 茶馆")
    assert await found(alice, "tea") == await found(bobby, "TEA") == [both, tea]
    assert await found(alice, "北京") == [both, trip]
    assert await found(alice, "京大") == [trip]  # a dictionary would not cut there
    assert await found(alice, "学") == [trip]
    assert await found(alice, "茶") == [both]
    assert await found(alice, "大北") == []
    assert await found(alice, "bei") == [tea]  # the last word may be unfinished
    assert await found(alice, "bei tea") == []
    assert await found(alice, "tea bei") == [tea]
    assert await found(alice, '"tea in"') == [tea]
    assert await found(alice, '"in tea"') == []
    assert await found(alice, "\uff34ea 北京") == [both]


async def test_an_excerpt_shows_where(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await say(alice, log, "好" * 100 + "\n明天去Straße\uff0c" + "好" * 200)
    (hit,) = (await search(bobby, "明天去strasse")).hits
    assert marked(hit) == ["明天去Straße"]
    assert hit.excerpt.startswith("…好")
    assert hit.excerpt.endswith("好…")
    assert "\n" not in hit.excerpt
    assert hit.event.log == log
    assert hit.event.author == alice.user
    assert not hit.event.key


async def test_all_that_has_words(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    text = await say(alice, log, "the lantern is red, see https://example.org/lantern")
    paper = await say(alice, log, await file(alice, b"%PDF", "lantern-2026.pdf"))
    poll = chat_pb2.Poll(question="Which lantern?", options=["red", "blue"])
    asked = await say(alice, log, chat_pb2.Content(poll=poll))
    place = chat_pb2.Location(latitude_e7=1, longitude_e7=1, name="Lantern Street")
    street = await say(alice, log, chat_pb2.Content(location=place))
    assert await found(bobby, "lantern") == [street, asked, paper, text]
    assert await found(bobby, "lantern", kind=pb.KIND_FILE) == [paper]
    assert await found(bobby, "lantern", kind=pb.KIND_LINK) == [text]
    assert await found(bobby, "lantern", kind=pb.KIND_POLL) == [asked]
    assert await found(bobby, "blue") == [asked]
    assert await found(bobby, kind=pb.KIND_FILE) == [paper]


async def test_filters(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await server.conversation(alice, bobby)
    team = await group(alice, bobby, carol)
    began_ms = server.clock.now_ms()
    first = await say(alice, log, "rain")
    server.clock.advance(60)
    second = await say(bobby, log, "rain again")
    there = await say(carol, team, "rain here")
    assert await found(alice, "rain") == [there, second, first]
    assert await found(alice, "rain", log=log) == [second, first]
    assert await found(alice, "rain", author=bobby.user) == [second]
    assert await found(alice, "rain", to_ms=began_ms + 60_000) == [first]
    assert await found(alice, "rain", from_ms=began_ms + 1) == [there, second]
    assert await found(alice, author=carol.user) == [there]
    assert await found(carol, "rain") == [there]


async def test_pages_of_what_was_said_in_one_moment(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seqs = [await say(alice, log, f"snow {number}") for number in range(25)]
    got = [page async for page in pages(bobby, "snow", 10)]
    assert [seq for page in got for seq in page] == seqs[::-1]
    assert [len(page) for page in got] == [10, 10, 5]


async def test_only_what_one_may_read(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    (dave,) = await server.people("dave")
    log = await group(alice, bobby)
    before = await say(alice, log, "the secret before")
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    after = await say(alice, log, "the secret after")
    assert await found(bobby, "secret") == [after, before]
    assert await found(carol, "secret") == await found(carol, "secret", log=log) == [after]
    assert await found(dave, "secret") == []
    for nothing in (log, "chat:nowhere", alice.inbox, "x"):
        with refused(NotFound, "no_such_log"):
            await search(dave, "secret", log=nothing)
    await alice.call("Chat.RemoveMembers", chat_pb2.RemoveMembersRequest(log=log, users=[carol.user]))
    assert await found(carol, "secret") == []
    with refused(NotFound, "no_such_log"):
        await search(carol, "secret", log=log)
    with refused(Unauthenticated, "signed_out"):
        await search(Client(server), "secret")


async def test_hits_one_may_not_read_do_not_hide_others(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    for _ in range(30):
        await say(alice, log, "wind")
    old = await say(alice, await server.conversation(alice, carol), "wind")
    for _ in range(30):
        await say(alice, log, "wind")
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    got = [seq async for page in pages(carol, "wind", 10) for seq in page]
    assert got == [old]


async def test_edits_and_recalls(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log, "a red apple")
    assert await found(bobby, "red") == [seq]
    await edit(alice, log, seq, "a green apple")
    assert await found(bobby, "red") == []
    (hit,) = (await search(bobby, "green")).hits
    assert (hit.seq, hit.excerpt, marked(hit)) == (seq, "a green apple", ["green"])
    assert hit.event.seq == seq + 1
    await recall(alice, log, seq)
    for word in ("red", "green", "apple"):
        assert await found(bobby, word) == []


async def test_what_is_recalled_is_gone_before_the_index_knows(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log, "regret")
    assert await found(bobby, "regret") == [seq]
    monkeypatch.setattr(
        "hutong.features.search.async_index.AsyncIndex.apply", lambda _self, _batch: asyncio.sleep(3600)
    )
    await recall(alice, log, seq)
    reply = await bobby.call("Search.Messages", pb.MessagesRequest(text="regret"))
    assert (list(reply.hits), reply.behind) == ([], True)


async def test_disappeared_messages_are_not_found(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await alice.call("Chat.SetDisappearing", chat_pb2.SetDisappearingRequest(log=log, seconds=60))
    await bobby.follow(log)
    seq = await say(alice, log, "smoke")
    assert await found(bobby, "smoke") == [seq]
    server.clock.advance(61)
    async with asyncio.timeout(20):
        while not bobby.bodies(chat_pb2.MessagesDisappeared):
            await bobby.call("Chat.List", chat_pb2.ListRequest())
    assert await found(bobby, "smoke") == []


async def test_two_devices_find_the_same(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log, "umbrella")
    first = await search(alice, "umbrella")
    again = await Client(server).log_in("alice")
    assert await search(again, "umbrella") == first
    assert [hit.seq for hit in first.hits] == [seq]
    assert first.hits[0].event.key


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "*",
        "NEAR(",
        "a AND",
        "-x",
        "words:a",
        "a* OR",
        "(",
        "^",
        "'",
        "\\",
        "!",
        ":*",
        "&|",
        "\x00",
        "🏮",
    ],
)
async def test_any_text_is_a_query(server: TestServer, query: str) -> None:
    (alice,) = await server.people("alice")
    assert await found(alice, query) == []


async def test_bad_requests(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    with refused(InvalidArgument, "empty"):
        await search(alice, " ")
    with refused(InvalidArgument, "too_long"):
        await search(alice, "x" * (model.TEXT_CHARACTERS_MAX + 1))
    with refused(InvalidArgument, "too_many_words"):
        await search(alice, " ".join(map(str, range(model.PHRASES_MAX + 1))))
    with refused(InvalidArgument, "limit_too_large"):
        await search(alice, "x", limit=model.HITS_MAX + 1)
    with refused(InvalidArgument, "too_long"):
        await search(alice, "x", author="u" * 81)
    with refused(InvalidArgument, "unknown_kind"):
        await search(alice, "x", kind=99)
    for wrong in (-1, model.AT_MS_MAX + 1):
        with refused(InvalidArgument, "bad_time"):
            await search(alice, "x", from_ms=wrong)
    for cursor in (b"x", bytes(8), b"\xff" * 8, bytes(9)):
        with refused(InvalidArgument, "bad_cursor"):
            await search(alice, "x", cursor=cursor)


async def test_searching_has_a_pace(tmp_path: Path) -> None:
    async with TestServer.run(tmp_path, rate_limit_factor=1) as server:
        (alice,) = await server.people("alice")
        for _ in range(SEARCHES.burst):
            await alice.call("Search.Messages", pb.MessagesRequest(text="x"))
        with refused(ResourceExhausted, "rate_limited"):
            await alice.call("Search.Messages", pb.MessagesRequest(text="x"))
