"""The connection against a scripted server, by the rules' ids."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from typing import Any

import pytest

from hutong.client import State, methods
from hutong.client.link import LinkOwner
from hutong.client.methods import Method
from hutong.platform.errors import (
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    RpcError,
    Unauthenticated,
    Unavailable,
)
from hutong.schema import chat_pb2, identity_pb2, link_pb2, log_pb2, options_pb2
from tests.client.scripted import BINDING, Scene

SEND = chat_pb2.SendRequest(log="chat:1", content=chat_pb2.Content(text="hi"))


LIST = chat_pb2.ListRequest()
TALK = chat_pb2.SendRequest(log="chat:1", content=chat_pb2.Content(text="See you tomorrow, see you there!"))
PUBLIC_SEND = replace(methods.SEND, public=True)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def _call(scene: Scene, **options: float) -> asyncio.Task[chat_pb2.SendReply]:
    return asyncio.create_task(scene.connection.call(methods.SEND, SEND, **options))  # type: ignore[arg-type]


async def test_conn7_resume_signs_the_binding_in_the_first_flight(scene: Scene) -> None:
    """SEAL15: nothing waits for the challenge."""
    await scene.start(device="d1")
    (request,) = scene.link.requests
    resume = identity_pb2.ResumeRequest.FromString(request.body)
    assert request.method == methods.RESUME.id
    assert (resume.device, resume.signature) == ("d1", b"signed hutong resume v2\x00" + BINDING)
    scene.link.challenge()
    assert scene.handlers.resumed == 0
    scene.accept_resume()
    assert scene.connection.signed_in
    assert scene.handlers.resumed == 1


async def test_conn8_requests_follow_the_resume_at_once(scene: Scene) -> None:
    await scene.start(device="d1")
    task = _call(scene)
    await scene.settle()
    scene.link.challenge()
    await scene.settle()
    assert [each.method for each in scene.link.requests] == [methods.RESUME.id, methods.SEND.id]
    task.cancel()


async def test_conn1_one_turn_is_one_message(scene: Scene) -> None:
    await scene.start_signed_in()
    before = scene.link.messages
    tasks = [_call(scene) for _ in range(100)]
    await scene.settle()
    assert scene.link.messages == before + 1
    ids = [each.id for each in scene.link.requests]
    assert len(set(ids)) == len(ids)  # CONN12
    for request in scene.link.requests[1:]:
        scene.link.answer(request.id, chat_pb2.SendReply(seq=request.id).SerializeToString())
    assert [(await task).seq for task in tasks] == ids[1:]


async def test_conn13_the_key_is_new_for_each_call_and_the_same_on_retries(scene: Scene) -> None:
    await scene.start_signed_in()
    first, second = _call(scene), _call(scene)
    await scene.settle()
    before = scene.link.requests[1:]
    assert before[0].key != before[1].key
    assert len(before[0].key) == 16
    scene.link.owner.lost()
    await scene.advance(1)
    scene.link.challenge()
    await scene.settle()
    after = scene.link.requests[1:]
    assert len(scene.links) == 2
    assert [(each.key, each.body) for each in after] == [(each.key, each.body) for each in before]
    first.cancel()
    second.cancel()


async def test_conn14_unavailable_is_asked_again_after_a_while(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene)
    await scene.settle()
    request = scene.link.requests[-1]
    scene.link.refuse(request.id, Unavailable("busy"))
    await scene.advance(0.24)
    assert len(scene.link.requests) == 2
    await scene.advance(0.3)
    retry = scene.link.requests[-1]
    assert (retry.key, retry.body) == (request.key, request.body)
    assert retry.id != request.id
    scene.link.refuse(retry.id, Unavailable("busy", retry_after_ms=5000))
    await scene.advance(4.9)
    assert len(scene.link.requests) == 3
    await scene.advance(0.2)
    scene.link.answer(scene.link.requests[-1].id)
    assert await task == chat_pb2.SendReply()


async def test_other_errors_are_the_answer(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene)
    await scene.settle()
    scene.link.refuse(scene.link.requests[-1].id, NotFound("No.", reason="no_such_log"))
    with pytest.raises(NotFound) as caught:
        await task
    assert caught.value.reason == "no_such_log"


async def test_conn15_the_deadline_travels_and_ends_the_call(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene, deadline_s=5.0)
    await scene.settle()
    assert scene.link.requests[-1].deadline_ms == 5000
    await scene.advance(5.01)
    with pytest.raises(DeadlineExceeded):
        await task


async def test_a_call_without_a_connection_ends_at_its_deadline(scene: Scene) -> None:
    scene.reachable = False
    await scene.start(device="d1")
    task = _call(scene, deadline_s=5.0)
    await scene.settle()
    await scene.advance(5.01)
    with pytest.raises(Unavailable) as caught:
        await task
    assert caught.value.reason == "offline"
    assert scene.handlers.unreachable


async def test_conn16_the_bound_of_requests_is_kept(scene: Scene) -> None:
    await scene.start_signed_in()
    tasks = [_call(scene) for _ in range(300)]
    await scene.settle()
    waiting = scene.link.requests[1:]
    assert len(waiting) == 255
    scene.link.answer(waiting[0].id)
    await scene.settle()
    assert len(scene.link.requests) == 257
    for task in tasks:
        task.cancel()


async def test_conn11_ping_when_idle_and_reconnect_without_pong(scene: Scene) -> None:
    await scene.start_signed_in()
    await scene.advance(29)
    assert not any(packet.ping for packet in scene.link.sent)
    await scene.advance(1.1)
    assert scene.link.sent[-1].ping == 1
    scene.link.say(link_pb2.Packet(pong=1))
    await scene.advance(30.1)
    assert scene.link.sent[-1].ping == 2
    await scene.advance(8.1)
    assert scene.links[0].closed
    assert len(scene.links) == 2  # CONN19: at once after a good connection


async def test_conn19_backoff_grows_and_a_good_connection_resets_it(scene: Scene) -> None:
    scene.reachable = False
    await scene.start(device="d1")
    delays: list[float] = []
    for _ in range(9):
        before, waited = len(scene.handlers.unreachable), 0.0
        while len(scene.handlers.unreachable) == before:
            await scene.advance(0.05)
            waited += 0.05
        delays.append(waited)
    for number, delay in enumerate(delays):
        longest = min(0.5 * 2**number, 30)
        assert longest / 2 - 0.06 <= delay <= longest + 0.06
    assert scene.handlers.states == [State.OFFLINE]


async def test_conn19_a_fault_of_ours_is_told_and_tried_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client whose attempt ends in some unforeseen way does not stay apart for ever."""
    reported: list[BaseException] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: reported.append(context["exception"]))
    links = scene._open

    async def stumble(_owner: LinkOwner) -> None:
        raise IndexError("nothing here")

    monkeypatch.setattr(scene.connection._life, "_open", stumble)
    await scene.start(device="d1")
    assert [str(error) for error in scene.handlers.unreachable] == ["The connection could not be opened."]
    gc.collect()
    assert [type(error) for error in reported] == [IndexError]
    monkeypatch.setattr(scene.connection._life, "_open", links)
    await scene.advance(0.6)
    assert len(scene.links) == 1


async def test_revoked_credentials_end_what_needs_them(scene: Scene) -> None:
    await scene.start(device="d1")
    task = _call(scene)
    await scene.settle()
    scene.link.challenge()
    await scene.settle()
    error = Unauthenticated("Not signed in any more.", reason="no_such_device")
    scene.link.refuse(scene.link.requests[0].id, error)
    with pytest.raises(Unauthenticated):
        await task
    assert [each.reason for each in scene.handlers.revoked] == ["no_such_device"]
    with pytest.raises(Unauthenticated):
        await scene.connection.call(methods.SEND, SEND)


async def test_a_sign_in_that_cannot_be_decided_now_is_tried_again(scene: Scene) -> None:
    await scene.start(device="d1")
    scene.link.challenge()
    await scene.settle()
    scene.link.refuse(scene.link.requests[0].id, Unavailable("starting"))
    await scene.advance(1)
    assert len(scene.links) == 2
    assert scene.handlers.revoked == []


async def test_conn10_goodbye_revoked(scene: Scene) -> None:
    await scene.start_signed_in()
    scene.link.dismiss(link_pb2.Goodbye.REASON_REVOKED)
    assert [each.reason for each in scene.handlers.revoked] == ["revoked"]


async def test_conn5_what_broke_the_protocol_is_not_repeated(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene)
    await scene.settle()
    scene.link.dismiss(link_pb2.Goodbye.REASON_PROTOCOL_ERROR)
    with pytest.raises(Internal):
        await task
    await scene.advance(1)
    scene.link.challenge()
    await scene.settle()
    assert len(scene.link.requests) == 1  # the resume


async def test_a_restart_is_waited_for(scene: Scene) -> None:
    await scene.start_signed_in()
    await scene.advance(10)
    scene.link.dismiss(link_pb2.Goodbye.REASON_SHUTDOWN)
    await scene.settle()
    assert len(scene.links) == 1
    await scene.advance(0.6)
    assert len(scene.links) == 2


async def test_a_server_that_never_speaks_is_given_up(scene: Scene) -> None:
    await scene.start()
    scene.link.accept()
    await scene.advance(9.9)
    assert scene.handlers.unreachable == []
    await scene.advance(0.2)
    assert scene.links[0].closed
    assert [str(error) for error in scene.handlers.unreachable] == ["The server does not answer."]


async def test_hostile_bytes_end_the_carrier_and_nothing_else(scene: Scene) -> None:
    await scene.start_signed_in()
    scene.link.owner.received(b"\xff\xff\xff\xff")
    await scene.advance(1)
    assert len(scene.links) == 2


async def test_what_an_old_carrier_brings_is_dropped(scene: Scene) -> None:
    await scene.start_signed_in()
    old = scene.link
    old.owner.lost()
    await scene.advance(1)
    old.say(link_pb2.Packet(events=[log_pb2.Event(log="chat:1", seq=1)]))
    old.challenge()
    assert scene.handlers.events == []
    assert len(scene.links) == 2


async def test_unknown_answers_and_notices_are_ignored(scene: Scene) -> None:
    await scene.start_signed_in()
    scene.link.answer(4711)
    scene.link.say(link_pb2.Packet(notices=[link_pb2.Notice(kind=9999, body=b"x")]))  # CONN17
    assert len(scene.links) == 1


async def test_a_cancelled_call_is_not_sent_and_its_answer_is_ignored(scene: Scene) -> None:
    await scene.start_signed_in()
    answers: list[bytes | None] = []
    body = SEND.SerializeToString()
    early, late = (
        scene.connection.request(methods.SEND, body, lambda body, _error: answers.append(body))
        for _ in range(2)
    )
    scene.connection.drop(early)
    await scene.settle()
    (request,) = scene.link.requests[1:]
    scene.connection.drop(late)
    scene.link.answer(request.id)
    assert answers == []
    assert len(scene.links) == 1


async def test_seal13_control_goes_before_messages_and_those_before_bulk(scene: Scene) -> None:
    await scene.start_signed_in()
    several: tuple[Method[Any, Any], ...] = (methods.READ_FILE, methods.LIST_CHATS, methods.SEND)
    for method in several:
        scene.connection.request(method, b"", lambda _body, _error: None)
    await scene.settle()
    sent = [each.method for each in scene.link.requests[1:]]
    assert sent == [methods.LIST_CHATS.id, methods.SEND.id, methods.READ_FILE.id]
    # SEAL12: each class in packets of its own.
    assert scene.link.priorities == [
        options_pb2.PRIORITY_CONTROL,
        options_pb2.PRIORITY_MESSAGE,
        options_pb2.PRIORITY_BULK,
    ]


async def test_stopping_answers_what_waits(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene)
    await scene.settle()
    scene.connection.stop()
    with pytest.raises(Unavailable) as caught:
        await task
    assert caught.value.reason == "closed"
    with pytest.raises(RpcError):
        await scene.connection.call(methods.SEND, SEND)


async def test_too_large_is_refused_here(scene: Scene) -> None:
    await scene.start_signed_in()
    with pytest.raises(InvalidArgument):
        scene.connection.request(methods.SEND, b"x" * (1024 * 1024), lambda _body, _error: None)


async def test_a_sign_in_makes_the_connection_a_devices(scene: Scene) -> None:
    await scene.start()
    scene.link.challenge()
    task = asyncio.create_task(scene.connection.call(methods.LOG_IN, identity_pb2.LogInRequest()))
    await scene.settle()
    scene.link.answer(scene.link.requests[0].id, identity_pb2.SessionReply(device="d1").SerializeToString())
    await task
    assert scene.connection.signed_in
    _call(scene).cancel()


async def _start_without_a_server(scene: Scene) -> None:
    """It will be there for the next attempt."""
    scene.reachable = False
    await scene.start(device="d1")
    scene.reachable = True


async def test_seal14_replay_safe_requests_go_in_the_first_flight(scene: Scene) -> None:
    await _start_without_a_server(scene)
    tasks = [_call(scene), asyncio.create_task(scene.connection.call(methods.LIST_CHATS, LIST))]
    await scene.advance(1)
    assert [each.method for packet in scene.link.early for each in packet.requests] == [
        methods.RESUME.id,
        methods.LIST_CHATS.id,
    ]
    scene.link.challenge()
    await scene.settle()
    # The rest follows behind our resume (CONN8); nothing is asked twice.
    assert [each.method for each in scene.link.requests[2:]] == [methods.SEND.id]
    scene.accept_resume()
    await scene.settle()
    for request in scene.link.requests[1:]:
        scene.link.answer(request.id)
    assert len(scene.link.requests) == 3
    assert await asyncio.gather(*tasks) == [chat_pb2.SendReply(), chat_pb2.ListReply()]


async def test_seal14_nobody_asks_early_what_only_a_device_may(scene: Scene) -> None:
    await scene.start(device="d1")
    task = asyncio.create_task(scene.connection.call(methods.LIST_CHATS, LIST))
    await scene.settle()
    scene.connection.set_credentials(None)
    await scene.settle()
    assert scene.link.early == []
    with pytest.raises(Unauthenticated):
        await task


async def test_seal14_a_device_that_has_not_kept_its_session_asks_nothing_early(scene: Scene) -> None:
    """Signed in, and cut off before the program could say how to come back."""
    await scene.start()
    scene.link.challenge()
    log_in = asyncio.create_task(scene.connection.call(methods.LOG_IN, identity_pb2.LogInRequest()))
    await scene.settle()
    scene.link.answer(scene.link.requests[0].id, identity_pb2.SessionReply(device="d1").SerializeToString())
    await log_in
    task = asyncio.create_task(scene.connection.call(methods.LIST_CHATS, LIST))
    await scene.settle()
    scene.link.owner.lost()
    await scene.advance(1)
    assert len(scene.links) == 2
    assert scene.link.early == []
    task.cancel()


async def test_seal14_links_that_race_get_the_same_first_flight(scene: Scene) -> None:
    await _start_without_a_server(scene)
    task = asyncio.create_task(scene.connection.call(methods.LIST_CHATS, LIST))
    await scene.advance(1)
    first = [(each.id, each.method) for each in scene.link.requests]
    late = _call(scene)
    await scene.settle()
    scene.link.flight()
    assert [(each.id, each.method) for each in scene.link.requests] == first
    scene.link.challenge()
    scene.link.answer(first[1][0])
    assert await task == chat_pb2.ListReply()
    late.cancel()


async def test_seal14_too_early_is_asked_again_at_once(scene: Scene) -> None:
    await _start_without_a_server(scene)
    task = asyncio.create_task(scene.connection.call(methods.LIST_CHATS, LIST))
    await scene.advance(1)
    resume, question = scene.link.requests
    scene.link.challenge()
    scene.link.refuse(resume.id, Unavailable("Later.", reason="too_early"))
    scene.link.refuse(question.id, Unavailable("Later.", reason="too_early"))
    await scene.settle()
    again = scene.link.requests[2:]
    assert [each.method for each in again] == [methods.RESUME.id, methods.LIST_CHATS.id]
    reply = identity_pb2.SessionReply(device="d1", profile=identity_pb2.Profile(user="u1"))
    scene.link.answer(again[0].id, reply.SerializeToString())
    scene.link.answer(again[1].id)
    assert await task == chat_pb2.ListReply()
    assert scene.connection.signed_in


async def test_seal14_the_first_flight_is_bounded(scene: Scene) -> None:
    await _start_without_a_server(scene)
    body = b"\x0a\xff" + bytes(range(256)) * 8
    for _ in range(20):
        scene.connection.request(methods.LIST_CHATS, body, lambda _body, _error: None)
    await scene.advance(1)
    early = b"".join(packet.SerializeToString() for packet in scene.link.early)
    assert 8 * 1024 < len(early) < 12 * 1024


async def test_link46_hurry_races_the_old_link(scene: Scene) -> None:
    """What was not answered is asked on the new link with its key; until that stands, the old is heard."""
    await scene.start_signed_in()
    send, question = _call(scene), asyncio.create_task(scene.connection.call(methods.LIST_CHATS, LIST))
    await scene.settle()
    old = scene.link
    asked = {each.method: each for each in old.requests}
    scene.connection.hurry()
    await scene.settle()
    assert len(scene.links) == 2
    assert [link.closed for link in scene.links] == [False, False]
    assert scene.handlers.states == [State.ONLINE]
    assert [each.method for each in scene.link.requests] == [methods.RESUME.id, methods.LIST_CHATS.id]
    old.say(link_pb2.Packet(events=[log_pb2.Event(log="chat:1", seq=1)]))
    assert len(scene.handlers.events) == 1
    old.answer(asked[methods.LIST_CHATS.id].id)
    assert await question == chat_pb2.ListReply()
    scene.link.challenge()
    await scene.settle()
    assert old.closed
    scene.accept_resume()
    await scene.settle()
    (again,) = scene.link.requests[2:]
    assert (again.key, again.body) == (asked[methods.SEND.id].key, asked[methods.SEND.id].body)
    scene.link.answer(again.id, chat_pb2.SendReply(seq=7).SerializeToString())
    assert (await send).seq == 7
    assert scene.handlers.states == [State.ONLINE]
    assert scene.handlers.resumed == 2


async def test_link46_a_race_that_is_lost_leaves_the_old_link(scene: Scene) -> None:
    await scene.start_signed_in()
    scene.reachable = False
    scene.connection.hurry()
    await scene.settle()
    assert len(scene.handlers.unreachable) == 1
    assert not scene.link.closed
    task = _call(scene)
    await scene.settle()
    scene.link.answer(scene.link.requests[-1].id)
    assert await task == chat_pb2.SendReply()
    await scene.advance(20)
    assert scene.handlers.states == [State.ONLINE]


async def test_link46_hurry_while_waiting_connects_at_once(scene: Scene) -> None:
    scene.reachable = False
    await scene.start(device="d1")
    for _ in range(5):
        await scene.advance(16)
    scene.reachable = True
    scene.connection.hurry()
    await scene.settle()
    assert len(scene.links) == 1


async def test_link46_the_old_link_dies_during_the_race(scene: Scene) -> None:
    await scene.start_signed_in()
    await scene.advance(10)
    old = scene.link
    scene.connection.hurry()
    await scene.settle()
    old.owner.lost()
    await scene.settle()
    assert len(scene.links) == 2
    assert scene.handlers.states == [State.ONLINE, State.CONNECTING]
    scene.link.challenge()
    scene.accept_resume()
    assert scene.handlers.states[-1] is State.ONLINE


async def test_link49_a_late_answer_is_asked_about_and_silence_ends_the_link(scene: Scene) -> None:
    await scene.start_signed_in(heartbeat_s=900)
    task = _call(scene, deadline_s=100)
    await scene.settle()
    await scene.advance(3.9)
    assert not any(packet.ping for packet in scene.link.sent)
    await scene.advance(0.2)
    assert scene.link.sent[-1].ping == 1
    await scene.advance(7.8)
    assert len(scene.links) == 1
    await scene.advance(0.2)
    assert scene.links[0].closed
    assert len(scene.links) == 2
    task.cancel()


async def test_link49_a_server_that_thinks_long_is_asked_ever_less(scene: Scene) -> None:
    await scene.start_signed_in(heartbeat_s=900)
    task = _call(scene, deadline_s=1000)
    await scene.settle()
    answered = pings = 0
    for _ in range(600):
        await scene.advance(0.5)
        pings = max((packet.ping for packet in scene.link.sent), default=0)
        if pings > answered:
            answered = pings
            scene.link.say(link_pb2.Packet(pong=pings))
    assert len(scene.links) == 1
    assert 4 <= pings <= 8
    task.cancel()


async def test_link49_a_slow_line_is_not_cut(scene: Scene) -> None:
    """The machine still takes what we send, so somebody takes it from the machine."""
    await scene.start_signed_in(heartbeat_s=900)
    task = _call(scene, deadline_s=1000)
    for _ in range(60):
        scene.link.moved += 1000
        await scene.advance(1)
    assert len(scene.links) == 1
    await scene.advance(17)
    assert len(scene.links) == 2
    task.cancel()


async def test_link47_in_the_background_the_network_teaches_the_interval(scene: Scene) -> None:
    await scene.start_signed_in(heartbeat_s=900, network=b"net-home")
    scene.connection.background()
    for number in range(1, 6):
        await scene.advance(209)
        assert scene.link.sent[-1].ping == number - 1
        await scene.advance(1.1)
        assert scene.link.sent[-1].ping == number
        scene.link.say(link_pb2.Packet(pong=number))
    await scene.advance(230)
    assert scene.link.sent[-1].ping == 5
    await scene.advance(41)
    assert scene.link.sent[-1].ping == 6
    scene.link.say(link_pb2.Packet(pong=6))
    scene.connection.foreground()
    await scene.advance(211)
    assert scene.link.sent[-1].ping == 7


async def test_link48_only_a_network_that_is_still_there_is_blamed(scene: Scene) -> None:
    memory = scene.connection._memory
    await scene.start_signed_in(heartbeat_s=900, network=b"net-home")
    scene.connection.background()
    for network, failures in ((b"net-away", 0), (b"net-away", 1), (b"net-home", 1)):
        await scene.advance(211)
        await scene.advance(8.1)
        scene.link.challenge(900, network)
        scene.accept_resume()
        await scene.settle()
        assert memory.learnt(b"net-away").failures == failures
        assert memory.learnt(b"net-home").failures == 0


async def test_link59_what_ends_idle_links_is_met_with_shorter_silences(scene: Scene) -> None:
    """As proxies do after a minute; who has left the network has learnt nothing about it."""
    memory = scene.connection._memory
    home, away = b"net-home", b"net-away"
    await scene.start_signed_in(heartbeat_s=900, network=home)
    for network, failures, interval_s in ((away, 0, 210), (home, 0, 210), (home, 1, 210), (home, 0, 50)):
        await scene.advance(60)
        scene.link.owner.lost()
        await scene.settle()
        scene.link.challenge(900, network)
        scene.accept_resume()
        await scene.settle()
        known = memory.learnt(home)
        assert (known.failures, known.interval_s) == (failures, interval_s)
    assert memory.learnt(away).failures == 0
    await scene.advance(49)
    assert not any(packet.ping for packet in scene.link.sent)
    await scene.advance(2)
    assert scene.link.sent[-1].ping


async def test_link45_nobody_looking_reconnects_ever_more_rarely_and_looking_at_once(scene: Scene) -> None:
    scene.reachable = False
    await scene.start(device="d1")
    scene.connection.background(inactive=True)
    for _ in range(200):
        await scene.advance(30)
    before = len(scene.handlers.unreachable)
    for _ in range(20):
        await scene.advance(30)
    assert 1 <= len(scene.handlers.unreachable) - before <= 2
    scene.connection.foreground()
    await scene.settle()
    now = len(scene.handlers.unreachable)
    for _ in range(60):
        await scene.advance(1)
    assert len(scene.handlers.unreachable) >= now + 4


async def test_link50_a_body_that_is_repeated_too_often_is_given_up(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene, deadline_s=3000)
    sends = 0
    while not task.done():
        await scene.settle()
        sends += sum(each.method == methods.SEND.id for each in scene.link.requests)
        scene.link.owner.lost()
        await scene.advance(0.01)
        scene.connection.hurry()
        await scene.settle()
        scene.link.challenge()
        scene.accept_resume()
        await scene.settle()
    with pytest.raises(ResourceExhausted) as caught:
        await task
    assert caught.value.reason == "repeated_too_often"
    assert sends == 1 + 105


async def test_link45_a_goodbye_for_renewal_opens_anew_at_once(scene: Scene) -> None:
    """SEAL8."""
    await scene.start_signed_in()
    await scene.advance(10)
    scene.link.dismiss(link_pb2.Goodbye.REASON_RENEWAL)
    await scene.settle()
    assert len(scene.links) == 2


async def test_bodies_are_packed_and_secrets_are_not(scene: Scene) -> None:
    """Each by itself; what came packed is unpacked before anybody sees it."""
    await scene.start()
    scene.link.challenge()
    text = "See you tomorrow, see you tomorrow, see you tomorrow!"
    asked: list[link_pb2.Request] = []
    scene.link.send = lambda packet, _priority: asked.extend(  # type: ignore[method-assign,assignment]
        link_pb2.Packet.FromString(packet).requests
    )
    login = identity_pb2.LogInRequest(handle="lin", password=text)
    tasks = [
        asyncio.create_task(scene.connection.call(methods.LOG_IN, login)),
        asyncio.create_task(scene.connection.call(PUBLIC_SEND, TALK)),
    ]
    await scene.settle()
    assert asked[0].encoding == options_pb2.ENCODING_PLAIN
    assert identity_pb2.LogInRequest.FromString(asked[0].body) == login
    assert asked[1].encoding == options_pb2.ENCODING_COMPRESSED
    assert len(asked[1].body) < len(TALK.SerializeToString())
    reply = link_pb2.Reply(id=asked[1].id, body=b"\xff\xff", encoding=options_pb2.ENCODING_COMPRESSED)
    scene.link.say(link_pb2.Packet(replies=[reply]))
    with pytest.raises(Internal):
        await tasks[1]
    tasks[0].cancel()
