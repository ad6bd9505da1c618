from __future__ import annotations

import pytest

from hutong.features.files.tests.uploading import picture, read, upload
from hutong.features.stickers import service
from hutong.platform.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted
from hutong.schema import chat_pb2
from hutong.schema import stickers_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def packs(client: Client) -> list[pb.Pack]:
    reply = await client.call("Stickers.List", pb.ListRequest())
    return list(reply.packs)


async def create(client: Client, title: str = "Cats") -> str:
    return str((await client.call("Stickers.Create", pb.CreateRequest(title=title))).pack.id)


async def add(client: Client, pack: str, data: bytes, emoji: str = "🐱") -> chat_pb2.Sticker:
    blob = (await upload(client, data)).blob
    reply = await client.call("Stickers.Add", pb.AddRequest(pack=pack, blob=blob, emoji=emoji))
    return chat_pb2.Sticker.FromString(reply.sticker.SerializeToString())


async def keep(client: Client, pack: str, *, on: bool = True) -> None:
    await client.call("Stickers.Keep", pb.KeepRequest(pack=pack, on=on))


async def test_a_pack_of_ones_own_goes_to_whoever_keeps_it(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    pack = await create(alice)
    cat = picture(200, 100)
    sticker = await add(alice, pack, cat)
    assert (sticker.width, sticker.height, sticker.emoji, sticker.pack) == (200, 100, "🐱", pack)
    shown = (await bobby.call("Stickers.Get", pb.GetRequest(pack=pack))).pack
    assert (shown.title, shown.by, list(shown.stickers)) == ("Cats", alice.user, [sticker])
    assert await read(bobby, sticker.blob) == cat
    await bobby.follow(bobby.inbox)
    await keep(bobby, pack)
    await keep(bobby, pack)
    second = await add(alice, pack, picture(64, 64, "WEBP"), "😸")
    await bobby.until(lambda: len(bobby.bodies(pb.PacksChanged)) == 2)
    assert [list(each.stickers) for each in await packs(bobby)] == [[sticker, second]]
    await alice.call("Stickers.Remove", pb.RemoveRequest(pack=pack, blob=sticker.blob))
    assert [list(each.stickers) for each in await packs(bobby)] == [[second]]
    await alice.call("Stickers.Remove", pb.RemoveRequest(pack=pack))
    assert await packs(bobby) == await packs(alice) == []
    with refused(NotFound, "no_such_pack"):
        await bobby.call("Stickers.Get", pb.GetRequest(pack=pack))


async def test_the_newest_pack_comes_first(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    first = await create(alice, "Cats")
    server.clock.advance(1)
    second = await create(bobby, "Dogs")
    await keep(alice, second)
    assert [each.title for each in await packs(alice)] == ["Dogs", "Cats"]
    await keep(alice, second, on=False)
    assert [each.id for each in await packs(alice)] == [first]


async def test_only_small_pictures_are_stickers(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    pack = await create(alice)
    for data, reason in (
        (b"plain words", "not_a_sticker"),
        (picture(100, 100, "JPEG"), "not_a_sticker"),
        (picture(513, 10), "sticker_too_large"),
    ):
        with refused(InvalidArgument, reason):
            await add(alice, pack, data)
    with refused(InvalidArgument, "not_an_emoji"):
        await add(alice, pack, picture(10, 10), "cat")
    secret = (await upload(bobby, picture(20, 20))).blob
    with refused(NotFound, "no_such_blob"):
        await alice.call("Stickers.Add", pb.AddRequest(pack=pack, blob=secret, emoji="🐱"))
    assert [list(each.stickers) for each in await packs(alice)] == [[]]


async def test_only_the_author_changes_a_pack(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    pack = await create(alice)
    sticker = await add(alice, pack, picture(30, 30))
    with refused(PermissionDenied, "not_yours"):
        await add(bobby, pack, picture(40, 40))
    for blob in (sticker.blob, ""):
        with refused(PermissionDenied, "not_yours"):
            await bobby.call("Stickers.Remove", pb.RemoveRequest(pack=pack, blob=blob))
    with refused(NotFound, "no_such_sticker"):
        await alice.call("Stickers.Remove", pb.RemoveRequest(pack=pack, blob="0" * 64))
    with refused(InvalidArgument, "own_pack"):
        await keep(alice, pack, on=False)
    with refused(NotFound, "no_such_pack"):
        await keep(alice, "nowhere")
    assert [list(each.stickers) for each in await packs(alice)] == [[sticker]]


async def test_packs_and_stickers_have_bounds(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PACKS_MAX", 2)
    monkeypatch.setattr(service, "STICKERS_MAX", 1)
    (alice,) = await server.people("alice")
    pack = await create(alice)
    await create(alice, "Dogs")
    with refused(ResourceExhausted, "too_many_packs"):
        await create(alice, "Birds")
    sticker = await add(alice, pack, picture(30, 30))
    with refused(ResourceExhausted, "too_many_stickers"):
        await add(alice, pack, picture(31, 31))
    other = pb.AddRequest(pack=pack, blob=sticker.blob, emoji="😺")
    assert (await alice.call("Stickers.Add", other)).sticker.emoji == "😺"
    assert [each.emoji for kept in await packs(alice) for each in kept.stickers] == ["😺"]


async def test_a_sticker_in_a_conversation(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    sticker = await add(alice, await create(alice), picture(30, 30))
    await bobby.follow(log)
    request = chat_pb2.SendRequest(log=log, content=chat_pb2.Content(sticker=sticker))
    await alice.call("Chat.Send", request)
    await bobby.until(lambda: bobby.bodies(chat_pb2.MessageSent))
    assert bobby.bodies(chat_pb2.MessageSent)[0].content.sticker == sticker


async def test_so_many_are_told_at_once_and_the_rest_see_it_when_they_ask(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack everybody keeps must not hold the writer up for minutes."""
    monkeypatch.setattr(service, "TOLD_MAX", 2)
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    pack = await create(alice)
    for each in (bobby, carol):
        server.clock.advance(1)
        await keep(each, pack)
        await each.follow(each.inbox, after=10_000)
    sticker = await add(alice, pack, picture(64, 64))
    await bobby.until(lambda: bobby.bodies(pb.PacksChanged))
    assert [list(each.stickers) for each in await packs(carol)] == [[sticker]]
    assert not carol.bodies(pb.PacksChanged)
