"""Ringing, answering, ending: who may do what, in which order, and what is recorded."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from hutong.features.calls.model import AWAY_MS, CALLER_AWAY_MS, NO_ANSWER_MS
from hutong.features.calls.watch import LOOK_EVERY_S
from hutong.platform.clock import ManualClock
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.schema import calls_pb2 as pb
from hutong.schema import chat_pb2, contacts_pb2, log_pb2, peers_pb2
from hutong.testing import Client, TestServer, refused


async def pair(server: TestServer) -> tuple[Client, Client, str]:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    for client in (alice, bobby):
        await client.follow(log)
    return alice, bobby, log


async def start(client: Client, log: str, *, video: bool = False) -> pb.Call:
    call: pb.Call = (await client.call("Calls.Start", pb.StartRequest(log=log, video=video))).call
    return call


async def accept(client: Client, call: pb.Call) -> pb.Call:
    answered: pb.Call = (await client.call("Calls.Accept", pb.AcceptRequest(call=call.call))).call
    return answered


async def hang_up(client: Client, call: pb.Call, path: peers_pb2.Path = peers_pb2.PATH_UNKNOWN) -> None:
    await client.call("Calls.HangUp", pb.HangUpRequest(call=call.call, path=path))


async def current(client: Client) -> pb.Call | None:
    reply = await client.call("Calls.Current", pb.CurrentRequest())
    return reply.call if reply.HasField("call") else None


def states(client: Client) -> list[tuple[pb.State, pb.Outcome]]:
    return [(change.call.state, change.call.outcome) for change in client.bodies(pb.CallChanged)]


def records(client: Client) -> list[pb.CallRecorded]:
    return client.bodies(pb.CallRecorded)


async def record(client: Client) -> pb.CallRecorded:
    await client.until(lambda: records(client))
    (only,) = records(client)
    return only


async def say(client: Client, session: str) -> None:
    request = peers_pb2.SayRequest(session=session, signal=peers_pb2.Signal(restart=True))
    await client.call("Peers.Say", request)


async def advance(server: TestServer, seconds: float) -> None:
    """Let time pass in the steps of the watch, with a turn of the loop for what it does."""
    for _ in range(int(seconds / LOOK_EVERY_S) + 1):
        server.clock.advance(LOOK_EVERY_S)
        await asyncio.sleep(0)


async def test_rung_answered_and_hung_up(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    phone = await Client(server).log_in("bobby")
    ringing = await start(alice, log, video=True)
    assert ringing == pb.Call(
        call=ringing.call,
        log=log,
        caller=alice.user,
        callee=bobby.user,
        caller_device=alice.device,
        video=True,
        state=pb.STATE_RINGING,
        started_at_ms=server.clock.now_ms(),
    )
    for client in (alice, bobby, phone):
        await client.until(partial(client.bodies, pb.CallChanged))
        assert client.bodies(pb.CallChanged) == [pb.CallChanged(call=ringing)]
    server.clock.advance(5)
    answered = await accept(bobby, ringing)
    assert (answered.state, answered.callee_device) == (pb.STATE_ACTIVE, bobby.device)
    assert answered.answered_at_ms == server.clock.now_ms()
    await say(alice, ringing.call)
    await say(bobby, ringing.call)
    with refused(NotFound, "no_such_session"):
        await say(phone, ringing.call)
    server.clock.advance(65)
    await hang_up(alice, ringing, peers_pb2.PATH_DIRECT)
    for client in (alice, bobby):
        assert await record(client) == pb.CallRecorded(
            call=ringing.call,
            caller=alice.user,
            video=True,
            outcome=pb.OUTCOME_COMPLETED,
            duration_s=65,
            path=peers_pb2.PATH_DIRECT,
        )
    await phone.until(lambda: len(states(phone)) == 3)
    assert states(phone) == [(1, 0), (2, 0), (3, pb.OUTCOME_COMPLETED)]
    assert await current(alice) is None
    with refused(NotFound, "no_such_session"):
        await say(alice, ringing.call)


async def test_one_device_answers(server: TestServer) -> None:
    """CALL2."""
    alice, bobby, log = await pair(server)
    phone = await Client(server).log_in("bobby")
    call = await start(alice, log)
    results = await asyncio.gather(accept(bobby, call), accept(phone, call), return_exceptions=True)
    refusals = [result for result in results if isinstance(result, FailedPrecondition)]
    assert [refusal.reason for refusal in refusals] == ["answered_elsewhere"]
    winner = bobby if isinstance(results[0], pb.Call) else phone
    assert (await accept(winner, call)).callee_device == winner.device  # asking again changes nothing
    with refused(PermissionDenied, "not_callee"):
        await accept(alice, call)


@pytest.mark.parametrize("who", ["callee", "caller"])
async def test_not_answered(server: TestServer, who: str) -> None:
    alice, bobby, log = await pair(server)
    call = await start(alice, log)
    if who == "callee":
        with refused(FailedPrecondition, "not_ringing"):
            await alice.call("Calls.Decline", pb.DeclineRequest(call=call.call))
        await bobby.call("Calls.Decline", pb.DeclineRequest(call=call.call))
    else:
        await hang_up(alice, call)
    expected = pb.OUTCOME_DECLINED if who == "callee" else pb.OUTCOME_CANCELLED
    ended = await record(bobby)
    assert (ended.outcome, ended.duration_s) == (expected, 0)
    with refused(NotFound, "no_such_call"):
        await accept(bobby, call)


async def test_the_callee_may_hang_up_while_it_rings(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    await hang_up(bobby, await start(alice, log))
    assert (await record(alice)).outcome == pb.OUTCOME_DECLINED


async def test_both_hang_up_at_once_and_it_is_recorded_once(server: TestServer) -> None:
    """CALL5."""
    alice, bobby, log = await pair(server)
    call = await start(alice, log)
    await accept(bobby, call)
    results = await asyncio.gather(hang_up(alice, call), hang_up(bobby, call), return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [NotFound]
    assert (await record(alice)).outcome == pb.OUTCOME_COMPLETED


async def test_a_retry_of_start_rings_once(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    key, request = server.new_key(), pb.StartRequest(log=log)
    first = await alice.call("Calls.Start", request, key=key)
    assert await alice.call("Calls.Start", request, key=key) == first
    await bobby.until(lambda: bobby.bodies(pb.CallChanged))
    assert len(bobby.bodies(pb.CallChanged)) == 1


async def test_busy(server: TestServer) -> None:
    """CALL1."""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await server.conversation(alice, bobby)
    busy_log = await server.conversation(carol, bobby)
    call = await start(alice, log)
    with refused(FailedPrecondition, "in_call"):
        await start(alice, log)
    for state in ("ringing", "active"):
        if state == "active":
            await accept(bobby, call)
        refusal = await start(carol, busy_log)
        assert (refusal.state, refusal.outcome) == (pb.STATE_ENDED, pb.OUTCOME_BUSY)
        assert await current(carol) is None
    with refused(FailedPrecondition, "in_call"):
        await start(bobby, busy_log)
    page = (await bobby.call("Log.Read", log_pb2.ReadRequest(log=busy_log))).page
    assert [event.author for event in page.events[-2:]] == [carol.user] * 2
    assert (await current(bobby)) is not None


async def test_both_ring_each_other_and_talk(server: TestServer) -> None:
    """CALL3."""
    alice, bobby, log = await pair(server)
    one, other = await asyncio.gather(start(alice, log), start(bobby, log))
    assert one.call == other.call
    later = one if one.state == pb.STATE_ACTIVE else other
    assert later.state == pb.STATE_ACTIVE
    assert {later.caller_device, later.callee_device} == {alice.device, bobby.device}
    await say(alice, later.call)
    await say(bobby, later.call)


async def test_only_friends_in_conversations_of_two(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    (dave,) = await server.people("dave")
    log = await server.conversation(alice, bobby)
    request = chat_pb2.CreateGroupRequest(title="Three", users=[bobby.user, carol.user])
    group = (await alice.call("Chat.CreateGroup", request)).conversation.log
    with refused(FailedPrecondition, "not_direct"):
        await start(alice, group)
    for stranger in (dave, carol):
        with refused(NotFound, "no_such_log"):
            await start(stranger, log)
    call = await start(alice, log)
    for name, body in (
        ("Accept", pb.AcceptRequest(call=call.call)),
        ("Decline", pb.DeclineRequest(call=call.call)),
        ("HangUp", pb.HangUpRequest(call=call.call)),
        ("Rejoin", pb.RejoinRequest(call=call.call)),
    ):
        with refused(NotFound, "no_such_call"):
            await carol.call(f"Calls.{name}", body)
    assert await current(carol) is None
    await hang_up(alice, call)
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await start(alice, log)
    assert await current(bobby) is None


async def test_signed_out_nothing_is_answered(server: TestServer) -> None:
    for name in ("Start", "Accept", "Decline", "HangUp", "Current", "Rejoin"):
        with refused(Unauthenticated, "signed_out"):
            await Client(server).call(f"Calls.{name}", server.method(f"Calls.{name}").request_class())


@pytest.mark.parametrize("path", [peers_pb2.PATH_STORED, 99])
async def test_a_call_takes_no_such_path(server: TestServer, path: int) -> None:
    alice, bobby, log = await pair(server)
    call = await start(alice, log)
    with refused(InvalidArgument, "bad_path"):
        await hang_up(alice, call, path)  # type: ignore[arg-type]
    assert await current(bobby) == call


async def test_ringing_people_up_is_slowed_down(server: TestServer) -> None:
    alice, _, log = await pair(server)
    with refused(ResourceExhausted, "rate_limited"):
        for _ in range(100):
            await hang_up(alice, await start(alice, log))


async def test_nobody_answers(server: TestServer) -> None:
    """CALL4."""
    alice, bobby, log = await pair(server)
    await start(alice, log)
    await advance(server, NO_ANSWER_MS / 1000 - 2)
    assert records(bobby) == []
    await advance(server, 3)
    assert (await record(bobby)).outcome == pb.OUTCOME_NO_ANSWER
    assert await current(alice) is None


async def test_the_caller_goes_away_while_it_rings(server: TestServer) -> None:
    """CALL4."""
    alice, bobby, log = await pair(server)
    await start(alice, log)
    alice.disconnect()
    await advance(server, CALLER_AWAY_MS / 1000 + 1)
    assert (await record(bobby)).outcome == pb.OUTCOME_CANCELLED


@pytest.mark.parametrize("who", [0, 1])
async def test_a_device_that_does_not_come_back(server: TestServer, who: int) -> None:
    """CALL4."""
    people = await pair(server)
    alice, bobby, log = people
    call = await start(alice, log)
    await accept(bobby, call)
    gone, other = (alice, bobby) if who == 0 else (bobby, alice)
    gone.disconnect()
    await advance(server, AWAY_MS / 1000 - 5)
    assert records(other) == []
    await advance(server, 10)
    assert (await record(other)).outcome == pb.OUTCOME_LOST


async def test_a_device_that_comes_back_in_time(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    call = await start(alice, log)
    answered = await accept(bobby, call)
    for _ in range(3):
        bobby.disconnect()
        await advance(server, AWAY_MS / 1000 - 10)
        bobby.connect()
        await bobby.resume()
        await advance(server, 2)
        rejoined = await bobby.call("Calls.Rejoin", pb.RejoinRequest(call=call.call))
        assert rejoined.call == answered
    assert await current(alice) == answered
    await say(bobby, call.call)


async def test_another_device_of_the_same_person_is_no_substitute_unless_it_rejoins(
    server: TestServer,
) -> None:
    alice, bobby, log = await pair(server)
    phone = await Client(server).log_in("bobby")
    call = await start(alice, log)
    await accept(bobby, call)
    moved = (await phone.call("Calls.Rejoin", pb.RejoinRequest(call=call.call))).call
    assert moved.callee_device == phone.device
    await alice.until(lambda: any(said.signal.restart for said in alice.bodies(peers_pb2.Said)))
    await say(phone, call.call)
    with refused(NotFound, "no_such_session"):
        await say(bobby, call.call)
    bobby.disconnect()
    await advance(server, AWAY_MS / 1000 + 5)
    assert await current(alice) == moved


async def test_rejoining_what_only_rings(server: TestServer) -> None:
    alice, _, log = await pair(server)
    call = await start(alice, log)
    with refused(FailedPrecondition, "not_active"):
        await alice.call("Calls.Rejoin", pb.RejoinRequest(call=call.call))


async def test_current_knows_what_rings(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    call = await start(alice, log)
    phone = await Client(server).log_in("bobby")
    assert await current(phone) == await current(bobby) == await current(alice) == call


async def test_calls_outlive_a_restart(tmp_path: Path, quick_passwords: None) -> None:
    """PEER5."""
    del quick_passwords
    clock = ManualClock()
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice, bobby, log = await pair(server)
        call = await start(alice, log)
        answered = await accept(bobby, call)
        keys = [(client.key, client.device) for client in (alice, bobby)]
    async with TestServer.run(tmp_path, clock=clock) as server:
        back = []
        for key, device in keys:
            client = Client(server)
            client.key, client.device = key, device
            back.append(await client.resume())
        await advance(server, AWAY_MS / 1000 + 5)
        assert await current(back[0]) == answered
        with refused(NotFound, "no_such_session"):
            await say(back[0], call.call)
        await back[0].call("Calls.Rejoin", pb.RejoinRequest(call=call.call))
        await say(back[0], call.call)
        await say(back[1], call.call)
        await back[1].follow(log)
        back[0].disconnect()
        await advance(server, AWAY_MS / 1000 + 5)
        assert (await record(back[1])).outcome == pb.OUTCOME_LOST


async def test_after_a_restart_both_stay_away(tmp_path: Path, quick_passwords: None) -> None:
    """CALL4."""
    del quick_passwords
    clock = ManualClock()
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice, bobby, log = await pair(server)
        await accept(bobby, await start(alice, log))
        key, device = bobby.key, bobby.device
    async with TestServer.run(tmp_path, clock=clock) as server:
        await advance(server, AWAY_MS / 1000 + 5)
        client = Client(server)
        client.key, client.device = key, device
        await client.resume()
        await client.follow(log)
        page = (await client.call("Log.Read", log_pb2.ReadRequest(log=log))).page
        told = [pb.CallRecorded.FromString(event.body) for event in page.events if event.kind == 701]
        ended = told[0] if told else await record(client)
        assert ended.outcome == pb.OUTCOME_LOST
        assert await current(client) is None
