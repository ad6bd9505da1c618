"""Two people on a real server over real sockets."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
import uvloop

from hutong.client import Client, Relation, UnreachableError
from hutong.client.home import Home
from hutong.client.models import Event
from hutong.platform.errors import AlreadyExists, NotFound, Unauthenticated
from hutong.schema import chat_pb2
from tests.client.live import PASSWORD, LiveServer, Wire, running, until


async def _pair(server: LiveServer, one: Client, other: Client) -> str:
    await one.sign_up("lin", PASSWORD, name="Lin")
    await other.sign_up("bob", PASSWORD, name="Bob")
    await server.befriend(one, other)
    return (await one.open("bob")).log


@pytest.mark.parametrize("carrier", ["url", "link"])
@pytest.mark.parametrize("tls", ["off", "self-signed"])
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_every_carrier_on_every_loop(tmp_path: Path, carrier: str, tls: str, run: Any) -> None:
    async def converse() -> None:
        async with running(tmp_path, rate_limit_factor=100, tls=tls) as server:
            await _converse(server, getattr(server, carrier))

    run(converse())


async def _converse(server: LiveServer, address: str) -> None:
    async with server.client("lin", address) as lin, server.client("bob", address) as bo:
        log = await _pair(server, lin, bo)
        stream = bo.messages()
        await bo.caught_up()
        sent = await lin.send_text(log, "你好")
        message = await anext(stream)
        assert (message.text, message.author.name, message.seq) == ("你好", "Lin", sent.seq)
        assert message.conversation.title == "Lin"
        await bo.mark_read(message)
        listed = await lin.conversations()
        assert [each.read for each in listed[0].members if each.person.handle == "bob"] == [sent.seq]


async def test_a_device_comes_back_with_its_key(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        person = await lin.sign_up("lin", PASSWORD)
        device = lin.device
    async with server.client("lin") as again:
        assert again.signed_in
        assert (again.me, again.device) == (person, device)
    session = server.folder / "lin" / "session.json"
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    assert stat.S_IMODE(session.parent.stat().st_mode) == 0o700


async def test_logging_out_forgets_the_device(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        await lin.log_out()
        assert not lin.signed_in
        with pytest.raises(Unauthenticated):
            await lin.conversations()
        await lin.log_in("lin", PASSWORD)
        assert await lin.conversations() == []


async def test_a_revoked_device_is_told_on_its_return(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
    async with server.client("other") as other:
        await other.log_in("lin", PASSWORD)
        session = Home(server.folder / "lin").session()
        assert session is not None
        from hutong.client import methods
        from hutong.schema import identity_pb2

        request = identity_pb2.RevokeDeviceRequest(device=session.device)
        await other.call(methods.REVOKE_DEVICE, request)
    async with server.client("lin") as lin:
        assert not lin.signed_in
        with pytest.raises(Unauthenticated):
            await lin.conversations()
    assert Home(server.folder / "lin").session() is None


async def test_contacts_find_ask_and_answer(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        await lin.sign_up("lin", PASSWORD)
        await bo.sign_up("bob", PASSWORD)
        with pytest.raises(NotFound):
            await lin.contacts.find("nobody")
        found = await lin.contacts.find("@Bob")
        assert found.relation is Relation.NONE
        assert (await lin.contacts.ask(found.person, "hi")).relation is Relation.REQUESTED
        asked = (await bo.contacts.list())[0]
        assert (asked.person.handle, asked.relation, asked.greeting) == ("lin", Relation.ASKED, "hi")
        await bo.contacts.answer(asked.person, accept=True)
        assert (await lin.contacts.find("bob")).relation is Relation.CONTACT
        assert (await lin.open("bob")).title == "bob"


async def test_messages_missed_while_away_come_once(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        async with server.client("bob") as bo:
            log = await _pair(server, lin, bo)
            stream = bo.messages()
            await bo.caught_up()
            await lin.send_text(log, "one")
            assert (await anext(stream)).text == "one"
            await stream.aclose()
        for number in range(230):  # more than a page
            await lin.send_text(log, f"missed {number}")
        async with server.client("bob") as bo:
            stream = bo.messages()
            texts = [(await anext(stream)).text for _ in range(230)]
            assert texts == [f"missed {number}" for number in range(230)]
            await lin.send_text(log, "live")
            assert (await anext(stream)).text == "live"
        async with server.client("bob") as bo:
            stream = bo.messages()
            await bo.caught_up()
            await lin.send_text(log, "last")
            assert (await anext(stream)).text == "last"


async def test_a_message_that_was_not_handled_comes_again(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        async with server.client("bob") as bo:
            log = await _pair(server, lin, bo)
            stream = bo.messages()
            await bo.caught_up()
            await lin.send_text(log, "one")
            await lin.send_text(log, "two")
            assert (await anext(stream)).text == "one"
            # Leaving here: "one" was given out and counts as handled, "two" was not.
        async with server.client("bob") as bo:
            assert (await anext(bo.messages())).text == "two"


async def test_a_stream_opened_again_continues(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        log = await _pair(server, lin, bo)
        first = bo.messages()
        await bo.caught_up()
        for text in ("one", "two", "three"):
            await lin.send_text(log, text)
        async for message in first:
            assert message.text == "one"
            break
        await first.aclose()
        second = bo.messages()
        assert [(await anext(second)).text for _ in range(2)] == ["two", "three"]


async def test_without_catching_up_only_news_is_streamed(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        async with server.client("bob") as bo:
            log = await _pair(server, lin, bo)
        await lin.send_text(log, "old")
        async with server.client("bob", catch_up=False) as bo:
            stream = bo.messages()
            await bo.caught_up()
            await lin.send_text(log, "new")
            assert (await anext(stream)).text == "new"
            texts = [message.text for message in await bo.history(log)]
            assert texts == ["old", "new"]
        assert not (server.folder / "bob" / "cursors.json").exists()


async def test_a_new_conversation_is_followed_from_its_start(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        await lin.sign_up("lin", PASSWORD)
        await bo.sign_up("bob", PASSWORD)
        stream = bo.messages()
        await bo.caught_up()
        await server.befriend(lin, bo)
        conversation = await lin.open("bob")
        await lin.send_text(conversation, "first words")
        assert (await anext(stream)).text == "first words"


async def test_delivery_is_told_and_typing_passes(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        log = await _pair(server, lin, bo)
        events, _stream = lin.events(), bo.messages()
        await lin.caught_up()
        await bo.caught_up()
        sent = await lin.send_text(log, "hello")
        await bo.typing(log)
        seen: set[str] = set()
        async with asyncio.timeout(10):
            async for event in events:
                if isinstance(event, chat_pb2.MarkMoved) and event.user == bo.me.user:
                    assert event.delivered == sent.seq
                    seen.add("delivered")
                elif isinstance(event, chat_pb2.Typing):
                    assert (event.user, event.typing) == (bo.me.user, True)
                    seen.add("typing")
                elif isinstance(event, Event):
                    assert event.seq == sent.seq
                    seen.add("event")
                if len(seen) == 3:
                    break


async def test_a_send_survives_a_lost_answer_once(server: LiveServer) -> None:
    """CONN14: the wire breaks after the server has it and before we know."""
    wire = Wire(server.addresses.port)
    async with wire.open() as address, server.client("lin", address) as lin, server.client("bob") as bo:
        log = await _pair(server, lin, bo)
        await lin.send_text(log, "before")
        wire.swallow_answers = True
        sending = asyncio.create_task(lin.send_text(log, "in between"))
        await until(lambda: wire.swallowed_bytes)  # the answer came, and nobody heard it
        wire.swallow_answers = False
        wire.cut()
        sent = await sending
        assert wire.connections == 2
        texts = [message.text for message in await bo.history(log)]
        assert texts == ["before", "in between"]
        assert sent.seq == 3


async def test_events_during_an_outage_are_neither_lost_nor_doubled(server: LiveServer) -> None:
    wire = Wire(server.addresses.port)
    async with wire.open() as address, server.client("bob", address) as bo, server.client("lin") as lin:
        log = await _pair(server, lin, bo)
        stream = bo.messages()
        await bo.caught_up()
        expected = [f"text {number}" for number in range(60)]

        async def talk() -> None:
            for number, text in enumerate(expected):
                await lin.send_text(log, text)
                if number % 20 == 10:
                    wire.cut()

        talking = asyncio.create_task(talk())
        texts = [(await anext(stream)).text for _ in expected]
        await talking
        assert texts == expected
        assert wire.connections > 1


async def test_a_server_restart_is_survived(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        log = await _pair(server, lin, bo)
        stream = bo.messages()
        await bo.caught_up()
        await server.stop()
        sending = asyncio.create_task(lin.send_text(log, "through the night"))
        await server.start()
        await sending
        assert (await anext(stream)).text == "through the night"


async def test_the_same_key_twice_is_one_message(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        log = await _pair(server, lin, bo)
        key = lin.connection.new_key()
        first = await lin.send_text(log, "once", key=key)
        assert await lin.send_text(log, "once", key=key) == first
        with pytest.raises(AlreadyExists):
            await lin.send_text(log, "something else", key=key)


async def test_a_recalled_message_is_gone_from_history(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        log = await _pair(server, lin, bo)
        await lin.recall(await lin.send_text(log, "oops"))
        assert await bo.history(log) == []


async def test_groups(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bo:
        await _pair(server, lin, bo)
        group = await lin.create_group("Walks", [bo.me])
        assert group.group
        assert group.title == "Walks"
        assert group.other(lin.me.user) is None
        await lin.send_text(group, "Sunday?")
        assert [message.text for message in await bo.history(group.log)] == ["Sunday?"]


async def test_another_root_than_the_address_names_is_refused_at_once(server: LiveServer) -> None:
    wrong = server.link[:-4] + "0000"
    with pytest.raises(UnreachableError, match="root has not signed"):
        async with server.client("lin", wrong, patience_s=60):
            pass
    wrong = f"{server.url}#{wrong.partition('#')[2]}"
    with pytest.raises(UnreachableError, match="its root key is another"):
        async with server.client("bob", wrong, patience_s=60):
            pass


async def test_seal17_another_server_at_a_known_address_is_refused(tmp_path: Path) -> None:
    """Pinned on the first contact, over whatever carrier, also against an address that names the new one."""
    async with running(tmp_path / "old", tls="self-signed") as old:
        port, link_port = old.addresses.port, old.addresses.link_port
        for address, home in ((old.url, "a"), (old.link.partition("#")[0], "b")):
            async with Client(address, home=tmp_path / home) as lin:
                await lin.sign_up(f"lin_{home}", PASSWORD)
    async with running(tmp_path / "new", tls="self-signed", port=port, link_port=link_port) as new:
        for address, home in (
            (new.url, "a"),
            (f"{new.url}&root={new.addresses.root}", "a"),
            (new.link.partition("#")[0], "b"),
            (new.link, "b"),
        ):
            with pytest.raises(UnreachableError, match=r"known at this address|root has not signed"):
                async with Client(address, home=tmp_path / home, patience_s=60):
                    pass


async def test_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, tls="self-signed") as server:
        with pytest.raises(UnreachableError, match="cannot be trusted"):
            async with server.client("lin", server.url.partition("#")[0], patience_s=60):
                pass
        wrong = server.url[:-4] + "0000"
        with pytest.raises(UnreachableError, match="not the one in the address"):
            async with server.client("lin", wrong, patience_s=60):
                pass


async def test_the_wrong_port_is_named(server: LiveServer) -> None:
    with pytest.raises(UnreachableError, match="Nothing is listening"):
        async with server.client("lin", "http://127.0.0.1:1"):
            pass
    with pytest.raises(UnreachableError, match="not as a Hutong server"):
        async with server.client("lin", f"http://127.0.0.1:{server.addresses.link_port}"):
            pass
