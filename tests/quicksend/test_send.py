"""A sender and a receiver without accounts, on a real server and a real path between them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hutong.client import Client
from hutong.client.quicksend import QuickReceiver, QuickSender, QuickSendError, meeting
from hutong.client.quicksend.mailbox import JOIN, SAY
from hutong.client.transfers import DeclinedError, Progress, TransferError, Way
from hutong.features.quicksend.channel import Channel
from hutong.platform.errors import FailedPrecondition, NotFound
from hutong.protocols.quicksend import Code, Conversation
from hutong.schema import quicksend_pb2 as pb
from hutong.testing import refused
from tests.client.live import LiveServer, running


def quiet(_progress: Progress) -> None:
    """Nobody watches."""


@asynccontextmanager
async def two(server: LiveServer) -> AsyncIterator[tuple[Client, Client]]:
    async with server.client("a", catch_up=False) as one, server.client("b", catch_up=False) as other:
        yield one, other


@asynccontextmanager
async def sending(me: Client, *paths: Path) -> AsyncIterator[QuickSender]:
    sender = await QuickSender.open(me.connection, me.pushes, me.address, list(paths))
    try:
        yield sender
    finally:
        await sender.close()


@asynccontextmanager
async def joined(me: Client, code: Code) -> AsyncIterator[QuickReceiver]:
    receiver = await QuickReceiver.join(me.connection, me.pushes, code)
    try:
        yield receiver
    finally:
        await receiver.close()


async def test_files_and_folders_arrive_under_their_names(server: LiveServer, tmp_path: Path) -> None:
    """QUICK13, QUICK14."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "one.bin").write_bytes(os.urandom(300_000))
    (folder / "empty").mkdir()
    report = tmp_path / "elsewhere" / "report.pdf"
    report.parent.mkdir()
    report.write_bytes(os.urandom(700_000))
    into = tmp_path / "into"
    into.mkdir()
    async with two(server) as (anna, bob), sending(anna, folder, report) as sender:
        run = asyncio.create_task(sender.run(quiet))
        async with joined(bob, sender.code) as receiver:
            shown = [(file.path, file.size_bytes) for file in receiver.offer.listed]
            assert shown == [("photos/deep/one.bin", 300_000), ("report.pdf", 700_000)]
            assert receiver.offer.size_bytes == 1_000_000
            taken = await receiver.accept(into, quiet)
        assert await run is Way.DIRECT
        assert taken.way is Way.DIRECT
    assert (taken.path / "photos/deep/one.bin").read_bytes() == (folder / "deep/one.bin").read_bytes()
    assert (taken.path / "photos/empty").is_dir()
    assert (taken.path / "report.pdf").read_bytes() == report.read_bytes()


async def test_many_files_with_long_names_fit_into_one_offer(server: LiveServer, tmp_path: Path) -> None:
    """QUICK11: what is not named is counted."""
    folder = tmp_path / "photos"
    deep = folder / ("胡同" * 40) / ("深处" * 40)
    deep.mkdir(parents=True)
    for number in range(190):
        (deep / f"{number}.txt").write_text("hello")
    async with two(server) as (anna, bob), sending(anna, folder) as sender:
        run = asyncio.create_task(sender.run(quiet))
        async with joined(bob, sender.code) as receiver:
            assert 80 < len(receiver.offer.listed) < 190
            assert receiver.offer.files == 190
        with pytest.raises(DeclinedError):
            await run


async def test_over_the_relay_when_addresses_are_not_to_be_shown(tmp_path: Path) -> None:
    """QUICK16: the relay's credentials are the channel's."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    async with (
        running(tmp_path, relay_port=0, relay_private_peers=True, rate_limit_factor=100) as server,
        two(server) as (anna, bob),
        sending(anna, source) as sender,
    ):
        run = asyncio.create_task(sender.run(quiet, relay_only=True))
        async with joined(bob, sender.code) as receiver:
            taken = await receiver.accept(tmp_path / "server", quiet, relay_only=True)
        assert await run is Way.RELAYED
        assert (taken.way, taken.path.read_text()) == (Way.RELAYED, "hello")


async def test_a_wrong_code_kills_the_channel(server: LiveServer, tmp_path: Path) -> None:
    """QUICK6: one guess, and both are told."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    async with two(server) as (anna, mallory), sending(anna, source) as sender:
        run = asyncio.create_task(sender.run(quiet))
        wrong = Code.make(sender.code.number, os.urandom(4))
        assert wrong.value != sender.code.value
        with pytest.raises(QuickSendError, match="do not fit the number"):
            await QuickReceiver.join(mallory.connection, mallory.pushes, wrong)
        with pytest.raises(QuickSendError, match="wrong words") as told:
            await run
        assert told.value.ending == pb.ENDING_WRONG_CODE
        with refused(FailedPrecondition, "wrong_code"):  # the right one comes too late
            await QuickReceiver.join(mallory.connection, mallory.pushes, sender.code)


async def test_a_code_is_for_one(server: LiveServer, tmp_path: Path) -> None:
    """QUICK5."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    async with two(server) as (anna, bob), sending(anna, source) as sender:
        run = asyncio.create_task(sender.run(quiet))
        async with joined(bob, sender.code) as receiver:
            with refused(FailedPrecondition, "taken"):
                await QuickReceiver.join(anna.connection, anna.pushes, sender.code)
            taken = await receiver.accept(tmp_path / "server", quiet)
        await run
        assert taken.path.read_text() == "hello"
        with refused(FailedPrecondition, "used"):
            await QuickReceiver.join(bob.connection, bob.pushes, sender.code)
        unknown = Code.make(sender.code.number % 9_000 + 1_001, os.urandom(4))
        with refused(NotFound, "no_such_channel"):
            await QuickReceiver.join(bob.connection, bob.pushes, unknown)


async def test_who_does_not_want_it_says_so(server: LiveServer, tmp_path: Path) -> None:
    """QUICK13."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    async with two(server) as (anna, bob), sending(anna, source) as sender:
        run = asyncio.create_task(sender.run(quiet))
        async with joined(bob, sender.code):
            pass
        with pytest.raises(DeclinedError):
            await run


async def test_a_sender_that_stops_ends_it_for_both(server: LiveServer, tmp_path: Path) -> None:
    """QUICK7, QUICK17."""
    source = tmp_path / "large.bin"
    source.write_bytes(os.urandom(30_000_000))
    async with two(server) as (anna, bob):
        async with sending(anna, source) as sender:
            run = asyncio.create_task(sender.run(quiet))
            ending: list[asyncio.Task[None]] = []

            def stop(progress: Progress) -> None:
                if progress.done_bytes and run.cancel() and not ending:
                    ending.append(asyncio.create_task(sender.close()))

            async with joined(bob, sender.code) as receiver:
                with pytest.raises(QuickSendError, match="called it off"):
                    await receiver.accept(tmp_path / "server", stop)
            await asyncio.wait([run, *ending])
        # The same files again go on where they stopped.
        async with sending(anna, source) as sender:
            run = asyncio.create_task(sender.run(quiet))
            async with joined(bob, sender.code) as receiver:
                again: list[Progress] = []
                taken = await receiver.accept(tmp_path / "server", again.append)
            await run
    assert again[0].done_bytes > 0
    assert taken.path.read_bytes() == source.read_bytes()


async def test_something_else_than_was_offered_is_not_taken(server: LiveServer, tmp_path: Path) -> None:
    """QUICK14."""
    source = tmp_path / "harmless.txt"
    source.write_text("hello")
    async with two(server) as (anna, bob), sending(anna, source) as sender:
        sender.offer.manifest = bytes(32)
        run = asyncio.create_task(sender.run(quiet))
        async with joined(bob, sender.code) as receiver:
            with pytest.raises(TransferError):
                await receiver.accept(tmp_path / "server", quiet)
        run.cancel()
        await asyncio.wait([run])
    assert not (tmp_path / "server" / "harmless.txt").exists()


async def test_who_falls_silent_has_spent_the_guess(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QUICK9: a guess that was seen to be wrong is not confirmed, it just stops."""
    monkeypatch.setattr(meeting, "ANSWER_WITHIN_S", 0.2)
    source = tmp_path / "note.txt"
    source.write_text("hello")
    async with two(server) as (anna, mallory), sending(anna, source) as sender:
        run = asyncio.create_task(sender.run(quiet))
        token, number = os.urandom(16), sender.code.number
        await mallory.connection.call(JOIN, pb.JoinRequest(channel=number, token=token))
        letter = Conversation(sender.code, os.urandom(64), sender=False).begin()
        said = pb.SayRequest(channel=number, token=token, number=1, letter=letter.SerializeToString())
        await mallory.connection.call(SAY, said)
        with pytest.raises(QuickSendError, match="wrong words"):
            await run


async def test_a_server_that_changes_a_letter_is_found_out(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QUICK10, QUICK12: fingerprints, names and sizes are under the code's key."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    say = Channel.say

    def changed(channel: Channel, side: int, number: int, letter: bytes) -> None:
        read = pb.Letter.FromString(letter)
        if read.sealed:
            read.sealed = bytes([read.sealed[0] ^ 1]) + read.sealed[1:]
        say(channel, side, number, read.SerializeToString())

    monkeypatch.setattr(Channel, "say", changed)
    async with two(server) as (anna, bob), sending(anna, source) as sender:
        run = asyncio.create_task(sender.run(quiet))
        with pytest.raises(QuickSendError, match="has changed what"):
            await QuickReceiver.join(bob.connection, bob.pushes, sender.code)
        with pytest.raises(QuickSendError):
            await run
