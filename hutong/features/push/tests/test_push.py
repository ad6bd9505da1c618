from __future__ import annotations

import asyncio
import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from hutong.features.chat.tests.saying import group, recall, say
from hutong.features.push import composing, store
from hutong.features.push import sending as sending_module
from hutong.features.push.tests.conftest import Scene
from hutong.features.push.tests.service import PushService
from hutong.platform.errors import FailedPrecondition, InvalidArgument
from hutong.schema import calls_pb2, chat_pb2, identity_pb2, transfers_pb2
from hutong.schema import preferences_pb2 as preferences
from hutong.schema import push_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def account(client: Client, **fields: object) -> None:
    request = preferences.SetAccountRequest(account=preferences.Account(**fields))  # type: ignore[arg-type]
    await client.call("Preferences.SetAccount", request)


async def conversation(client: Client, **fields: object) -> None:
    value = preferences.Conversation(**fields)  # type: ignore[arg-type]
    request = preferences.SetConversationRequest(conversation=value)
    await client.call("Preferences.SetConversation", request)


async def mark(client: Client, log: str, *, delivered: int = 0, read: int = 0) -> None:
    await client.call("Chat.Mark", chat_pb2.MarkRequest(log=log, delivered=delivered, read=read))


# ---- who is told, and what ----


async def test_somebody_who_is_away_is_told(scene: Scene) -> None:
    scene.bobby.disconnect()
    seq = await scene.say("Dinner  at\neight?")
    (nudge,) = await scene.pushed(1)
    assert nudge == pb.Nudge(log=scene.log, seq=seq, title="Alice", body="Dinner at eight?", badge=1)
    assert scene.service.refused == []
    await scene.quiet()
    assert len(scene.service.taken) == 1


async def test_who_reads_it_elsewhere_is_not_told(scene: Scene) -> None:
    """An open page takes messages in; devices without one are told of what stays unread."""
    other = await Client(scene.server).log_in("bobby")
    await scene.subscribe(other, "other")
    scene.bobby.disconnect()
    seq = await scene.say("one")
    await mark(other, scene.log, read=seq)
    await scene.quiet()
    assert scene.service.taken == []
    seq = await scene.say("two")
    await mark(other, scene.log, delivered=seq)
    await scene.quiet()
    assert [nudge.body for nudge in scene.service.nudges("bobby")] == ["two"]
    assert scene.service.nudges("other") == []


async def test_a_page_that_takes_nothing_in_is_not_relied_on(scene: Scene) -> None:
    """Connected, but asleep: nothing was delivered."""
    await scene.say("Are you there?")
    assert [nudge.body for nudge in await scene.pushed(1)] == ["Are you there?"]


async def test_what_is_said_while_a_push_is_under_way_becomes_one(scene: Scene) -> None:
    scene.bobby.disconnect()
    scene.service.held = asyncio.Event()
    await scene.say("first")
    await scene.alice.until(lambda: scene.tick() and scene.service.under_way_max)
    for number in range(20):
        await scene.say(f"more {number}")
    scene.service.held.set()
    await scene.quiet()
    assert [nudge.body for nudge in scene.service.nudges("bobby")] == ["first", "more 19"]
    assert scene.service.nudges("bobby")[1].badge == 21
    assert scene.service.under_way_max == 1
    topics = {taken.headers["topic"] for _, taken in scene.service.taken}
    assert len(topics) == 1


async def test_hidden_content_is_not_in_the_push(scene: Scene) -> None:
    await account(scene.bobby, hide_push_content=True, language="zh")
    scene.bobby.disconnect()
    await scene.say("the secret")
    assert await scene.pushed(1) == [pb.Nudge(body="你有新消息。", badge=1)]


async def test_groups_kinds_and_languages(scene: Scene) -> None:
    await account(scene.bobby, language="zh")
    log = await group(scene.alice, scene.bobby, title="读书会")
    scene.bobby.disconnect()
    location = chat_pb2.Content(location=chat_pb2.Location(name="Here"))
    await say(scene.alice, log, location)
    (nudge,) = await scene.pushed(1)
    assert (nudge.title, nudge.body) == ("读书会", "Alice: [位置]")


async def test_silence(scene: Scene) -> None:
    """PREF3: muted, no push. Mentions get through where that was asked for."""
    log = await group(scene.alice, scene.bobby)
    await conversation(scene.bobby, log=log, muted_until_ms=-1, mentions=True)
    await conversation(scene.bobby, log=scene.log, muted_until_ms=-1)
    scene.bobby.disconnect()
    await say(scene.alice, log, "nothing important")
    await scene.say("nor this")
    await scene.quiet()
    assert scene.service.taken == []
    mention = chat_pb2.Mention(user=scene.bobby.user, start=0, length=6)
    await say(scene.alice, log, chat_pb2.Content(text="@Bobby look", mentions=[mention]))
    (nudge,) = await scene.pushed(1)
    assert (nudge.body, nudge.badge) == ("Alice: @Bobby look", 0)


async def test_night(scene: Scene) -> None:
    """PREF4"""
    now = datetime.datetime.fromtimestamp(scene.server.clock.now_ms() / 1000, datetime.UTC)
    minute = now.hour * 60 + now.minute
    quiet = preferences.Quiet(from_min=minute, to_min=(minute + 30) % 1440)
    await account(scene.bobby, quiet=quiet)
    scene.bobby.disconnect()
    await scene.say("good night")
    await scene.quiet()
    assert scene.service.taken == []
    scene.server.clock.advance(1800)
    await scene.say("good morning")
    assert [nudge.body for nudge in await scene.pushed(1)] == ["good morning"]
    assert scene.service.nudges("bobby")[0].badge == 2


async def test_pushes_can_be_turned_off_for_the_account(scene: Scene) -> None:
    await account(scene.bobby, push_off=True)
    scene.bobby.disconnect()
    await scene.say("hello")
    await scene.quiet()
    assert scene.service.taken == []


async def test_recalled_messages_and_ones_own_are_no_news(scene: Scene) -> None:
    other = await Client(scene.server).log_in("alice")
    await scene.subscribe(other, "alice")
    other.disconnect()
    scene.service.answers = ["503 Later"]
    scene.bobby.disconnect()
    seq = await scene.say("oops")
    await scene.alice.until(lambda: scene.tick() and scene.service.refused)
    await recall(scene.alice, scene.log, seq)
    await scene.quiet()
    assert scene.service.taken == []


async def test_missed_calls_and_offered_files(scene: Scene) -> None:
    scene.bobby.disconnect()
    writer = scene.server.core.platform.writer
    missed = calls_pb2.CallRecorded(call="c", caller=scene.alice.user, outcome=calls_pb2.OUTCOME_NO_ANSWER)
    await writer.work(lambda tx: tx.append(scene.log, missed, author=scene.alice.user))
    assert [nudge.body for nudge in await scene.pushed(1)] == ["Missed call"]
    offer = transfers_pb2.TransferOffered(transfer="t", name="a.pdf")
    await writer.work(lambda tx: tx.append(scene.log, offer, author=scene.alice.user))
    assert (await scene.pushed(2))[1].body == "File a.pdf"


# ---- push services ----


async def test_a_service_that_is_busy_is_asked_again_later(scene: Scene) -> None:
    scene.bobby.disconnect()
    scene.service.answers = ["503 Busy", "429 Slower\r\nRetry-After: 120"]
    await scene.say("patience")
    await scene.alice.until(lambda: scene.tick() and len(scene.service.refused) == 2)
    await scene.alice.until(lambda: not scene.sending._tasks)
    next_ms = scene.sending._queue.next_ms()
    assert next_ms is not None
    wait_ms = next_ms - scene.server.clock.now_ms()
    assert 110_000 < wait_ms <= 120_000
    scene.server.clock.advance(wait_ms / 1000)
    await scene.pushed(1)
    assert len(scene.service.taken) == 1


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_subscriptions_that_ended_are_forgotten(scene: Scene, status: str) -> None:
    scene.service.answers = [status]
    scene.bobby.disconnect()
    await scene.say("hello")
    await scene.alice.until(lambda: scene.tick() and scene.service.refused)
    await scene.quiet()
    await scene.say("anybody?")
    await scene.quiet()
    assert scene.service.taken == []
    assert len(scene.service.refused) == 1


async def test_what_is_refused_for_good_is_not_repeated(scene: Scene) -> None:
    scene.service.answers = ["400 Bad Request"]
    scene.bobby.disconnect()
    await scene.say("one")
    await scene.alice.until(lambda: scene.tick() and scene.service.refused)
    await scene.quiet()
    assert scene.service.taken == []
    await scene.say("two")
    assert [nudge.body for nudge in await scene.pushed(1)] == ["two"]


async def test_only_public_services_or_named_ones(scene: Scene) -> None:
    """A subscription cannot make the server post into its own network."""
    request = scene.service.browser("bad")
    for endpoint in (
        "",
        "hello",
        "http://push.example/x",
        "ftp://127.0.0.1/",
        "https://u:p@push.example/",
        "https://push.example/" + "x" * 1_000,
    ):
        with refused(InvalidArgument, "bad_endpoint"):
            changed = pb.SubscribeRequest(endpoint=endpoint, p256dh=request.p256dh, auth=request.auth)
            await scene.bobby.call("Push.Subscribe", changed)
    for p256dh, auth in ((b"", request.auth), (b"\x04" + bytes(64), request.auth), (request.p256dh, b"x")):
        with refused(InvalidArgument, "bad_keys"):
            changed = pb.SubscribeRequest(endpoint=request.endpoint, p256dh=p256dh, auth=auth)
            await scene.bobby.call("Push.Subscribe", changed)
    inside = f"https://localhost:{scene.service.port}/push/bobby"
    changed = pb.SubscribeRequest(endpoint=inside, p256dh=request.p256dh, auth=request.auth)
    await scene.bobby.call("Push.Subscribe", changed)
    scene.bobby.disconnect()
    await scene.say("hello")
    waiting = scene.sending._queue._devices
    await scene.alice.until(lambda: scene.tick() and any(each.failures > 1 for each in waiting.values()))
    assert scene.service.under_way_max == 0


# ---- subscriptions ----


async def test_a_trial_and_the_end_of_a_subscription(scene: Scene) -> None:
    with refused(FailedPrecondition, "not_subscribed"):
        await scene.alice.call("Push.Test", pb.TestRequest())
    await scene.bobby.call("Push.Test", pb.TestRequest())
    assert await scene.pushed(1) == [pb.Nudge(body="Notifications work on this device.")]
    await scene.bobby.call("Push.Unsubscribe", pb.UnsubscribeRequest())
    with refused(FailedPrecondition, "not_subscribed"):
        await scene.bobby.call("Push.Unsubscribe", pb.UnsubscribeRequest())
    scene.bobby.disconnect()
    await scene.say("hello")
    await scene.quiet()
    assert len(scene.service.taken) == 1


async def test_a_device_that_was_signed_out_is_told_nothing(scene: Scene) -> None:
    other = await Client(scene.server).log_in("bobby")
    request = identity_pb2.RevokeDeviceRequest(device=scene.bobby.device)
    await other.call("Identity.RevokeDevice", request)
    other.disconnect()
    await scene.say("hello")
    await scene.quiet()
    assert scene.service.taken == []


async def test_a_browser_belongs_to_who_is_signed_in_there_now(scene: Scene) -> None:
    request = scene.service.browser("bobby")
    (carol,) = await scene.server.people("carol")
    await carol.call("Push.Subscribe", request)
    scene.bobby.disconnect()
    await scene.say("for Bobby only")
    await scene.quiet()
    assert scene.service.taken == []


# ---- what lasts ----


async def test_what_was_not_pushed_before_a_restart_is_pushed_after_it_once(
    tmp_path: Path, quick_passwords: None
) -> None:
    del quick_passwords
    async with PushService.open(1_800_000_000) as service:
        async with TestServer.run(tmp_path, push_hosts="127.0.0.1") as server:
            alice, bobby = await server.friends("alice", "bobby")
            scene = Scene(server, service, alice, bobby, await server.conversation(alice, bobby))
            await scene.subscribe(bobby, "bobby")
            service.answers = ["503 Later"]
            bobby.disconnect()
            await scene.say("kept")
            await alice.until(lambda: scene.tick() and service.refused)
        for _ in range(2):
            async with TestServer.run(tmp_path, clock=server.clock, push_hosts="127.0.0.1") as again:
                scene = Scene(again, service, Client(again), Client(again), scene.log)
                await scene.pushed(1)
                await scene.quiet()
                assert [nudge.body for nudge in service.nudges("bobby")] == ["kept"]


async def test_what_was_missed_is_found_while_much_arrives(scene: Scene) -> None:
    """A server on which somebody always says something looks back all the same."""
    sending = scene.sending
    scene.bobby.disconnect()
    other = await scene.server.conversation(scene.alice, scene.alice)
    await sending._work.stop()  # from here on it looks when the test says
    sending._subscriptions = 0  # as if this process had not been there
    await scene.say("missed")
    for _ in range(3):
        scene.server.clock.advance(sending_module.GRACE_MS / 1000)
        sending._arrived[other] = None
        await sending._run()
    await scene.alice.until(lambda: scene.service.nudges("bobby"))
    assert [nudge.body for nudge in scene.service.nudges("bobby")] == ["missed"]


async def test_a_subscription_that_ended_while_a_push_was_under_way_leaves_nothing(scene: Scene) -> None:
    scene.bobby.disconnect()
    scene.service.held = asyncio.Event()
    await scene.say("hello")
    await scene.alice.until(lambda: scene.tick() and scene.service.under_way_max)
    again = Client(scene.server)
    again.key, again.profile, again.device = scene.bobby.key, scene.bobby.profile, scene.bobby.device
    await again.resume()
    await again.call("Push.Unsubscribe", pb.UnsubscribeRequest())
    scene.service.held.set()
    await scene.quiet()
    marks = sa.select(sa.func.count()).select_from(store.push_mark)
    assert await scene.server.core.platform.read(lambda read: read.execute(marks).scalar_one()) == 0


async def test_everybody_in_a_group_is_told_a_few_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_module, "PUSHES_AT_ONCE", 2)
    monkeypatch.setattr(composing, "BADGE_MAX", 1)
    people = await scene.server.friends(*(f"member{number}" for number in range(7)))
    log = await group(people[0], *people[1:])
    for number, each in enumerate(people[1:]):
        await scene.subscribe(each, f"m{number}")
        each.disconnect()
    scene.service.held = asyncio.Event()
    for text in ("all", "of", "you"):
        await say(people[0], log, text)
    await scene.alice.until(lambda: scene.tick() and sum(scene.service.under_way.values()) == 2)
    assert len(scene.sending._tasks) == 2
    scene.service.held.set()
    await scene.quiet()
    told = {name for name, _ in scene.service.taken}
    assert told == {f"m{number}" for number in range(6)}
    assert {taken.nudge.badge for _, taken in scene.service.taken} == {1}
