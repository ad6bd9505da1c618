"""The connection against a scripted server, by the rules' ids."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hutong.client import State, methods
from hutong.client.methods import Method
from hutong.platform.errors import (
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    NotFound,
    RpcError,
    Unauthenticated,
    Unavailable,
)
from hutong.schema import chat_pb2, identity_pb2, link_pb2, log_pb2
from tests.client.scripted import Scene

SEND = chat_pb2.SendRequest(log="chat:1", content=chat_pb2.Content(text="hi"))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def _call(scene: Scene, **options: float) -> asyncio.Task[chat_pb2.SendReply]:
    return asyncio.create_task(scene.connection.call(methods.SEND, SEND, **options))  # type: ignore[arg-type]


async def test_conn7_resume_signs_the_nonce(scene: Scene) -> None:
    await scene.start(device="d1")
    assert scene.carrier.sent == []  # CONN6: the server speaks first
    scene.carrier.challenge()
    await scene.settle()
    (request,) = scene.carrier.requests
    resume = identity_pb2.ResumeRequest.FromString(request.body)
    assert request.method == methods.RESUME.id
    assert (resume.device, resume.signature) == ("d1", b"signed hutong resume v1\x00" + b"n" * 32)
    scene.accept_resume()
    assert scene.connection.signed_in
    assert scene.handlers.resumed == 1


async def test_conn8_requests_follow_the_resume_at_once(scene: Scene) -> None:
    await scene.start(device="d1")
    task = _call(scene)
    await scene.settle()
    scene.carrier.challenge()
    await scene.settle()
    assert [each.method for each in scene.carrier.requests] == [methods.RESUME.id, methods.SEND.id]
    task.cancel()


async def test_conn1_one_turn_is_one_message(scene: Scene) -> None:
    await scene.start_signed_in()
    before = scene.carrier.messages
    tasks = [_call(scene) for _ in range(100)]
    await scene.settle()
    assert scene.carrier.messages == before + 1
    ids = [each.id for each in scene.carrier.requests]
    assert len(set(ids)) == len(ids)  # CONN12
    for request in scene.carrier.requests[1:]:
        scene.carrier.answer(request.id, chat_pb2.SendReply(seq=request.id).SerializeToString())
    assert [(await task).seq for task in tasks] == ids[1:]


async def test_conn13_the_key_is_new_for_each_call_and_the_same_on_retries(scene: Scene) -> None:
    await scene.start_signed_in()
    first, second = _call(scene), _call(scene)
    await scene.settle()
    before = scene.carrier.requests[1:]
    assert before[0].key != before[1].key
    assert len(before[0].key) == 16
    scene.carrier.receiver.lost()
    await scene.advance(1)
    scene.carrier.challenge()
    await scene.settle()
    after = scene.carrier.requests[1:]
    assert len(scene.carriers) == 2
    assert [(each.key, each.body) for each in after] == [(each.key, each.body) for each in before]
    first.cancel()
    second.cancel()


async def test_conn14_unavailable_is_asked_again_after_a_while(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene)
    await scene.settle()
    request = scene.carrier.requests[-1]
    scene.carrier.refuse(request.id, Unavailable("busy"))
    await scene.advance(0.24)
    assert len(scene.carrier.requests) == 2
    await scene.advance(0.3)
    retry = scene.carrier.requests[-1]
    assert (retry.key, retry.body) == (request.key, request.body)
    assert retry.id != request.id
    scene.carrier.refuse(retry.id, Unavailable("busy", retry_after_ms=5000))
    await scene.advance(4.9)
    assert len(scene.carrier.requests) == 3
    await scene.advance(0.2)
    scene.carrier.answer(scene.carrier.requests[-1].id)
    assert await task == chat_pb2.SendReply()


async def test_other_errors_are_the_answer(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene)
    await scene.settle()
    scene.carrier.refuse(scene.carrier.requests[-1].id, NotFound("No.", reason="no_such_log"))
    with pytest.raises(NotFound) as caught:
        await task
    assert caught.value.reason == "no_such_log"


async def test_conn15_the_deadline_travels_and_ends_the_call(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene, deadline_s=5.0)
    await scene.settle()
    assert scene.carrier.requests[-1].deadline_ms == 5000
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
    waiting = scene.carrier.requests[1:]
    assert len(waiting) == 255
    scene.carrier.answer(waiting[0].id)
    await scene.settle()
    assert len(scene.carrier.requests) == 257
    for task in tasks:
        task.cancel()


async def test_conn11_ping_when_idle_and_reconnect_without_pong(scene: Scene) -> None:
    await scene.start_signed_in()
    await scene.advance(29)
    assert not any(packet.ping for packet in scene.carrier.sent)
    await scene.advance(1.1)
    assert scene.carrier.sent[-1].ping == 1
    scene.carrier.say(link_pb2.Packet(pong=1))
    await scene.advance(30.1)
    assert scene.carrier.sent[-1].ping == 2
    await scene.advance(8.1)
    assert scene.carriers[0].closed
    assert len(scene.carriers) == 2  # CONN19: at once after a good connection


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


async def test_revoked_credentials_end_what_needs_them(scene: Scene) -> None:
    await scene.start(device="d1")
    task = _call(scene)
    await scene.settle()
    scene.carrier.challenge()
    await scene.settle()
    error = Unauthenticated("Not signed in any more.", reason="no_such_device")
    scene.carrier.refuse(scene.carrier.requests[0].id, error)
    with pytest.raises(Unauthenticated):
        await task
    assert [each.reason for each in scene.handlers.revoked] == ["no_such_device"]
    with pytest.raises(Unauthenticated):
        await scene.connection.call(methods.SEND, SEND)


async def test_a_sign_in_that_cannot_be_decided_now_is_tried_again(scene: Scene) -> None:
    await scene.start(device="d1")
    scene.carrier.challenge()
    await scene.settle()
    scene.carrier.refuse(scene.carrier.requests[0].id, Unavailable("starting"))
    await scene.advance(1)
    assert len(scene.carriers) == 2
    assert scene.handlers.revoked == []


async def test_conn10_goodbye_revoked(scene: Scene) -> None:
    await scene.start_signed_in()
    scene.carrier.dismiss(link_pb2.Goodbye.REASON_REVOKED)
    assert [each.reason for each in scene.handlers.revoked] == ["revoked"]


async def test_conn5_what_broke_the_protocol_is_not_repeated(scene: Scene) -> None:
    await scene.start_signed_in()
    task = _call(scene)
    await scene.settle()
    scene.carrier.dismiss(link_pb2.Goodbye.REASON_PROTOCOL_ERROR)
    with pytest.raises(Internal):
        await task
    await scene.advance(1)
    scene.carrier.challenge()
    await scene.settle()
    assert len(scene.carrier.requests) == 1  # the resume


async def test_a_restart_is_waited_for(scene: Scene) -> None:
    await scene.start_signed_in()
    await scene.advance(10)
    scene.carrier.dismiss(link_pb2.Goodbye.REASON_SHUTDOWN)
    await scene.settle()
    assert len(scene.carriers) == 1
    await scene.advance(0.6)
    assert len(scene.carriers) == 2


async def test_a_server_that_never_speaks_is_given_up(scene: Scene) -> None:
    await scene.start()
    await scene.advance(10.1)
    assert scene.carriers[0].closed
    assert [str(error) for error in scene.handlers.unreachable] == ["The server does not answer."]


async def test_hostile_bytes_end_the_carrier_and_nothing_else(scene: Scene) -> None:
    await scene.start_signed_in()
    scene.carrier.receiver.received(b"\xff\xff\xff\xff")
    await scene.advance(1)
    assert len(scene.carriers) == 2


async def test_what_an_old_carrier_brings_is_dropped(scene: Scene) -> None:
    await scene.start_signed_in()
    old = scene.carrier
    old.receiver.lost()
    await scene.advance(1)
    old.say(link_pb2.Packet(events=[log_pb2.Event(log="chat:1", seq=1)]))
    old.challenge()
    assert scene.handlers.events == []
    assert len(scene.carriers) == 2


async def test_unknown_answers_and_notices_are_ignored(scene: Scene) -> None:
    await scene.start_signed_in()
    scene.carrier.answer(4711)
    scene.carrier.say(link_pb2.Packet(notices=[link_pb2.Notice(kind=9999, body=b"x")]))  # CONN17
    assert len(scene.carriers) == 1


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
    (request,) = scene.carrier.requests[1:]
    scene.connection.drop(late)
    scene.carrier.answer(request.id)
    assert answers == []
    assert len(scene.carriers) == 1


async def test_control_goes_before_bulk_and_messages_before_control(scene: Scene) -> None:
    await scene.start(device="d1")
    several: tuple[Method[Any, Any], ...] = (methods.READ_FILE, methods.LIST_CHATS, methods.SEND)
    for method in several:
        scene.connection.request(method, b"", lambda _body, _error: None)
    await scene.settle()
    scene.carrier.challenge()
    await scene.settle()
    sent = [each.method for each in scene.carrier.requests[1:]]
    assert sent == [methods.SEND.id, methods.LIST_CHATS.id, methods.READ_FILE.id]


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
    scene.carrier.challenge()
    task = asyncio.create_task(scene.connection.call(methods.LOG_IN, identity_pb2.LogInRequest()))
    await scene.settle()
    scene.carrier.answer(
        scene.carrier.requests[0].id, identity_pb2.SessionReply(device="d1").SerializeToString()
    )
    await task
    assert scene.connection.signed_in
    _call(scene).cancel()
