"""Offering, accepting, ending a transfer: who may do what, and that each end is recorded once."""

from __future__ import annotations

import asyncio
import hashlib
from functools import partial
from pathlib import Path

import pytest

from hutong.features.transfers.expiry import OFFER_LIFE_MS
from hutong.features.transfers.service import FILES_MAX, OPEN_OFFERS_MAX, SIZE_BYTES_MAX
from hutong.platform.clock import ManualClock
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.platform.text import FILE_NAME_CHARACTERS_MAX
from hutong.schema import chat_pb2, contacts_pb2, files_pb2, log_pb2, peers_pb2
from hutong.schema import transfers_pb2 as pb
from hutong.testing import Client, TestServer, refused

SHA256 = hashlib.sha256(b"file").digest()


async def pair(server: TestServer) -> tuple[Client, Client, str]:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    for client in (alice, bobby):
        await client.follow(log)
    return alice, bobby, log


def offered(log: str, **changes: object) -> pb.OfferRequest:
    request = pb.OfferRequest(log=log, name="a file.bin", size_bytes=4, media_type="text/plain")
    request.MergeFrom(pb.OfferRequest(**changes))  # type: ignore[arg-type]
    return request


async def offer(client: Client, log: str) -> str:
    return str((await client.call("Transfers.Offer", offered(log))).transfer)


async def accept(client: Client, transfer: str) -> str:
    return str((await client.call("Transfers.Accept", pb.AcceptRequest(transfer=transfer))).sender_device)


async def finish(
    client: Client, transfer: str, path: peers_pb2.Path = peers_pb2.PATH_DIRECT, sha256: bytes = SHA256
) -> None:
    await client.call("Transfers.Finish", pb.FinishRequest(transfer=transfer, path=path, sha256=sha256))


async def cancel(client: Client, transfer: str) -> None:
    await client.call("Transfers.Cancel", pb.CancelRequest(transfer=transfer))


async def decline(client: Client, transfer: str) -> None:
    await client.call("Transfers.Decline", pb.DeclineRequest(transfer=transfer))


async def upload(client: Client, content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    begun = await client.call("Files.Begin", files_pb2.BeginRequest(size_bytes=len(content), sha256=digest))
    if begun.blob:
        return str(begun.blob)
    await client.call("Files.Write", files_pb2.WriteRequest(upload=begun.upload, data=content))
    finished = await client.call("Files.Finish", files_pb2.FinishRequest(upload=begun.upload))
    return str(finished.blob)


async def say(client: Client, session: str) -> None:
    request = peers_pb2.SayRequest(session=session, signal=peers_pb2.Signal(restart=True))
    await client.call("Peers.Say", request)


async def ended(client: Client) -> pb.TransferEnded:
    await client.until(lambda: client.bodies(pb.TransferEnded))
    (only,) = client.bodies(pb.TransferEnded)
    return only


async def test_offered_taken_and_finished(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    phone = await Client(server).log_in("bobby")
    reply = await alice.call("Transfers.Offer", offered(log))
    transfer = reply.transfer
    assert reply.receiver_online
    await bobby.until(lambda: bobby.bodies(pb.TransferOffered))
    assert bobby.bodies(pb.TransferOffered) == [
        pb.TransferOffered(
            transfer=transfer,
            name="a file.bin",
            size_bytes=4,
            media_type="text/plain",
            sender_device=alice.device,
        )
    ]
    assert bobby.events[-1].seq == reply.seq
    with refused(NotFound, "no_such_session"):
        await say(alice, transfer)
    assert await accept(bobby, transfer) == alice.device
    notice = pb.TransferAccepted(transfer=transfer, sender_device=alice.device, receiver_device=bobby.device)
    for client in (alice, bobby, phone):
        await client.until(partial(client.bodies, pb.TransferAccepted))
        assert client.bodies(pb.TransferAccepted) == [notice]
    await say(alice, transfer)
    await say(bobby, transfer)
    await finish(bobby, transfer)
    for client in (alice, bobby):
        assert await ended(client) == pb.TransferEnded(
            transfer=transfer, result=pb.RESULT_DELIVERED, path=peers_pb2.PATH_DIRECT, sha256=SHA256
        )
    with refused(NotFound, "no_such_session"):
        await say(alice, transfer)


async def test_the_other_side_is_away(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    bobby.disconnect()
    reply = await alice.call("Transfers.Offer", offered(log))
    assert not reply.receiver_online


async def test_one_device_takes_it(server: TestServer) -> None:
    """TRANSFER2."""
    alice, bobby, log = await pair(server)
    phone = await Client(server).log_in("bobby")
    transfer = await offer(alice, log)
    results = await asyncio.gather(accept(bobby, transfer), accept(phone, transfer), return_exceptions=True)
    refusals = [result for result in results if isinstance(result, FailedPrecondition)]
    assert [refusal.reason for refusal in refusals] == ["accepted_elsewhere"]
    winner, loser = (bobby, phone) if isinstance(results[0], str) else (phone, bobby)
    assert await accept(winner, transfer) == alice.device  # after a break, again
    with refused(FailedPrecondition, "not_receiver"):
        await finish(loser, transfer)
    await finish(winner, transfer)


async def test_stored_instead(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    transfer = await offer(alice, log)
    with refused(NotFound, "no_such_blob"):
        await alice.call("Transfers.Store", pb.StoreRequest(transfer=transfer, blob="0" * 64))
    blob = await upload(alice, b"file")
    with refused(FailedPrecondition, "not_sender"):
        await bobby.call("Transfers.Store", pb.StoreRequest(transfer=transfer, blob=blob))
    read = files_pb2.ReadRequest(blob=blob, length=10)
    with refused(NotFound, "no_such_blob"):
        await bobby.call("Files.Read", read)
    await alice.call("Transfers.Store", pb.StoreRequest(transfer=transfer, blob=blob))
    assert await ended(bobby) == pb.TransferEnded(
        transfer=transfer, result=pb.RESULT_STORED, path=peers_pb2.PATH_STORED, blob=blob
    )
    assert (await bobby.call("Files.Read", read)).data == b"file"


@pytest.mark.parametrize("state", ["offered", "accepted"])
@pytest.mark.parametrize(
    ("who", "how", "result"),
    [
        ("bobby", "decline", pb.RESULT_DECLINED),
        ("bobby", "cancel", pb.RESULT_CANCELLED),
        ("alice", "cancel", pb.RESULT_CANCELLED),
    ],
)
async def test_given_up(server: TestServer, state: str, who: str, how: str, result: pb.Result) -> None:
    """TRANSFER1."""
    alice, bobby, log = await pair(server)
    transfer = await offer(alice, log)
    if state == "accepted":
        await accept(bobby, transfer)
    client = alice if who == "alice" else bobby
    with refused(FailedPrecondition, "not_receiver"):
        await decline(alice, transfer)
    await (decline if how == "decline" else cancel)(client, transfer)
    assert await ended(bobby) == pb.TransferEnded(transfer=transfer, result=result)
    for late in (accept(bobby, transfer), cancel(alice, transfer), finish(bobby, transfer)):
        with refused(FailedPrecondition, "ended"):
            await late


async def test_it_ends_once(server: TestServer) -> None:
    """TRANSFER1."""
    alice, bobby, log = await pair(server)
    transfer = await offer(alice, log)
    await accept(bobby, transfer)
    blob = await upload(alice, b"file")
    store = alice.call("Transfers.Store", pb.StoreRequest(transfer=transfer, blob=blob))
    results = await asyncio.gather(
        finish(bobby, transfer), store, cancel(alice, transfer), return_exceptions=True
    )
    assert sum(isinstance(result, FailedPrecondition) for result in results) == 2
    await ended(alice)


async def test_only_the_two_people_in_conversations_of_two(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await server.conversation(alice, bobby)
    request = chat_pb2.CreateGroupRequest(title="Three", users=[bobby.user, carol.user])
    group = (await alice.call("Chat.CreateGroup", request)).conversation.log
    with refused(FailedPrecondition, "not_direct"):
        await offer(alice, group)
    with refused(NotFound, "no_such_log"):
        await offer(carol, log)
    transfer = await offer(alice, log)
    for name, body in (
        ("Accept", pb.AcceptRequest(transfer=transfer)),
        ("Decline", pb.DeclineRequest(transfer=transfer)),
        ("Cancel", pb.CancelRequest(transfer=transfer)),
        ("Finish", pb.FinishRequest(transfer=transfer, path=peers_pb2.PATH_DIRECT, sha256=SHA256)),
        ("Store", pb.StoreRequest(transfer=transfer, blob="0" * 64)),
    ):
        with refused(NotFound, "no_such_transfer"):
            await carol.call(f"Transfers.{name}", body)
    with refused(FailedPrecondition, "not_receiver"):
        await accept(alice, transfer)
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await offer(alice, log)


async def test_signed_out_nothing_is_answered(server: TestServer) -> None:
    for name in ("Offer", "Accept", "Decline", "Cancel", "Finish", "Store"):
        with refused(Unauthenticated, "signed_out"):
            method = server.method(f"Transfers.{name}")
            await Client(server).call(method.name, method.request_class())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "../etc/passwd"}, "bad_name"),
        ({"name": "a\\b"}, "bad_name"),
        ({"name": ".."}, "bad_name"),
        ({"name": ". "}, "bad_name"),
        ({"name": "a\nb"}, "bad_name"),
        ({"name": "a\x00b"}, "bad_name"),
        ({"name": "fdp.\u202exe"}, "bad_name"),
        ({"name": "x" * (FILE_NAME_CHARACTERS_MAX + 1)}, "bad_name"),
        ({"size_bytes": SIZE_BYTES_MAX + 1}, "too_large"),
        ({"files": FILES_MAX + 1}, "too_many_files"),
        ({"media_type": "x" * 101}, "bad_media_type"),
        ({"media_type": "text/\n"}, "bad_media_type"),
        ({"media_type": "текст"}, "bad_media_type"),
    ],
)
async def test_what_cannot_be_offered(server: TestServer, changes: dict[str, object], reason: str) -> None:
    alice, bobby, log = await pair(server)
    with refused(InvalidArgument, reason):
        await alice.call("Transfers.Offer", offered(log, **changes))
    page = (await bobby.call("Log.Read", log_pb2.ReadRequest(log=log))).page
    assert [event.kind for event in page.events] == [403]


@pytest.mark.parametrize(
    "name", ["文件.pdf", ".gitignore", "a b.tar.gz", "👨‍👩‍👧.png", "x" * FILE_NAME_CHARACTERS_MAX]
)
async def test_what_can(server: TestServer, name: str) -> None:
    alice, bobby, log = await pair(server)
    await alice.call("Transfers.Offer", offered(log, name=name))
    await bobby.until(lambda: bobby.bodies(pb.TransferOffered))
    assert bobby.bodies(pb.TransferOffered)[0].name == name


async def test_a_name_is_needed(server: TestServer) -> None:
    alice, _, log = await pair(server)
    with refused(InvalidArgument, "bad_name"):
        await alice.call("Transfers.Offer", pb.OfferRequest(log=log, size_bytes=1))


@pytest.mark.parametrize(
    ("path", "sha256", "reason"),
    [
        (peers_pb2.PATH_STORED, SHA256, "bad_path"),
        (peers_pb2.PATH_UNKNOWN, SHA256, "bad_path"),
        (99, SHA256, "bad_path"),
        (peers_pb2.PATH_RELAYED, SHA256[:-1], "bad_hash"),
    ],
)
async def test_what_no_finish_says(server: TestServer, path: int, sha256: bytes, reason: str) -> None:
    alice, bobby, log = await pair(server)
    transfer = await offer(alice, log)
    await accept(bobby, transfer)
    with refused(InvalidArgument, reason):
        await finish(bobby, transfer, path, sha256)  # type: ignore[arg-type]
    await finish(bobby, transfer, peers_pb2.PATH_RELAYED)
    assert (await ended(alice)).path == peers_pb2.PATH_RELAYED


async def test_finishing_what_nobody_took(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    transfer = await offer(alice, log)
    with refused(FailedPrecondition, "not_receiver"):
        await finish(bobby, transfer)


async def test_a_retry_offers_once(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    key = server.new_key()
    first = await alice.call("Transfers.Offer", offered(log), key=key)
    assert await alice.call("Transfers.Offer", offered(log), key=key) == first
    await bobby.until(lambda: bobby.bodies(pb.TransferOffered))
    assert len(bobby.bodies(pb.TransferOffered)) == 1


async def test_offers_that_stay_open_are_bounded(server: TestServer) -> None:
    alice, _, log = await pair(server)
    transfers = []
    for _ in range(OPEN_OFFERS_MAX):
        server.clock.advance(2)
        transfers.append(await offer(alice, log))
    server.clock.advance(2)
    with refused(ResourceExhausted, "too_many_offers"):
        await offer(alice, log)
    await cancel(alice, transfers[0])
    server.clock.advance(2)
    await offer(alice, log)


async def test_a_folder_is_offered_with_its_number_of_files(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    await alice.call("Transfers.Offer", offered(log, files=12))
    await bobby.until(lambda: bobby.bodies(pb.TransferOffered))
    assert bobby.bodies(pb.TransferOffered)[0].files == 12


async def test_an_offer_nobody_answers_expires(server: TestServer) -> None:
    """TRANSFER10: after a week, for both; what was accepted stays."""
    alice, bobby, log = await pair(server)
    accepted = await offer(alice, log)
    await accept(bobby, accepted)
    transfer = await offer(alice, log)
    server.clock.advance(OFFER_LIFE_MS / 1000 - 1)
    later = await offer(alice, log)
    server.clock.advance(2)
    for client in (alice, bobby):
        assert await ended(client) == pb.TransferEnded(transfer=transfer, result=pb.RESULT_EXPIRED)
    with refused(FailedPrecondition, "ended"):
        await accept(bobby, transfer)
    await accept(bobby, later)


async def test_an_offer_expires_while_the_server_is_away(tmp_path: Path, quick_passwords: None) -> None:
    """TRANSFER10."""
    del quick_passwords
    async with TestServer.run(tmp_path) as server:
        alice, _, log = await pair(server)
        await offer(alice, log)
        key, device = alice.key, alice.device
        then_ms = server.clock.now_ms()
    async with TestServer.run(tmp_path, clock=ManualClock(then_ms + OFFER_LIFE_MS + 1)) as server:
        client = Client(server)
        client.key, client.device = key, device
        await client.resume()
        # It ends at the start, before or after somebody follows.
        page = (await client.follow(log)).pages[0]
        client.events[:0] = [event for event in page.events if event not in client.events]
        assert (await ended(client)).result == pb.RESULT_EXPIRED


async def test_offering_is_slowed_down(server: TestServer) -> None:
    alice, _, log = await pair(server)
    with refused(ResourceExhausted, "rate_limited"):
        for _ in range(100):
            await offer(alice, log)


async def test_transfers_outlive_a_restart(tmp_path: Path, quick_passwords: None) -> None:
    """PEER5 and TRANSFER2."""
    del quick_passwords
    async with TestServer.run(tmp_path) as server:
        alice, bobby, log = await pair(server)
        transfer = await offer(alice, log)
        await accept(bobby, transfer)
        keys = [(client.key, client.device) for client in (alice, bobby)]
    async with TestServer.run(tmp_path) as server:
        back = []
        for key, device in keys:
            client = Client(server)
            client.key, client.device = key, device
            back.append(await client.resume())
        with refused(NotFound, "no_such_session"):
            await say(back[0], transfer)
        await accept(back[1], transfer)
        await back[0].until(lambda: back[0].bodies(pb.TransferAccepted))
        await say(back[0], transfer)
        await back[0].follow(log)
        await finish(back[1], transfer)
        assert (await ended(back[0])).result == pb.RESULT_DELIVERED
