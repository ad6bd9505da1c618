"""Groups and links into them, from Python."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from hutong.client import Client, Conversation, GroupSettings, Role
from hutong.client.invites import token_of
from hutong.client.streams import EventStream
from hutong.platform.errors import NotFound, PermissionDenied
from tests.client.live import PASSWORD, LiveServer


async def _friends(server: LiveServer, *clients: Client) -> None:
    for client, handle in zip(clients, ("lin", "bob", "kim"), strict=False):
        await client.sign_up(handle, PASSWORD, name=handle.title())
    for place, client in enumerate(clients):
        for other in clients[:place]:
            await server.befriend(client, other)


async def test_what_a_group_may_be_told(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bob, server.client("kim") as kim:
        await _friends(server, lin, bob, kim)
        walks = await lin.groups.create("Walks", [bob.me])
        await lin.groups.add(walks, [kim.me])
        await lin.groups.set_role(walks, bob.me, Role.ADMIN)
        await bob.groups.set_nickname(walks, "Bobby")
        await bob.groups.mute(walks, kim.me, int(2e12))
        with pytest.raises(PermissionDenied):
            await kim.send_text(walks, "but")
        await bob.groups.rename(walks, "Long walks")
        await bob.groups.decide(walks, replace(walks.settings, announcement="Sunday", admins_write=True))
        await bob.groups.set_disappearing(walks, 3600)
        now = await kim.conversation(walks.log)
        assert (now.title, now.member_count, now.disappear_s) == ("Long walks", 3, 3600)
        assert now.settings == GroupSettings(announcement="Sunday", admins_write=True)
        member = now.member(bob.me.user)
        assert member is not None
        assert (member.role, member.nickname) == (Role.ADMIN, "Bobby")
        sent = await lin.send_text(walks, "Sunday?")
        await bob.mark_read(walks.log, sent.seq)
        assert await lin.groups.readers(sent) == ([bob.me], 1)
        assert {each.person.handle async for each in lin.groups.members(walks)} == {"lin", "bob", "kim"}
        await lin.groups.remove(walks, [kim.me])
        await lin.groups.set_role(walks, bob.me, Role.OWNER)
        await lin.groups.leave(walks)
        assert [each.person for each in (await bob.conversation(walks.log)).members] == [bob.me]


async def test_coming_in_by_a_link(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bob:
        await lin.sign_up("lin", PASSWORD, name="Lin")
        await bob.sign_up("bob", PASSWORD, name="Bob")
        walks = await lin.groups.create("Walks")
        invite = await lin.invites.make(walks, expires_s=3600, uses_max=5)
        link = invite.link(server.url)
        assert token_of(link) == token_of(f" {invite.token}\n") == invite.token
        door = await bob.invites.look(link)
        assert (door.title, door.members, door.approval, door.log) == ("Walks", 1, False, "")
        await lin.groups.decide(walks, GroupSettings(approval=True))
        assert await bob.invites.join(link, "It is me") is None
        assert (await bob.invites.look(invite)).asked
        (waiting,) = await lin.invites.requests(walks)
        assert (waiting.person, waiting.greeting) == (bob.me, "It is me")
        await lin.invites.answer(walks, waiting.person, accept=True)
        joined = await bob.invites.join(invite)
        assert joined is not None
        assert joined.title == "Walks"
        assert [each.uses for each in await lin.invites.list(walks)] == [1]
        await lin.invites.revoke(invite)
        with pytest.raises(NotFound):
            await bob.invites.look(link)


@pytest.mark.parametrize(
    "text", ["", "bob", "@bob", "a" * 15, "a" * 17, "A" * 16, "http://x/#/join/abc", "0" * 16]
)
def test_what_is_no_link(text: str) -> None:
    assert token_of(text) == ""


async def _drain(stream: EventStream) -> None:
    async with aclosing(stream):
        async for _ in stream:
            pass


async def _agree(asked: Client, *devices: Client, log: str) -> Conversation:
    """Wait until what the devices know is what the server says; they know it without asking."""
    async with asyncio.timeout(20):
        while True:
            now = next(each for each in await asked.conversations() if each.log == log)
            known = [await device.conversation(log) for device in devices]
            if all(each == now for each in known):
                return now
            await asyncio.sleep(0.01)


async def test_conversations_follow_what_happens(server: LiveServer) -> None:
    """Members, roles, marks, unread: two devices with open streams, and a third that was away."""
    async with server.client("lin") as lin, server.client("bob") as bob, server.client("phone") as phone:
        await _friends(server, lin, bob)
        await phone.log_in("bob", PASSWORD)
        walks = await lin.groups.create("Walks", [bob.me])
        async with server.client("tablet") as tablet:
            await tablet.log_in("bob", PASSWORD)
            async with aclosing(tablet.events()):
                await tablet.caught_up()
                await tablet.conversation(walks.log)
        tasks = []
        for device in (bob, phone):
            tasks.append(asyncio.create_task(_drain(device.events())))
            await asyncio.sleep(0)
            await device.caught_up()
            await device.conversation(walks.log)
        await lin.send_text(walks, "one")
        two = await lin.send_text(walks, "two")
        await lin.recall(two)
        await lin.groups.set_role(walks, bob.me, Role.ADMIN)
        await lin.groups.rename(walks, "Long walks")
        now = await _agree(bob, bob, phone, log=walks.log)
        assert (now.title, now.unread) == ("Long walks", 1)
        await phone.mark_read(walks.log, now.head)
        assert (await _agree(bob, bob, phone, log=walks.log)).unread == 0
        async with server.client("tablet") as tablet:
            tasks.append(asyncio.create_task(_drain(tablet.events())))
            await asyncio.sleep(0)
            await tablet.caught_up()
            assert await _agree(bob, bob, phone, tablet, log=walks.log) == await tablet.conversation(
                walks.log
            )
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
